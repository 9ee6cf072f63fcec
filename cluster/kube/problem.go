package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sextant-dev/sextant/cluster"
)

// problem says in which phase, at which endpoint and why c failed, and what to
// do about it.
func (c *client) problem(err error) error {
	if known := new(cluster.PhaseError); errors.As(err, &known) {
		return known
	}
	e := &cluster.PhaseError{Phase: cluster.PhaseRequest, Endpoint: c.target.endpoint(), Cause: err}
	dial := new(dialError)
	if errors.As(err, &dial) {
		e.Phase, e.Cause = dial.phase, dial.err
	}
	switch e.Phase {
	case cluster.PhaseDNS:
		e.Endpoint = dial.host
	case cluster.PhaseProxy:
		e.Endpoint = address(c.target.proxy)
	}
	if handshakeAlert(err) {
		e.Phase = cluster.PhaseTLS
	}
	switch {
	case errors.Is(err, context.Canceled):
		e.Cause = errors.New("interrupted")
	case e.Phase == cluster.PhaseTLS:
		c.explainTLS(e)
	case e.Phase == cluster.PhaseRequest:
		c.explainAnswer(e)
	default:
		c.explainConnection(e)
	}
	return e
}

// clusterField and userField name a place in the kubeconfig.
func (t *target) clusterField(field string) string {
	return fmt.Sprintf("%s of cluster %q in %s", field, t.context.Cluster, t.origin)
}

func (t *target) userField(field string) string {
	return fmt.Sprintf("%s of user %q in %s", field, t.context.AuthInfo, t.origin)
}

// proxyField names where the proxy is configured.
func (t *target) proxyField() string {
	if t.cluster.ProxyURL != "" {
		return t.clusterField("proxy-url")
	}
	return "the proxy in the environment (HTTPS_PROXY, NO_PROXY)"
}

func (c *client) explainConnection(e *cluster.PhaseError) {
	t := c.target
	switch e.Phase {
	case cluster.PhaseProxy:
		e.Advice = "check " + t.proxyField()
	case cluster.PhaseDNS:
		e.Advice = "check the network, a VPN that it may need, and " + t.clusterField("server")
	default:
		e.Advice = "check that the cluster runs, and " + t.clusterField("server")
	}
	var dns *net.DNSError
	var proxy *proxyError
	switch err := e.Cause; {
	case errors.As(err, &proxy):
		if proxy.code == http.StatusProxyAuthRequired {
			e.Advice = "put a user and a password into " + t.proxyField()
		}
	case timedOut(err):
		e.Cause = late("no answer", err)
		if e.Phase == cluster.PhaseConnect {
			e.Advice = "check that the cluster runs, that no firewall or VPN is in between, and " + t.clusterField("server")
		}
	case errors.As(err, &dns):
		e.Cause = errors.New("no such host")
		if !dns.IsNotFound {
			e.Cause = errors.New(dns.Err)
		}
	default:
		e.Cause = withoutText(err)
		c.explainBreak(e)
	}
}

// tries ends a message about a connection that was tried again.
func (c *client) tries() string {
	if c.retried {
		return " (2 attempts)"
	}
	return ""
}

// explainBreak shortens what the operating system says of a connection.
func (c *client) explainBreak(e *cluster.PhaseError) {
	var op *net.OpError
	switch err := e.Cause; {
	case refused(err):
		e.Cause = shortened{"connection refused" + c.tries(), err}
	case lost(err):
		e.Cause = shortened{"the other side closed the connection" + c.tries(), err}
	case errors.As(err, &op):
		e.Cause = op.Err
	}
}

