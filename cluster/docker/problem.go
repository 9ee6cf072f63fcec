package docker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"github.com/docker/cli/cli/connhelper/ssh"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// cause is an error in the words of this package, with the one that it tells of.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err }

// explain says what an error of ask means. s is how far the requests came, end
// how ssh ended by itself.
func explain(ctx context.Context, ep *endpoint, s trip, end *sshError, err error) *cluster.PhaseError {
	e := &cluster.PhaseError{Phase: s.phase, Endpoint: ep.String(), Cause: err}
	if s.phase == cluster.PhaseProxy {
		e.Endpoint = s.proxy
	}
	if ep.network == networkSSH && s.phase == cluster.PhaseRequest && !s.answered {
		e.Phase = cluster.PhaseConnect // that ssh runs is no connection yet
	}
	switch {
	case ctx.Err() != nil:
		explainEnd(e, ep, s, ctx.Err())
	case end != nil:
		explainSSH(e, ep, end)
	case s.phase == "": // no request was made
		e.Phase = cluster.PhaseConfig
		e.Advice = "check the address in " + ep.source
	case s.err != nil:
		explainFailure(e, ep, s.err)
	case s.status < 200 || s.status > 299:
		explainStatus(e, ep, s.status, err)
	default:
		e.Cause = &cause{errNotDaemon.Error(), err}
		e.Advice = "check that a Docker daemon, not something else, listens there; " + comesFrom(ep)
	}
	return e
}

func comesFrom(ep *endpoint) string { return "the address comes from " + ep.source }

// explainEnd is for a context that was done before the answer was there.
func explainEnd(e *cluster.PhaseError, ep *endpoint, s trip, err error) {
	if e.Phase == "" { // done before the first request
		e.Phase = cluster.PhaseConnect
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		e.Cause = &cause{"the run was interrupted", err}
		return
	}
	e.Advice = "check that the daemon is well and that the network lets you through, or allow more time"
	text := "no answer"
	switch {
	case e.Phase == cluster.PhaseTLS:
		text = "no answer to the TLS handshake"
		e.Advice = "check that the daemon speaks TLS there; " + comesFrom(ep)
	case e.Phase == cluster.PhaseProxy:
		text = "no answer from the proxy"
		e.Advice = "check the proxy, or put the daemon's host into NO_PROXY"
	case s.answered:
		text = "the answer did not end"
	case ep.network == networkSSH:
		text = "no answer through ssh"
		e.Advice = fmt.Sprintf("check that `%s docker version` works, or allow more time", sshCommand(ep.ssh))
	}
	e.Cause = &cause{text, err}
}

// explainFailure is for errors below HTTP.
func explainFailure(e *cluster.PhaseError, ep *endpoint, err error) {
	// Under TLS 1.3 a daemon's objection to the client's certificate comes in
	// place of the first answer.
	if strings.Contains(err.Error(), "remote error: tls:") {
		e.Phase = cluster.PhaseTLS
	}
	// A reset that comes at once may overtake the news that there is a
	// connection. It is told as the one that comes a moment later.
	if e.Phase == cluster.PhaseConnect && ep.network != networkSSH && reset(err) && !refused(err) {
		e.Phase = cluster.PhaseRequest
		if ep.tls != nil {
			e.Phase = cluster.PhaseTLS
		}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		e.Phase, err = cluster.PhaseProxy, op.Err
	}
	text := ""
	switch {
	case e.Phase == cluster.PhaseProxy:
		text = withoutPrefix(err).Error()
		e.Advice = "check the proxy that HTTP_PROXY or HTTPS_PROXY names, or put the daemon's host into NO_PROXY"
	case e.Phase == cluster.PhaseTLS:
		text, e.Advice = explainTLS(ep, err)
	case e.Phase == cluster.PhaseRequest:
		text, e.Advice = explainAnswer(ep, err)
	default:
		text, e.Advice = explainConnect(e, ep, err)
	}
	e.Cause = &cause{text, err}
}

