package kube

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// problem explains in which phase, at which endpoint and why a client of t failed, and
// what to do about it. attempts is how often a connection was opened.
func (t *target) problem(err error, attempts int) error {
	if known := new(cluster.PhaseError); errors.As(err, &known) {
		return known
	}
	e := &cluster.PhaseError{Phase: cluster.PhaseRequest, Endpoint: t.endpoint(), Cause: err}
	dial := new(dialError)
	if errors.As(err, &dial) {
		e.Phase, e.Cause = dial.phase, dial.err
	}
	switch e.Phase {
	case cluster.PhaseDNS:
		e.Endpoint = dial.host
	case cluster.PhaseProxy:
		e.Endpoint = address(t.proxy)
	}
	f := wire.Explain(e.Cause)
	if f.Kind == wire.Rejected {
		// With TLS 1.3 that can come after the handshake, in place of an answer.
		e.Phase = cluster.PhaseTLS
	}
	switch {
	case f.Kind == wire.Interrupted:
		e.Cause = f
	case e.Phase == cluster.PhaseRequest:
		t.explainAnswer(e, f, attempts)
	default:
		e.Cause = f.Attempts(attempts)
		t.explainConnection(e, f)
	}
	return e
}

// explainConnection is for what goes wrong before the first request.
func (t *target) explainConnection(e *cluster.PhaseError, f *wire.Fault) {
	switch e.Phase {
	case cluster.PhaseProxy:
		e.Advice = "check " + t.proxyField()
		if proxy := (*wire.ProxyError)(nil); errors.As(f, &proxy) && proxy.Code == http.StatusProxyAuthRequired {
			e.Advice = "put a user and a password into " + t.proxyField()
		}
		return
	case cluster.PhaseDNS:
		e.Advice = "check the network, a VPN that it may need, and " + t.clusterField("server")
		return
	}
	e.Advice = "check that the cluster runs, and " + t.clusterField("server")
	switch f.Kind {
	case wire.NoAnswer:
		e.Advice = "check that the cluster runs, that no firewall or VPN is in between, and " + t.clusterField("server")
		if e.Phase == cluster.PhaseTLS {
			e.Advice = "check that an API server listens there"
		}
	case wire.WrongName:
		e.Advice = fmt.Sprintf("fix %s, or set tls-server-name there", t.clusterField("server"))
		if t.cluster.TLSServerName != "" {
			e.Advice = "fix " + t.clusterField("tls-server-name")
		}
	case wire.WrongTime:
		e.Advice = "renew the server's certificate, or set this machine's clock"
	case wire.UnknownAuthority:
		e.Advice = "fix " + t.clusterField("certificate-authority")
	case wire.NotTLS:
		e.Advice = "check scheme and port in " + t.clusterField("server")
	case wire.Rejected:
		e.Advice = t.renewal("check", "the client certificate")
	}
}

// renewal advises to renew a client certificate that is not valid now, else to
// do something else with a field of the user.
func (t *target) renewal(verb, field string) string {
	if cert := t.clientCertificate; cert != nil && wire.Outdated(cert) {
		return fmt.Sprintf("renew %s, which %s", t.userField("the client certificate"), wire.Validity(cert))
	}
	return verb + " " + t.userField(field)
}

// explainAnswer is for a request that got no answer, or not the one it was for.
func (t *target) explainAnswer(e *cluster.PhaseError, f *wire.Fault, attempts int) {
	var redirect *redirectError
	var busy *busyError
	var short *shortError
	code := status(e.Cause)
	switch err := e.Cause; {
	case errors.As(err, &busy):
		e.Advice = "try again later, or with a longer --timeout"
	case code == http.StatusUnauthorized: // whatever was asked
		e.Cause = wire.Reword(fmt.Sprintf("the server answered 401 Unauthorized to user %q", t.context.AuthInfo), err)
		e.Advice = t.renewal("renew", "the credentials")
	case code == http.StatusForbidden:
		e.Cause = fmt.Errorf("%w for user %q", err, t.context.AuthInfo)
		e.Advice = "bind the user to the ClusterRole system:public-info-viewer"
	case code >= http.StatusInternalServerError:
		e.Advice = "look at the API server's log, or try again later"
	case errors.As(err, &redirect):
		e.Cause = redirect
		e.Advice = "check " + t.clusterField("server")
	case f.Kind == wire.NoAnswer:
		e.Advice = "try again later, or with a longer --timeout"
	case errors.As(err, &short):
		e.Advice = "try again, and check what is between here and the server"
	case f.Kind == wire.Closed:
		e.Cause = f.Attempts(attempts)
		e.Advice = "try again, and check what is between here and the server"
	case f.Kind == wire.WantsTLS:
		e.Cause = f
		e.Advice = "write https:// in " + t.clusterField("server")
	case errors.Is(err, errCutOff):
		e.Advice = "look at the API server's log, or try again later"
	default:
		e.Advice = "check " + t.clusterField("server") + ": something else may answer there"
	}
}
