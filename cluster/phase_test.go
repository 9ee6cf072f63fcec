package cluster

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestPhaseError(t *testing.T) {
	cause := errors.New("it broke")
	tests := []struct {
		err  PhaseError
		want string
	}{
		{PhaseError{Phase: PhaseConfig, Endpoint: "~/.kube/config", Cause: cause, Advice: "mend it"},
			"configuration in ~/.kube/config failed at once: it broke; mend it"},
		{PhaseError{Phase: PhaseCredentials, Endpoint: "get-token", Cause: cause, Elapsed: 999 * time.Microsecond},
			"credentials from get-token failed at once: it broke"},
		{PhaseError{Phase: PhaseDNS, Endpoint: "example.test", Cause: cause, Elapsed: 12_345_678 * time.Nanosecond},
			"name lookup of example.test failed after 12ms: it broke"},
		{PhaseError{Phase: PhaseProxy, Endpoint: "http://proxy", Cause: cause, Elapsed: 999_900 * time.Microsecond},
			"proxy at http://proxy failed after 1s: it broke"},
		{PhaseError{Phase: PhaseConnect, Endpoint: "tcp://h:1", Cause: cause, Elapsed: 10_012 * time.Millisecond},
			"connection to tcp://h:1 failed after 10s: it broke"},
		{PhaseError{Phase: PhaseTLS, Endpoint: "https://h:1", Cause: cause, Elapsed: 1234 * time.Millisecond},
			"TLS handshake with https://h:1 failed after 1.2s: it broke"},
		{PhaseError{Phase: PhaseRequest, Cause: errors.New("one\n\ttwo\r\n")},
			"request failed at once: one two"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
}

func TestPhaseErrorKeepsItsCause(t *testing.T) {
	err := fmt.Errorf("cluster %q: %w", "prod", &PhaseError{Phase: PhaseTLS, Cause: context.DeadlineExceeded})
	phase, ok := errors.AsType[*PhaseError](err)
	if !ok || phase.Phase != PhaseTLS || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v: got %v", err, phase)
	}
}
