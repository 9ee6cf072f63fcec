package cluster

import (
	"errors"
	"fmt"
	"testing"
)

func TestPhaseError(t *testing.T) {
	refused := errors.New("connection refused")
	for _, tt := range []struct {
		err  PhaseError
		want string
	}{
		{PhaseError{PhaseConnect, "tcp://10.0.0.1:2376", refused, "start the daemon"},
			"connection to tcp://10.0.0.1:2376 failed: connection refused; start the daemon"},
		{PhaseError{PhaseConfig, "/home/me/.kube/config", errors.New("line 3: bad"), ""},
			"configuration in /home/me/.kube/config failed: line 3: bad"},
		{PhaseError{PhaseCredentials, "aws", refused, ""}, "credentials from aws failed: connection refused"},
		{PhaseError{PhaseDNS, "example.invalid", refused, ""}, "name lookup of example.invalid failed: connection refused"},
		{PhaseError{PhaseProxy, "http://p:1", refused, ""}, "proxy at http://p:1 failed: connection refused"},
		{PhaseError{PhaseTLS, "a:443", refused, ""}, "TLS handshake with a:443 failed: connection refused"},
		{PhaseError{PhaseRequest, "https://a", errors.New("two\n  lines"), ""}, "request to https://a failed: two lines"},
		{PhaseError{Phase: PhaseRequest, Cause: refused}, "request failed: connection refused"},
		{PhaseError{PhaseTLS, "a", errors.New("the certificate is valid for \x1b[31m\u202eevil\x7f\x00\xff, not a"), ""},
			`TLS handshake with a failed: the certificate is valid for \u001b[31m\u202eevil\u007f\u0000\ufffd, not a`},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	wrapped := fmt.Errorf("x: %w", &PhaseError{Phase: PhaseTLS, Cause: refused})
	var phase *PhaseError
	if !errors.As(wrapped, &phase) || phase.Phase != PhaseTLS || !errors.Is(wrapped, refused) {
		t.Errorf("%v does not unwrap", wrapped)
	}
}
