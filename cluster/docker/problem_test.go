package docker

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// TestExplain holds what no server on loopback can be made to do.
func TestExplain(t *testing.T) {
	socket := &endpoint{network: networkUnix, address: "/run/d.sock", source: "DOCKER_HOST"}
	tcp := &endpoint{network: networkTCP, address: "example.test:2376", source: "DOCKER_HOST", tls: &tlsSetup{files: "/certs"}}
	dial := func(err error) error {
		return fmt.Errorf("the client's words: %w", &net.OpError{Op: "dial", Net: "tcp", Err: err})
	}
	tests := []struct {
		name string
		ep   *endpoint
		trip trip
		err  error
		want string
	}{
		{"socket of another", socket, trip{phase: cluster.PhaseConnect, err: dial(os.NewSyscallError("connect", fs.ErrPermission))}, nil,
			"connection to unix:///run/d.sock failed: permission denied; join the group that owns the socket (often docker) and log in again, or use the socket of a daemon of your own; the address comes from DOCKER_HOST"},
		{"no such host", tcp, trip{phase: cluster.PhaseDNS, err: dial(&net.DNSError{Err: "no such host", Name: "example.test", IsNotFound: true})}, nil,
			"name lookup of tcp://example.test:2376 failed: no such host; check the host's name; the address comes from DOCKER_HOST"},
		{"no route", tcp, trip{phase: cluster.PhaseConnect, err: dial(os.NewSyscallError("connect", errors.New("no route to host")))}, nil,
			"connection to tcp://example.test:2376 failed: no route to host; is the daemon running? the address comes from DOCKER_HOST"},
		{"nameless certificate", tcp, trip{phase: cluster.PhaseTLS, err: x509.HostnameError{Certificate: new(x509.Certificate), Host: "example.test"}}, nil,
			"TLS handshake with tcp://example.test:2376 failed: the certificate is valid for no name, not example.test; use a name that it is for, or issue the daemon a certificate for this one"},
		{"some TLS error", tcp, trip{phase: cluster.PhaseTLS, err: errors.New("tls: something new")}, nil,
			"TLS handshake with tcp://example.test:2376 failed: tls: something new; check the certificates of /certs"},
		{"records of TLS", tcp, trip{phase: cluster.PhaseRequest, err: errors.New(`net/http: malformed HTTP response "\x15\x03\x01"`)}, nil,
			"request to tcp://example.test:2376 failed: the server wants TLS; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a docker context that holds the certificates"},
		{"some answer", tcp, trip{phase: cluster.PhaseRequest, err: errors.New("something new")}, nil,
			"request to tcp://example.test:2376 failed: something new; the address comes from DOCKER_HOST"},
		{"no request was made", tcp, trip{}, errors.New("an address that the client does not take"),
			"configuration in tcp://example.test:2376 failed: an address that the client does not take; check the address in DOCKER_HOST"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := explain(t.Context(), tt.ep, outcome{trip: tt.trip, attempts: 1}, tt.err)
			if diff := cmp.Diff(tt.want, got.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			inner := tt.err
			if tt.trip.err != nil {
				inner = wire.Innermost(tt.trip.err)
			}
			if !errors.Is(got, inner) {
				t.Error("the cause is lost")
			}
		})
	}
}

func TestInterruptedIsToldApart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ep := &endpoint{network: networkTCP, address: "example.test:2375"}
	got := explain(ctx, ep, outcome{trip: trip{phase: cluster.PhaseConnect}, attempts: 1}, ctx.Err())
	if want := "connection to tcp://example.test:2375 failed: interrupted"; got.Error() != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if !errors.Is(got, context.Canceled) {
		t.Error("the context's error is lost")
	}
}