func (c *client) explainTLS(e *cluster.PhaseError) {
	t := c.target
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch err := e.Cause; {
	case timedOut(err):
		e.Cause = late("the connection was taken, but no answer came", err)
		e.Advice = "check that an API server listens there"
	case errors.As(err, &host):
		e.Cause = shortened{fmt.Sprintf("the certificate is for %s, not for %s", strings.Join(names(host.Certificate), ", "), host.Host), err}
		e.Advice = fmt.Sprintf("fix %s, or set tls-server-name there", t.clusterField("server"))
		if t.cluster.TLSServerName != "" {
			e.Advice = "fix " + t.clusterField("tls-server-name")
		}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Cause = shortened{"the server's certificate " + validity(invalid.Cert), err}
		e.Advice = "renew it, or set this machine's clock right"
	case errors.As(err, &authority):
		e.Cause = shortened{"the certificate is signed by an authority that is not trusted", err}
		e.Advice = "fix " + t.clusterField("certificate-authority")
	case errors.As(err, &record):
		e.Cause = shortened{"the answer is not TLS", err}
		e.Advice = "check scheme and port in " + t.clusterField("server")
	case handshakeAlert(err):
		e.Cause = shortened{"the server refused: " + alert(err), err}
		e.Advice = "check " + t.userField("the client certificate")
		if cert := t.clientCertificate; cert != nil && outOfTime(cert) {
			e.Advice = fmt.Sprintf("renew %s, which %s", t.userField("the client certificate"), validity(cert))
		}
	default:
		c.explainConnection(e)
	}
}

func (c *client) explainAnswer(e *cluster.PhaseError) {
	t := c.target
	var redirect *redirectError
	var busy *busyError
	var short *shortError
	code := status(e.Cause)
	switch err := e.Cause; {
	case errors.As(err, &busy):
		e.Advice = "try again later, or with a longer --timeout"
	case code == http.StatusUnauthorized: // whatever was asked
		e.Cause = shortened{fmt.Sprintf("the server answered 401 Unauthorized to user %q", t.context.AuthInfo), err}
		e.Advice = "renew " + t.userField("the credentials")
		if cert := t.clientCertificate; cert != nil && outOfTime(cert) {
			e.Advice = fmt.Sprintf("renew %s, which %s", t.userField("the client certificate"), validity(cert))
		}
	case code == http.StatusForbidden:
		e.Cause = fmt.Errorf("%w for user %q", err, t.context.AuthInfo)
		e.Advice = "bind the user to the ClusterRole system:public-info-viewer"
	case code >= http.StatusInternalServerError:
		e.Advice = "look at the API server's log, or try again later"
	case errors.As(err, &redirect):
		e.Cause = redirect
		e.Advice = "check " + t.clusterField("server")
	case timedOut(err):
		e.Advice = "try again later, or with a longer --timeout"
	case errors.As(err, &short), lost(err):
		e.Advice = "try again, and check what stands between here and the server"
		if short == nil {
			c.explainBreak(e)
		}
	case errors.Is(err, errCutOff):
		e.Advice = "look at the API server's log, or try again later"
	default:
		e.Advice = "check " + t.clusterField("server") + ": something else may answer there"
	}
}

// timedOut reports whether the deadline passed: the context's own error, or
// that of a socket which had the same deadline.
func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

func late(what string, err error) error { return shortened{what + " before the deadline", err} }

// shortened gives an error another text.
type shortened struct {
	text string
	err  error
}

func (s shortened) Error() string { return s.text }
func (s shortened) Unwrap() error { return s.err }

// lost reports whether a connection was there and broke.
func lost(err error) bool {
	var broken *brokenError
	return errors.As(err, &broken) || wasReset(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// handshakeAlert reports whether the server broke TLS off, which with TLS 1.3
// it can do after the handshake: that is how it refuses a client certificate.
func handshakeAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return strings.TrimPrefix(op.Err.Error(), "tls: ")
	}
	return err.Error()
}

func names(cert *x509.Certificate) []string {
	all := append([]string(nil), cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return []string{"no name at all"}
	}
	return all
}

func outOfTime(cert *x509.Certificate) bool {
	now := time.Now()
	return now.Before(cert.NotBefore) || now.After(cert.NotAfter)
}

func validity(cert *x509.Certificate) string {
	if time.Now().Before(cert.NotBefore) {
		return "is not valid before " + cert.NotBefore.UTC().Format(time.DateOnly)
	}
	return "expired on " + cert.NotAfter.UTC().Format(time.DateOnly)
}
