package docker

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/internal/test/certs"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// clientFiles writes what a client of the faults' servers needs.
func clientFiles(t *testing.T, client certs.Pair) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := client.Write(dir, "cert.pem", "key.pem"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), faults.Certificates(t).CA.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestFaults holds what a user reads, fault by fault. HOST is the address, T
// the time, DIR the folder of the certificates.
func TestFaults(t *testing.T) {
	good := clustertest.DockerHandler(clustertest.DockerFacts{})
	version := func(fault http.Handler) func(*testing.T) *faults.Server {
		return func(t *testing.T) *faults.Server { return faults.Plain(t, faults.Only("/v1.51/version", fault, good)) }
	}
	const comes = "the address comes from spec.connection.docker.host"
	const plain, tls = false, true
	// hangs is after how many connections and requests nothing more comes.
	type hangs struct{ connections, requests int }
	never := (*hangs)(nil)
	tests := []struct {
		name   string
		server func(*testing.T) *faults.Server
		tls    bool
		hangs  *hangs
		dials  int // 0 is not counted
		want   string
	}{
		{"refused", func(t *testing.T) *faults.Server { return faults.Refused(t) }, plain, never, 0,
			"connection to HOST failed: connection refused (2 attempts); is the daemon running? " + comes},
		{"no answer to SYN", func(t *testing.T) *faults.Server { return faults.Unanswered(t) }, plain, &hangs{}, 0,
			"connection to HOST failed: no answer before the deadline; check that the daemon is well and that the network lets you through, or allow more time"},
		{"reset", func(t *testing.T) *faults.Server { return faults.Reset(t) }, plain, never, 2,
			"request to HOST failed: the connection was closed by the other side (2 attempts); check the daemon's log; " + comes},
		{"reset in TLS", func(t *testing.T) *faults.Server { return faults.Reset(t) }, tls, never, 2,
			"TLS handshake with HOST failed: the connection was closed by the other side (2 attempts); check that the daemon speaks TLS there; " + comes},
		{"silent", func(t *testing.T) *faults.Server { return faults.Silent(t) }, plain, &hangs{connections: 1}, 1,
			"request to HOST failed: no answer before the deadline; check that the daemon is well and that the network lets you through, or allow more time"},
		{"silent in TLS", func(t *testing.T) *faults.Server { return faults.Silent(t) }, tls, &hangs{connections: 1}, 1,
			"TLS handshake with HOST failed: no answer before the deadline; check that the daemon speaks TLS there; " + comes},
		{"TLS, then silent", func(t *testing.T) *faults.Server { return faults.Serve(t, faults.NoAnswer()) }, tls, &hangs{requests: 1}, 1,
			"request to HOST failed: no answer before the deadline; check that the daemon is well and that the network lets you through, or allow more time"},
		{"dripping", version(faults.Drip(time.Millisecond)), plain, &hangs{requests: 2}, 1,
			"request to HOST failed: the answer did not end before the deadline; check that the daemon is well and that the network lets you through, or allow more time"},
		{"endless", version(faults.Endless()), plain, never, 1,
			"request to HOST failed: the answer is larger than 16 MiB; check that a Docker daemon, not something else, listens there; " + comes},
		{"half an answer", version(faults.Short()), plain, never, 1,
			"request to HOST failed: the connection was closed by the other side; check the daemon's log; " + comes},
		{"cut", version(faults.Cut()), plain, never, 2,
			"request to HOST failed: the connection was closed by the other side (2 attempts); check the daemon's log; " + comes},
		{"401", version(faults.Status(401)), plain, never, 1,
			"request to HOST failed: the server answered 401 Unauthorized; ask whoever runs it to let you in"},
		{"403 to all", func(t *testing.T) *faults.Server { return faults.Plain(t, faults.Status(403)) }, plain, never, 1,
			"request to HOST failed: the server answered 403 Forbidden; ask whoever runs it to let you in"},
		{"404 to all", func(t *testing.T) *faults.Server { return faults.Plain(t, http.NotFoundHandler()) }, plain, never, 1,
			"request to HOST failed: the server answered 404 Not Found; check that a Docker daemon, not something else, listens there; " + comes},
		{"429 for too long", version(faults.TooMany(3600)), plain, never, 1,
			"request to HOST failed: the server answered 429 Too Many Requests; check the daemon's log; try again later"},
		{"500", version(faults.Status(500)), plain, never, 1,
			"request to HOST failed: the server answered 500 Internal Server Error; check the daemon's log; try again later"},
		{"503 to all", func(t *testing.T) *faults.Server { return faults.Plain(t, faults.Status(503)) }, plain, never, 1,
			"request to HOST failed: the server answered 503 Service Unavailable; check the daemon's log; try again later"},
		{"HTML", func(t *testing.T) *faults.Server { return faults.Plain(t, faults.HTML()) }, plain, never, 1,
			"request to HOST failed: the answer is not from a Docker daemon; check that a Docker daemon, not something else, listens there; " + comes},
		{"other JSON", version(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) })), plain, never, 1,
			"request to HOST failed: the answer is not from a Docker daemon; check that a Docker daemon, not something else, listens there; " + comes},
		{"wrong CA", func(t *testing.T) *faults.Server { return faults.WrongCA(t, good) }, tls, never, 1,
			"TLS handshake with HOST failed: the certificate is signed by an unknown authority; put the certificate of the daemon's authority into ca.pem of DIR"},
		{"wrong name", func(t *testing.T) *faults.Server { return faults.WrongName(t, good) }, tls, never, 1,
			"TLS handshake with HOST failed: the certificate is valid for somewhere-else.test, not 127.0.0.1; use a name that it is for, or issue the daemon a certificate for this one"},
		{"expired", func(t *testing.T) *faults.Server { return faults.Expired(t, good) }, tls, never, 1,
			"TLS handshake with HOST failed: the certificate expired on 2020-01-02; renew the daemon's certificate, or set this machine's clock"},
		{"TLS to a plain port", func(t *testing.T) *faults.Server { return faults.Plain(t, good) }, tls, never, 1,
			"TLS handshake with HOST failed: the answer is not TLS; unset DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH for a daemon without TLS, or check the port; " + comes},
		{"plain to a TLS port", func(t *testing.T) *faults.Server { return faults.Serve(t, good) }, plain, never, 0,
			"request to HOST failed: the server wants TLS; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a docker context that holds the certificates"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tt.server(t)
			env := []string{"HOME=/nowhere"}
			dir := "DIR"
			if tt.tls {
				dir = clientFiles(t, faults.Certificates(t).Admin)
				env = append(env, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+dir)
			}
			var ctx context.Context
			if tt.hangs == nil {
				deadline, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				ctx = deadline
			} else {
				ctx = faults.Expiring(t, func() bool {
					return s.Connections() >= tt.hangs.connections && s.Requests() >= tt.hangs.requests
				})
			}
			got := resolveIn(ctx, t, "tcp://"+s.Addr, env...)
			if tt.hangs == nil && ctx.Err() != nil {
				t.Error("only the deadline ended it")
			}
			if diff := cmp.Diff(tt.want, failure(got, "tcp://"+s.Addr, "HOST", dir, "DIR")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if got.Status.ConnectedAt != nil || got.Status.Version != "" || got.Status.Arch != "" {
				t.Errorf("a failed resolution has a status: %+v", got.Status)
			}
			if n := s.Connections(); tt.dials != 0 && n != tt.dials {
				t.Errorf("%d connections, want %d", n, tt.dials)
			}
		})
	}
}

