package kube

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"syscall"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Restrictions limit what a kubeconfig may ask for that comes from somebody else
// than whoever runs this process, such as a Secret on a hub. It may then name no
// file, impersonate nobody and speak TLS only; it is reached through no proxy of
// the environment.
type Restrictions struct {
	// Plugins are the credential plugins that may run. An exec entry must have
	// the same command, arguments and environment as one of them.
	Plugins []Plugin
	// Networks are where servers and proxies may be. Empty is everywhere but
	// this machine (loopback) and link-local addresses, where cloud providers
	// keep the credentials of machines. A server's name that a proxy looks up is
	// for the proxy to judge.
	Networks []netip.Prefix
}

// Plugin is a credential plugin as a kubeconfig's exec entry names it.
type Plugin struct {
	Command string
	Args    []string
	// Env are variables, as KEY=VALUE, in the order of the entry.
	Env []string
}

// check returns why t may not be used.
func (r *Restrictions) check(t *target) error {
	for field, file := range map[string]string{
		"certificate-authority of cluster": t.cluster.CertificateAuthority,
		"client-certificate of user":       t.user.ClientCertificate,
		"client-key of user":               t.user.ClientKey,
		"tokenFile of user":                t.user.TokenFile,
	} {
		if file != "" {
			return fmt.Errorf("%s names a file, and files are not read here", field)
		}
	}
	u := t.user
	switch {
	case u.Impersonate != "" || u.ImpersonateUID != "" || len(u.ImpersonateGroups) > 0 || len(u.ImpersonateUserExtra) > 0:
		return errors.New("the user impersonates another (as), which is not allowed here")
	case u.Exec != nil && !slices.ContainsFunc(r.Plugins, func(p Plugin) bool { return p.is(u.Exec) }):
		return errors.New("the user's credential plugin (exec) is not among those that may run here")
	case t.server.Scheme != "https":
		return errors.New("the server is not an https:// URL, and nothing is sent in the clear here")
	}
	for _, u := range []*url.URL{t.server, t.proxy} {
		if u == nil {
			continue
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !r.allows(ip) {
			return &addressError{u.Hostname()}
		}
	}
	return nil
}

func (p *Plugin) is(e *clientcmdapi.ExecConfig) bool {
	var env []string
	for _, v := range e.Env {
		env = append(env, v.Name+"="+v.Value)
	}
	return p.Command == e.Command && slices.Equal(p.Args, e.Args) && slices.Equal(p.Env, env)
}

// allows reports whether an address may be connected to.
func (r *Restrictions) allows(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if len(r.Networks) > 0 {
		return slices.ContainsFunc(r.Networks, func(n netip.Prefix) bool { return n.Contains(ip) })
	}
	return !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && !ip.IsUnspecified() && !ip.IsMulticast()
}

// control is for net.Dialer: it sees the address that is connected to, whatever
// a name was looked up as before.
func (r *Restrictions) control(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return &addressError{address}
	}
	if ip, err := netip.ParseAddr(host); err != nil || !r.allows(ip) {
		return &addressError{host}
	}
	return nil
}

// addressError is an address that is not to be connected to.
type addressError struct{ host string }

func (e *addressError) Error() string {
	return fmt.Sprintf("the address %s is outside the networks that may be connected to here", e.host)
}
