package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os/exec"
	"strings"

	"github.com/docker/cli/cli/connhelper/ssh"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// outcome is what is known of the requests of a resolution when they have ended.
type outcome struct {
	trip
	// attempts is how often a connection was opened.
	attempts int
	// ssh is how ssh ended by itself, nil if it did not.
	ssh *sshError
}

// explain returns what an error of ask means.
func explain(ctx context.Context, ep *endpoint, s outcome, err error) *cluster.PhaseError {
	e := &cluster.PhaseError{Phase: s.phase, Endpoint: ep.String(), Cause: err}
	if s.phase == cluster.PhaseProxy {
		e.Endpoint = s.proxy
	}
	if ep.network == networkSSH && s.phase == cluster.PhaseRequest && !s.answered {
		e.Phase = cluster.PhaseConnect // that ssh runs is no connection yet
	}
	switch {
	case ctx.Err() != nil:
		explainEnd(e, ep, s.trip, ctx.Err())
	case s.ssh != nil:
		explainSSH(e, ep, s.ssh)
	case s.phase == "": // no request was made
		e.Phase = cluster.PhaseConfig
		e.Advice = "check the address in " + ep.source
	case s.err != nil:
		explainFailure(e, ep, wire.Explain(s.err).Attempts(s.attempts))
	case s.status != http.StatusOK:
		explainStatus(e, ep, s.status, err)
	default:
		e.Cause = wire.Reword(errNotDaemon.Error(), err)
		e.Advice = notDaemonAdvice(ep)
	}
	return e
}

func comesFrom(ep *endpoint) string { return "the address comes from " + ep.source }

// explainEnd is for a context that was done before the answer was there.
func explainEnd(e *cluster.PhaseError, ep *endpoint, s trip, err error) {
	if e.Phase == "" { // done before the first request
		e.Phase = cluster.PhaseConnect
	}
	f := wire.Explain(err)
	e.Cause = f
	if f.Kind != wire.NoAnswer {
		return
	}
	e.Advice = "check that the daemon is well and that the network lets you through, or allow more time"
	switch {
	case e.Phase == cluster.PhaseTLS:
		e.Advice = "check that the daemon speaks TLS there; " + comesFrom(ep)
	case e.Phase == cluster.PhaseProxy:
		e.Advice = proxyAdvice
	case s.answered:
		e.Cause = wire.Reword("the answer did not end before the deadline", err)
	case ep.network == networkSSH:
		e.Advice = fmt.Sprintf("check that `%s docker version` works, or allow more time", sshCommand(ep.ssh))
	}
}

const proxyAdvice = "check the proxy that HTTP_PROXY or HTTPS_PROXY names, or put the daemon's host into NO_PROXY"

// explainFailure is for errors below HTTP.
func explainFailure(e *cluster.PhaseError, ep *endpoint, f *wire.Fault) {
	e.Cause = f
	switch {
	case f.Kind == wire.Rejected:
		// Under TLS 1.3 an objection to the client's certificate comes in place of
		// the first answer.
		e.Phase = cluster.PhaseTLS
	case f.Kind == wire.NoHost && e.Phase != cluster.PhaseProxy:
		e.Phase = cluster.PhaseDNS
	case f.Kind == wire.Closed && e.Phase == cluster.PhaseConnect && ep.network != networkSSH:
		// A reset that comes at once may overtake the news that there is a
		// connection. It is reported like the one that comes a moment later.
		e.Phase = cluster.PhaseRequest
		if ep.tls != nil {
			e.Phase = cluster.PhaseTLS
		}
	}
	switch e.Phase {
	case cluster.PhaseProxy:
		e.Advice = proxyAdvice
	case cluster.PhaseTLS:
		e.Advice = adviceForTLS(ep, f)
	case cluster.PhaseRequest:
		e.Advice = adviceForAnswer(ep, f)
	default:
		explainConnect(e, ep, f)
	}
}

