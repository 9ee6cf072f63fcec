package cluster

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Phase is a step on the way to a cluster's first answer.
type Phase string

// The phases, in the order in which a resolution goes through them.
const (
	// PhaseConfig reads and understands the configuration: a kubeconfig, a
	// docker context, an environment variable.
	PhaseConfig Phase = "configuration"
	// PhaseCredentials gets what proves who asks, from a file or a plugin.
	PhaseCredentials Phase = "credentials"
	// PhaseDNS looks the endpoint's host name up.
	PhaseDNS Phase = "name lookup"
	// PhaseProxy goes through a proxy, up to its answer to CONNECT.
	PhaseProxy Phase = "proxy"
	// PhaseConnect opens the socket, or starts the process that takes its place.
	PhaseConnect Phase = "connection"
	// PhaseTLS is the TLS handshake.
	PhaseTLS Phase = "TLS handshake"
	// PhaseRequest sends the request and reads the answer.
	PhaseRequest Phase = "request"
)

// to is the word between the phase and its endpoint.
func (p Phase) to() string {
	switch p {
	case PhaseConfig:
		return "in"
	case PhaseCredentials:
		return "from"
	case PhaseDNS:
		return "of"
	case PhaseProxy:
		return "at"
	case PhaseTLS:
		return "with"
	default:
		return "to"
	}
}

// PhaseError is why a cluster is not connected. Its message is status.error, so
// no field may hold a secret. Nothing in it may differ between two failures of
// the same kind: a kept status is written whenever its message changes.
type PhaseError struct {
	// Phase is the step that failed, or that was under way at the deadline.
	Phase Phase
	// Endpoint is what the step was about: an address without user info, a
	// host name, a file, a plugin's command. "" leaves it out of the message.
	Endpoint string
	// Cause is what went wrong; required.
	Cause error
	// Advice is what to do, as a clause in lower case; "" for none.
	Advice string
}

// Error returns one line:
// "connection to tcp://10.0.0.1:2376 failed: <cause>; <advice>".
func (e *PhaseError) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Phase))
	if e.Endpoint != "" {
		b.WriteString(" " + e.Phase.to() + " " + e.Endpoint)
	}
	b.WriteString(" failed: " + e.Cause.Error())
	if e.Advice != "" {
		b.WriteString("; " + e.Advice)
	}
	return oneLine(b.String())
}

// oneLine makes one line of s that no terminal acts on. A cause may hold what a
// server sent, such as a name in a certificate.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unprintable reports whether r is a control character, one that changes the
// direction of what follows, or none at all.
func unprintable(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

// Unwrap returns the cause.
func (e *PhaseError) Unwrap() error { return e.Cause }