func explainConnect(e *cluster.PhaseError, ep *endpoint, err error) (text, advice string) {
	running := "is the daemon running? " + comesFrom(ep)
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		e.Phase = cluster.PhaseDNS
		return dns.Err, "check the host's name; " + comesFrom(ep)
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "there is no ssh in PATH", "install an OpenSSH client"
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such socket", running
	case errors.Is(err, fs.ErrPermission):
		return "permission denied", "join the group that owns the socket (often docker) and log in again, or use the socket of a daemon of your own; " + comesFrom(ep)
	case refused(err) && ep.network == networkUnix:
		return "nothing listens on the socket", running
	}
	return withoutPrefix(err).Error(), running
}

func explainTLS(ep *endpoint, err error) (text, advice string) {
	if name, ok := errors.AsType[x509.HostnameError](err); ok {
		valid := append([]string{}, name.Certificate.DNSNames...)
		for _, ip := range name.Certificate.IPAddresses {
			valid = append(valid, ip.String())
		}
		if len(valid) == 0 {
			valid = []string{"no name"}
		}
		return fmt.Sprintf("the daemon's certificate is for %s, not for %s", strings.Join(valid, ", "), name.Host),
			"use a name that it is for, or issue the daemon a certificate for this one"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the daemon's certificate is signed by an authority that is not trusted", "put the certificate of the daemon's authority into ca.pem of " + ep.tls.files
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "the daemon's certificate is valid from " + invalid.Cert.NotBefore.UTC().Format(time.DateOnly) + " to " + invalid.Cert.NotAfter.UTC().Format(time.DateOnly),
			"renew the daemon's certificate, or set this machine's clock right"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "what listens there does not speak TLS", "unset DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH for a daemon without TLS, or check the port; " + comesFrom(ep)
	}
	if _, alert, found := strings.Cut(err.Error(), "remote error: tls: "); found {
		return "the daemon does not accept the client's certificate (" + alert + ")", "check cert.pem and key.pem of " + ep.tls.files
	}
	if reset(err) {
		return "the connection was closed in the middle", "check that the daemon speaks TLS there; " + comesFrom(ep)
	}
	return withoutPrefix(err).Error(), "check the certificates of " + ep.tls.files
}

func explainAnswer(ep *endpoint, err error) (text, advice string) {
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		return wire.ErrTooLarge.Error(), "check that a Docker daemon, not something else, listens there; " + comesFrom(ep)
	case strings.Contains(err.Error(), `malformed HTTP response "\x15`):
		return wantsTLS()
	case unreadableAnswer(err):
		return "what listens there does not speak HTTP", "check the port; " + comesFrom(ep)
	case reset(err):
		return "the connection was closed before the answer was complete", "is the daemon well? its log may tell; " + comesFrom(ep)
	}
	return withoutPrefix(err).Error(), comesFrom(ep)
}

// unreadableAnswer reports whether net/http could not read an answer. Its words
// for that quote the answer, which may be anything.
func unreadableAnswer(err error) bool {
	text := err.Error()
	return strings.Contains(text, "malformed") || strings.Contains(text, "unsupported transfer encoding") || strings.Contains(text, "bad Content-Length") ||
		strings.Contains(text, "invalid header")
}

func wantsTLS() (text, advice string) {
	return "the daemon wants TLS and was spoken to in the clear", "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a docker context that holds the certificates"
}

// explainStatus is for answers that HTTP calls failures. err is the Docker
// client's, which holds the daemon's message.
func explainStatus(e *cluster.PhaseError, ep *endpoint, status int, err error) {
	text := strings.TrimSpace(fmt.Sprintf("the daemon answered %d %s", status, http.StatusText(status)))
	switch {
	case status == http.StatusBadRequest && strings.Contains(err.Error(), "HTTP request to an HTTPS server"):
		text, e.Advice = wantsTLS()
	case status == http.StatusBadRequest && strings.Contains(err.Error(), "client version"):
		e.Advice = "the API versions do not meet: unset DOCKER_API_VERSION, or update the daemon"
	case status >= 300 && status < 400:
		e.Advice = "redirects are not followed: give the address that it points to; " + comesFrom(ep)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		e.Advice = "ask whoever runs it to let you in"
	case status == http.StatusTooManyRequests || status >= 500:
		e.Advice = "is the daemon well? its log may tell; try again later"
	default:
		e.Advice = "check that a Docker daemon, not something else, listens there; " + comesFrom(ep)
	}
	e.Cause = &cause{text, err}
}