func TestClientCertificateRefused(t *testing.T) {
	s := faults.Mutual(t, clustertest.DockerHandler(clustertest.DockerFacts{}))
	set := faults.Certificates(t)
	connected(t, resolve(t, patience, "tcp://"+s.Addr, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+clientFiles(t, set.Admin)))

	dir := clientFiles(t, set.ExpiredClient)
	got := failure(resolve(t, patience, "tcp://"+s.Addr, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+dir), "tcp://"+s.Addr, "HOST", dir, "DIR")
	want := "TLS handshake with HOST failed: the TLS handshake was rejected: expired certificate; check cert.pem and key.pem of DIR"
	if got != want && got != strings.Replace(want, "expired", "bad", 1) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}

	none := t.TempDir()
	writeFile(t, string(set.CA.PEM), none, "ca.pem")
	got = failure(resolve(t, patience, "tcp://"+s.Addr, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+none), "tcp://"+s.Addr, "HOST", none, "DIR")
	want = "TLS handshake with HOST failed: the TLS handshake was rejected: certificate required; check cert.pem and key.pem of DIR"
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestOneResetIsForgiven(t *testing.T) {
	s := faults.ResetFirst(t, 1, clustertest.DockerHandler(clustertest.DockerFacts{}))
	dir := clientFiles(t, faults.Certificates(t).Admin)
	connected(t, resolve(t, patience, "tcp://"+s.Addr, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+dir))
	if n := s.Connections(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestTooManyRequestsIsWaitedFor(t *testing.T) {
	s := faults.Plain(t, faults.First(1, faults.TooMany(1), clustertest.DockerHandler(clustertest.DockerFacts{})))
	start := time.Now()
	connected(t, resolve(t, patience, "tcp://"+s.Addr))
	if took := time.Since(start); took < time.Second {
		t.Errorf("asked again after %v, Retry-After said 1 s", took)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	other := faults.Plain(t, clustertest.DockerHandler(clustertest.DockerFacts{}))
	s := faults.Plain(t, faults.Redirect(other.URL))
	got := failure(resolve(t, patience, "tcp://"+s.Addr), "tcp://"+s.Addr, "HOST")
	want := "request to HOST failed: the server answered 302 Found; redirects are not followed: use the address that it points to; the address comes from spec.connection.docker.host"
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if n := other.Connections(); n != 0 {
		t.Errorf("the other server got %d connections", n)
	}
}

func TestProxy(t *testing.T) {
	daemon := faults.Serve(t, clustertest.DockerHandler(clustertest.DockerFacts{}))
	// Loopback is never reached through a proxy, so the daemon goes by another
	// of the names in its certificate.
	_, port, _ := strings.Cut(daemon.Addr, ":")
	host := "tcp://kubernetes.default.svc:" + port
	env := func(proxy string) []string {
		return []string{
			"DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + clientFiles(t, faults.Certificates(t).Admin),
			"https_proxy=" + strings.Replace(proxy, "//", "//user:c4n4ry@", 1),
		}
	}
	t.Run("good", func(t *testing.T) {
		connected(t, resolve(t, patience, host, env(faults.Proxy(t).URL)...))
	})
	const advice = "check the proxy that HTTP_PROXY or HTTPS_PROXY names, or put the daemon's host into NO_PROXY"
	tests := []struct {
		name  string
		proxy func(testing.TB) *faults.Server
		hangs bool
		want  string
	}{
		{"login", faults.DenyingProxy, false, "proxy at PROXY failed: the proxy answered 407 Proxy Authentication Required; " + advice},
		{"hanging", faults.HangingProxy, true, "proxy at PROXY failed: no answer before the deadline; check the proxy that HTTP_PROXY or HTTPS_PROXY names, or put the daemon's host into NO_PROXY"},
		{"refused", faults.Refused, false, "proxy at PROXY failed: connection refused (2 attempts); " + advice},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			proxy := tt.proxy(t)
			url := "http://" + proxy.Addr
			ctx := t.Context()
			if tt.hangs {
				ctx = faults.Expiring(t, func() bool { return proxy.Requests() > 0 })
			}
			if got := failure(resolveIn(ctx, t, host, env(url)...), url, "PROXY"); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestSocketErrors(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, "", dir, "file")
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "none"), "connection to HOST failed: there is no such socket; is the daemon running? the address comes from spec.connection.docker.host"},
		{file, "connection to HOST failed: connection refused (2 attempts); is the daemon running? the address comes from spec.connection.docker.host"},
		{filepath.Join(dir, strings.Repeat("x", 200)), "connection to HOST failed: invalid argument; is the daemon running? the address comes from spec.connection.docker.host"},
	}
	for _, tt := range tests {
		if got := failure(resolve(t, patience, "unix://"+tt.path), "unix://"+tt.path, "HOST"); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
}

// Whatever the status, a body that never ends does not outlive the deadline.
func TestUnendingAnswers(t *testing.T) {
	faults.EveryStatus(t, func(ctx context.Context, t *testing.T, s *faults.Server, status int) {
		obs := resolveIn(ctx, t, "tcp://"+s.Addr, "HOME=/nowhere")
		if obs.Status.Connected() {
			t.Errorf("%d: connected", status)
		}
	})
}

// The connection that net/http hands out with a 101 is never read.
func TestSwitchingProtocolsIsRefused(t *testing.T) {
	for _, flood := range []bool{false, true} {
		s := faults.Unending(t, http.StatusSwitchingProtocols, flood)
		got := resolve(t, patience, "tcp://"+s.Addr, "HOME=/nowhere").Status.Error
		if want := "answered 101 Switching Protocols"; !strings.Contains(got, want) {
			t.Errorf("%q, want %q in it", got, want)
		}
	}
}