func explainConnect(e *cluster.PhaseError, ep *endpoint, f *wire.Fault) {
	e.Advice = "is the daemon running? " + comesFrom(ep)
	switch {
	case f.Kind == wire.NoHost:
		e.Advice = "check the host's name; " + comesFrom(ep)
	case errors.Is(f, exec.ErrNotFound):
		e.Cause, e.Advice = wire.Reword("ssh is not installed, or not in PATH", f), "install an OpenSSH client"
	case errors.Is(f, fs.ErrNotExist):
		e.Cause = wire.Reword("there is no such socket", f)
	case errors.Is(f, fs.ErrPermission):
		e.Cause = wire.Reword("permission denied", f)
		e.Advice = "join the group that owns the socket (often docker) and log in again, or use the socket of a daemon of your own; " + comesFrom(ep)
	}
}

func adviceForTLS(ep *endpoint, f *wire.Fault) string {
	switch f.Kind {
	case wire.WrongName:
		return "use a name that it is for, or issue the daemon a certificate for this one"
	case wire.UnknownAuthority:
		return "put the certificate of the daemon's authority into ca.pem of " + ep.tls.files
	case wire.WrongTime:
		return "renew the daemon's certificate, or set this machine's clock"
	case wire.NotTLS:
		return "unset DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH for a daemon without TLS, or check the port; " + comesFrom(ep)
	case wire.Rejected:
		return "check cert.pem and key.pem of " + ep.tls.files
	case wire.Closed:
		return "check that the daemon speaks TLS there; " + comesFrom(ep)
	}
	return "check the certificates of " + ep.tls.files
}

func adviceForAnswer(ep *endpoint, f *wire.Fault) string {
	switch f.Kind {
	case wire.TooLarge:
		return notDaemonAdvice(ep)
	case wire.WantsTLS:
		return wantsTLSAdvice
	case wire.NotHTTP:
		return "check the port; " + comesFrom(ep)
	case wire.Closed:
		return "check the daemon's log; " + comesFrom(ep)
	}
	return comesFrom(ep)
}

func notDaemonAdvice(ep *endpoint) string {
	return "check that a Docker daemon, not something else, listens there; " + comesFrom(ep)
}

const wantsTLSAdvice = "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a docker context that holds the certificates"

// explainStatus is for answers that HTTP calls failures. err is the Docker
// client's, which holds the daemon's message.
func explainStatus(e *cluster.PhaseError, ep *endpoint, status int, err error) {
	text := strings.TrimSpace(fmt.Sprintf("the server answered %d %s", status, http.StatusText(status)))
	switch {
	case status == http.StatusBadRequest && strings.Contains(err.Error(), "HTTP request to an HTTPS server"):
		f := wire.Explain(err)
		text, e.Advice = f.Error(), wantsTLSAdvice
	case status == http.StatusBadRequest && strings.Contains(err.Error(), "client version"):
		e.Advice = "the API versions do not meet: unset DOCKER_API_VERSION, or update the daemon"
	case status >= 300 && status < 400:
		e.Advice = "redirects are not followed: use the address that it points to; " + comesFrom(ep)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		e.Advice = "ask whoever runs it to let you in"
	case status == http.StatusTooManyRequests || status >= 500:
		e.Advice = "check the daemon's log; try again later"
	default:
		e.Advice = notDaemonAdvice(ep)
	}
	e.Cause = wire.Reword(text, err)
}

// sshSigns are what ssh, and the docker command at the other end, print when they
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
	{"Bad configuration option", cluster.PhaseConfig, "ssh does not understand its configuration", "fix ~/.ssh/config; to see more: HAND"},
	{"permission denied", cluster.PhaseRequest, "the user may not use the daemon's socket there", "add the user to the group that owns the socket there (often docker)"},
	{"Cannot connect to the Docker daemon", cluster.PhaseRequest, "no daemon answers there", "is the daemon running there? see: HAND docker version"},
	{"no such file or directory", cluster.PhaseRequest, "there is no such socket there", "is the daemon running there? see: HAND docker version"},
	{"connection refused", cluster.PhaseRequest, "nothing listens on the socket there", "is the daemon running there? see: HAND docker version"},
}

// notFoundStatus is a POSIX shell's exit status for a command that is not there.
const notFoundStatus = 127

// explainSSH is for an ssh that ended by itself. What it printed is not shown: a
// remote shell may print anything.
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
	e.Cause = wire.Reword(text, end)
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