// sshSigns are what ssh, and the docker command at the other end, say when they
// fail. The first one found counts.
var sshSigns = []struct {
	sign   string
	phase  cluster.Phase
	text   string
	advice string // HAND is the ssh command to try by hand
}{
	{"IDENTIFICATION HAS CHANGED", cluster.PhaseCredentials, "the host's key is not the one in known_hosts",
		"find out why it changed; if that is as it should be, remove the old one with `ssh-keygen -R` and log in once by hand: HAND"},
	{"Host key verification failed", cluster.PhaseCredentials, "the host's key is not known",
		"log in once by hand to compare and accept it: HAND"},
	{"Permission denied (", cluster.PhaseCredentials, "the host does not let this user in",
		"load a key that it accepts with `ssh-add` (nobody is asked for a password here), and try by hand: HAND"},
	{"Could not resolve hostname", cluster.PhaseDNS, "no such host", "check the host's name, or its entry in ~/.ssh/config"},
	{"Connection refused", cluster.PhaseConnect, "connection refused", "is sshd running there? check the port"},
	{"No route to host", cluster.PhaseConnect, "no route to host", "check the host's address and the network"},
	{"Network is unreachable", cluster.PhaseConnect, "network is unreachable", "check the host's address and the network"},
	{"timed out", cluster.PhaseConnect, "no answer from the host", "check the host's address and the network"},
	{"Bad configuration option", cluster.PhaseConfig, "ssh does not understand its configuration", "mend ~/.ssh/config; to see more: HAND"},
	{"permission denied", cluster.PhaseRequest, "the user may not use the daemon's socket there", "add the user to the group that owns the socket there (often docker)"},
	{"Cannot connect to the Docker daemon", cluster.PhaseRequest, "no daemon answers there", "is the daemon running there? see: HAND docker version"},
	{"no such file or directory", cluster.PhaseRequest, "there is no such socket there", "is the daemon running there? see: HAND docker version"},
	{"connection refused", cluster.PhaseRequest, "nothing listens on the socket there", "is the daemon running there? see: HAND docker version"},
}

// notFoundStatus is a POSIX shell's exit status for a command that is not there.
const notFoundStatus = 127

// explainSSH is for an ssh that ended by itself. What it said is not shown: a
// remote shell may say anything.
func explainSSH(e *cluster.PhaseError, ep *endpoint, end *sshError) {
	e.Phase = cluster.PhaseConnect
	text := end.Error()
	e.Advice = "see what it says by hand: HAND docker version"
	if end.code == notFoundStatus {
		e.Phase, text = cluster.PhaseRequest, "the docker command is not found there"
		e.Advice = "install docker 18.09 or newer there, in the PATH of shells that are not login shells; see: HAND docker version"
	} else {
		for _, s := range sshSigns {
			if strings.Contains(end.stderr, s.sign) {
				e.Phase, text, e.Advice = s.phase, s.text, s.advice
				break
			}
		}
	}
	e.Cause = &cause{text, end}
	e.Advice = strings.ReplaceAll(e.Advice, "HAND", sshCommand(ep.ssh))
}

// sshCommand is how a user logs in by hand.
func sshCommand(spec *ssh.Spec) string {
	words := []string{"ssh"}
	if spec.Port != "" {
		words = append(words, "-p", spec.Port)
	}
	host := spec.Host
	if spec.User != "" {
		host = spec.User + "@" + host
	}
	return strings.Join(append(words, host), " ")
}
