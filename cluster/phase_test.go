package cluster

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestPhaseError(t *testing.T) {
	refused := errors.New("connection refused")
	for _, tt := range []struct {
		err  PhaseError
		want string
	}{
		{PhaseError{PhaseConnect, "tcp://10.0.0.1:2376", 12 * time.Millisecond, refused, "start the daemon"},
			"connection to tcp://10.0.0.1:2376 failed after 12ms: connection refused; start the daemon"},
		{PhaseError{PhaseConfig, "/home/me/.kube/config", 0, errors.New("line 3: bad"), ""},
			"configuration in /home/me/.kube/config failed at once: line 3: bad"},
		{PhaseError{PhaseCredentials, "aws", 999 * time.Microsecond, refused, ""}, "credentials from aws failed at once: connection refused"},
		{PhaseError{PhaseDNS, "example.invalid", time.Second, refused, ""}, "name lookup of example.invalid failed after 1s: connection refused"},
		{PhaseError{PhaseProxy, "http://p:1", 1234 * time.Millisecond, refused, ""}, "proxy at http://p:1 failed after 1.2s: connection refused"},
		{PhaseError{PhaseTLS, "a:443", 10*time.Second + time.Millisecond, refused, ""}, "TLS handshake with a:443 failed after 10s: connection refused"},
		{PhaseError{PhaseRequest, "https://a", 1500 * time.Microsecond, errors.New("two\n  lines"), ""}, "request to https://a failed after 2ms: two lines"},
		{PhaseError{Phase: PhaseRequest, Cause: refused}, "request failed at once: connection refused"},
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
