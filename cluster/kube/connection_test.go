package kube_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// sound answers /version, has no nodes, and knows nothing else.
var sound = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/version":
		fmt.Fprint(w, `{"gitVersion":"v1.36.3"}`)
	case nodesPath:
		fmt.Fprint(w, `{"kind":"NodeList","items":[]}`)
	default:
		faults.Status(http.StatusNotFound).ServeHTTP(w, r)
	}
})

// A connection that is reset is tried once more and no further.
func TestResetOnce(t *testing.T) {
	for resets, connected := range []bool{true, true, false, false} {
		server := faults.ResetFirst(t, resets, sound)
		obs := resolve(t, configFor(t, server.URL), long)
		if obs.Status.Connected() != connected {
			t.Errorf("%d resets: connected %t, want %t: %s", resets, obs.Status.Connected(), connected, obs.Status.Error)
		}
		if n := server.Connections(); n > 2 {
			t.Errorf("%d resets: %d connections", resets, n)
		}
	}
}

// A connection that breaks under the requests is opened once more, for all of
// them together.
func TestBreaksUnderRequests(t *testing.T) {
	for broken, connected := range []bool{true, true, false} {
		var accepted atomic.Int32
		server := serve(t, func(s *httptest.Server) {
			s.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
				if int(accepted.Add(1)) <= broken {
					ctx = context.WithValue(ctx, connKey{}, conn)
				}
				return ctx
			}
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if conn, ok := r.Context().Value(connKey{}).(net.Conn); ok {
					conn.Close()
					return
				}
				sound(w, r)
			})
		})
		obs := resolve(t, configFor(t, server.URL), long)
		if obs.Status.Connected() != connected || connected && obs.Status.RegistryReason != "" {
			t.Errorf("%d broken: connected %t, want %t: %s %s", broken, obs.Status.Connected(), connected, obs.Status.Error, obs.Status.RegistryReason)
		}
		if n := accepted.Load(); n > 2 {
			t.Errorf("%d broken: %d connections", broken, n)
		}
	}
}

type connKey struct{}

// serve starts a TLS server that setup may change first.
func serve(t testing.TB, setup func(*httptest.Server)) *httptest.Server {
	t.Helper()
	pair, err := faults.Certificates(t).Server.TLS()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(sound)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	setup(server)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// A server that speaks only HTTP/1.1 is asked one thing after another, on one
// connection all the same. A busy machine may be taken for a server that hangs.
func TestHTTP1(t *testing.T) {
	var accepted atomic.Int32
	server := serve(t, func(s *httptest.Server) {
		s.EnableHTTP2 = false
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				accepted.Add(1)
			}
		}
	})
	obs := resolve(t, configFor(t, server.URL), long)
	if !obs.Status.Connected() || obs.Status.RegistryReason != "" || accepted.Load() > 2 {
		t.Errorf("%d connections: %+v", accepted.Load(), obs)
	}
}

// On a server that speaks only HTTP/1.1, an answer that does not come holds up no
// other one.
func TestHTTP1Hangs(t *testing.T) {
	const identityPath, servicePath = "/api/v1/namespaces/kube-system", "/api/v1/namespaces/container-registry/services/registry"
	all := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case identityPath:
			fmt.Fprint(w, `{"metadata":{"uid":"of-the-cluster"}}`)
		case nodesPath:
			fmt.Fprint(w, `{"kind":"NodeList","items":[{"metadata":{"labels":{"kubernetes.io/arch":"arm64"}}}]}`)
		case configMapPath:
			fmt.Fprint(w, `{"kind":"ConfigMap","data":{"localRegistryHosting.v1":"host: localhost:5000"}}`)
		default:
			sound(w, r)
		}
	})
	type facts struct{ Version, Arch, Registry, Identity, Unread string }
	for _, tt := range []struct {
		hangs string
		want  facts
	}{
		{"", facts{"v1.36.3", "arm64", "configmap", "of-the-cluster", ""}},
		{nodesPath, facts{"v1.36.3", "unknown", "configmap", "of-the-cluster", ""}},
		{configMapPath, facts{"v1.36.3", "arm64", "unknown", "of-the-cluster", configMapPath}},
		{servicePath, facts{"v1.36.3", "arm64", "configmap", "of-the-cluster", ""}},
		{identityPath, facts{"v1.36.3", "arm64", "configmap", "", ""}},
		{"/version", facts{Unread: "/version"}},
	} {
		t.Run(tt.hangs, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			asked := map[string]bool{}
			server := serve(t, func(s *httptest.Server) {
				handler := faults.Only(tt.hangs, faults.NoAnswer(), all)
				s.EnableHTTP2 = false
				s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					asked[r.URL.Path] = true
					mu.Unlock()
					handler.ServeHTTP(w, r)
				})
			})
			config := configFor(t, server.URL)
			config.Contexts["ctx"].Cluster = "microk8s-cluster" // so that all is asked
			config.Clusters["microk8s-cluster"] = config.Clusters["prod"]
			r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{}})
			defer r.Close()
			s := resolveIn(faults.Expiring(t, func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(asked) == 5
			}), t, r, "").Status
			got := facts{s.Version, s.Arch, s.RegistrySource, s.Identity, ""}
			if strings.Contains(s.RegistryReason+s.Error, "no answer to GET "+tt.want.Unread+" before the deadline") {
				got.Unread = tt.want.Unread
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v: %s", got, tt.want, s.Error)
			}
		})
	}
}

// A server that is too busy is asked again, while the deadline allows.
func TestBusy(t *testing.T) {
	server := faults.Serve(t, faults.First(3, faults.TooMany(0), sound))
	if obs := resolve(t, configFor(t, server.URL), long); !obs.Status.Connected() {
		t.Error(obs.Status.Error)
	}
	date := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", time.Now().UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	server = faults.Serve(t, faults.First(3, date, sound))
	if obs := resolve(t, configFor(t, server.URL), long); !obs.Status.Connected() {
		t.Error(obs.Status.Error)
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// A redirect on the same server is followed; one elsewhere takes no credential
// and no connection there.
func TestRedirect(t *testing.T) {
	other := faults.Serve(t, sound)
	moved := func(base string) http.Handler {
		return faults.Only("/version", http.RedirectHandler(base, http.StatusFound), http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/moved" {
					fmt.Fprint(w, `{"gitVersion":"v1.36.3"}`)
					return
				}
				http.NotFound(w, r)
			}))
	}
	same := faults.Serve(t, moved("/moved"))
	if obs := resolve(t, configFor(t, same.URL), long); !obs.Status.Connected() {
		t.Error(obs.Status.Error)
	}
	if n := same.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	away := faults.Serve(t, moved(other.URL+"/version?token=canary"))
	obs := resolve(t, configFor(t, away.URL), long)
	if want := "redirects to " + other.URL + ", which is not followed"; !strings.Contains(obs.Status.Error, want) {
		t.Errorf("%q, want %q in it", obs.Status.Error, want)
	}
	circle := faults.Serve(t, moved("/version"))
	if obs := resolve(t, configFor(t, circle.URL), long); !strings.Contains(obs.Status.Error, "redirected in a circle") {
		t.Errorf("%q, want a circle", obs.Status.Error)
	}
	if n := other.Connections(); n != 0 {
		t.Errorf("%d connections to another server", n)
	}
}

// What a user entry and a cluster entry say reaches the server.
func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	admin := faults.Certificates(t).Admin
	for name, data := range map[string][]byte{
		"token": []byte("from-file\n"), "crt": admin.Cert, "key": admin.Key, "ca": faults.Certificates(t).CA.PEM,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name    string
		user    clientcmdapi.AuthInfo
		cluster func(*clientcmdapi.Cluster)
		want    map[string]string // header: value; CN: of the client certificate
		warning string
	}{
		{name: "none", want: map[string]string{}},
		{name: "token", user: clientcmdapi.AuthInfo{Token: "t"}, want: map[string]string{"Authorization": "Bearer t"}},
		{name: "token file", user: clientcmdapi.AuthInfo{TokenFile: filepath.Join(dir, "token")}, want: map[string]string{"Authorization": "Bearer from-file"}},
		{name: "token file wins", user: clientcmdapi.AuthInfo{Token: "t", TokenFile: filepath.Join(dir, "token")}, want: map[string]string{"Authorization": "Bearer from-file"}},
		{name: "basic", user: clientcmdapi.AuthInfo{Username: "u", Password: "p"}, want: map[string]string{"Authorization": "Basic dTpw"}},
		{name: "certificate", user: clientcmdapi.AuthInfo{ClientCertificateData: admin.Cert, ClientKeyData: admin.Key}, want: map[string]string{"CN": "admin"}},
		{name: "certificate files", user: clientcmdapi.AuthInfo{ClientCertificate: filepath.Join(dir, "crt"), ClientKey: filepath.Join(dir, "key")}, want: map[string]string{"CN": "admin"}},
		{name: "CA file", cluster: func(c *clientcmdapi.Cluster) {
			c.CertificateAuthorityData, c.CertificateAuthority = nil, filepath.Join(dir, "ca")
		}, want: map[string]string{}},
		{name: "impersonation", user: clientcmdapi.AuthInfo{Token: "t", Impersonate: "jane", ImpersonateGroups: []string{"dev"}},
			want: map[string]string{"Authorization": "Bearer t", "Impersonate-User": "jane", "Impersonate-Group": "dev"}},
		{name: "tls-server-name", cluster: func(c *clientcmdapi.Cluster) { c.TLSServerName = "kubernetes.default.svc" }, want: map[string]string{"SNI": "kubernetes.default.svc"}},
		{name: "insecure", cluster: func(c *clientcmdapi.Cluster) { c.CertificateAuthorityData, c.InsecureSkipTLSVerify = nil, true }, want: map[string]string{},
			warning: `the certificate of https://ADDR is not checked: insecure-skip-tls-verify is set for cluster "prod"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var mu sync.Mutex
			var got []map[string]string
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen := map[string]string{}
				for _, h := range []string{"Authorization", "Impersonate-User", "Impersonate-Group"} {
					if v := r.Header.Get(h); v != "" {
						seen[h] = v
					}
				}
				if len(r.TLS.PeerCertificates) > 0 {
					seen["CN"] = r.TLS.PeerCertificates[0].Subject.CommonName
				}
				if r.TLS.ServerName != "" {
					seen["SNI"] = r.TLS.ServerName
				}
				mu.Lock()
				got = append(got, seen)
				mu.Unlock()
				sound(w, r)
			})
			server := serve(t, func(s *httptest.Server) {
				s.Config.Handler, s.TLS.ClientAuth = handler, tls.RequestClientCert
			})
			config := configFor(t, server.URL)
			config.AuthInfos["me"] = &tc.user
			if tc.cluster != nil {
				tc.cluster(config.Clusters["prod"])
			}
			obs := resolve(t, config, long)
			if !obs.Status.Connected() {
				t.Fatal(obs.Status.Error)
			}
			if diff := cmp.Diff([]map[string]string{tc.want, tc.want, tc.want, tc.want}, got); diff != "" {
				t.Errorf("seen by the server (-want +got):\n%s", diff)
			}
			if got := masked(strings.Join(obs.Status.Warnings, "\n")); got != tc.warning {
				t.Errorf("warnings %q, want %q", got, tc.warning)
			}
		})
	}
}

// Over plain HTTP, as from kubectl proxy, no credential is sent.
func TestPlainHTTP(t *testing.T) {
	server := faults.Plain(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "" {
			t.Errorf("Authorization %q over plain HTTP", got)
		}
		sound(w, r)
	}))
	if obs := resolve(t, configFor(t, server.URL), long); !obs.Status.Connected() {
		t.Error(obs.Status.Error)
	}
}

// What a server of another protocol sends unasked, before the first request, is the
// answer to that.
func TestServerSpeaksFirst(t *testing.T) {
	for greeting, want := range map[string]string{
		"SSH-2.0-OpenSSH_9.9\r\n":      "the answer is not HTTP",
		"\x15\x03\x03\x00\x02\x02\x32": "the server wants TLS",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		greeted := make(chan struct{})
		var serving sync.WaitGroup
		serving.Go(func() {
			defer close(greeted)
			if c, err := l.Accept(); err == nil {
				io.WriteString(c, greeting)
				c.Close()
			}
		})
		r := kube.New(kube.Options{Kubeconfig: write(t, configFor(t, "http://"+l.Addr().String())), Env: []string{}})
		s, err := r.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		<-greeted
		for range 1000 {
			runtime.Gosched() // time to misread it
		}
		ctx, cancel := context.WithTimeout(t.Context(), long) // a second connection is never served
		if _, err := s.Get(ctx, "/version"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", greeting, err, want)
		}
		cancel()
		s.Close()
		r.Close()
		l.Close()
		serving.Wait()
	}
}

// A server below a path, as behind a gateway, is asked below that path.
func TestServerPath(t *testing.T) {
	server := faults.Serve(t, http.StripPrefix("/k8s/clusters/c-1", sound))
	obs := resolve(t, configFor(t, server.URL+"/k8s/clusters/c-1/"), long)
	if !obs.Status.Connected() {
		t.Error(obs.Status.Error)
	}
	if got, want := obs.Status.Endpoint, server.URL+"/k8s/clusters/c-1"; got != want {
		t.Errorf("endpoint %q, want %q", got, want)
	}
}

func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6 loopback: %v", err)
	}
	server := serve(t, func(s *httptest.Server) {
		s.Listener.Close()
		s.Listener = l
	})
	if obs := resolve(t, configFor(t, server.URL), long); !obs.Status.Connected() {
		t.Error(obs.Status.Error)
	}
}

// A server that refuses the client certificate ends the handshake, or the
// connection right after it: TLS 1.3 leaves that to chance.
func TestClientCertificateRefused(t *testing.T) {
	server := faults.Mutual(t, sound)
	config := configFor(t, server.URL)
	useCertificate(config, faults.Certificates(t).ExpiredClient)
	got := masked(resolve(t, config, long).Status.Error)
	for _, want := range []string{
		`TLS handshake with https://ADDR failed: the TLS handshake was rejected: expired certificate; renew the client certificate of user "me" in DIR/config, which expired on 2020-01-02`,
		`request to https://ADDR failed: the connection was closed by the other side (2 attempts); try again, and check what is between here and the server`,
	} {
		if got == want {
			return
		}
	}
	t.Error(got)
}

// A cancelled run ends at once and leaves nothing.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := faults.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	r := kube.New(kube.Options{Kubeconfig: write(t, configFor(t, server.URL)), Env: []string{}})
	defer r.Close()
	before := goleak.IgnoreCurrent()
	obs, err := r.Resolve(ctx, request(""))
	if err != nil || !strings.Contains(obs.Status.Error, "interrupted") {
		t.Errorf("%v %q", err, obs.Status.Error)
	}
	noneLeft(t, before)
}

// kube-apiserver ends the connection of a user that it does not know, and the
// question for the version may go down with it.
func TestUnknownUserOnALostConnection(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/version" {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}})
	obs := resolve(t, server.Kubeconfig(), long)
	if want := "the server answered 401 Unauthorized to user "; !strings.Contains(obs.Status.Error, want) {
		t.Errorf("error %q, want one with %q", obs.Status.Error, want)
	}
}

// It also ends the connection with each of its answers.
func TestUnknownUserOnAnEndedConnection(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}})
	obs := resolve(t, server.Kubeconfig(), long)
	if problem := obs.Status.Error; !strings.HasPrefix(problem, "request to ") || !strings.Contains(problem, "the server answered 401 Unauthorized to user ") {
		t.Errorf("error %q", problem)
	}
}

// Whatever the status, a body that never ends does not outlive the deadline.
func TestUnendingAnswers(t *testing.T) {
	faults.EveryStatus(t, func(ctx context.Context, t *testing.T, s *faults.Server, status int) {
		r := kube.New(kube.Options{Kubeconfig: write(t, configFor(t, s.URL)), Env: []string{}})
		defer r.Close()
		obs, err := r.Resolve(ctx, request(""))
		if err != nil || obs.Status.Connected() {
			t.Errorf("%d: connected %t, %v", status, obs.Status.Connected(), err)
		}
	})
}

// The connection that net/http hands out with a 101 is never read.
func TestSwitchingProtocolsIsRefused(t *testing.T) {
	for _, flood := range []bool{false, true} {
		got := resolve(t, configFor(t, faults.Unending(t, http.StatusSwitchingProtocols, flood).URL), long).Status.Error
		if want := "answered 101 Switching Protocols"; !strings.Contains(got, want) {
			t.Errorf("%q, want %q in it", got, want)
		}
	}
}

// A server that closes the connection after each of its answers, in whatever
// way, is asked until every question has its answer. No race decides what
// comes out.
func TestClosesAfterEachAnswer(t *testing.T) {
	closing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		sound(w, r)
	})
	unknown := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"kind":"Status","code":401}`)
	})
	handled := func(h http.Handler, http2 bool) func(t *testing.T) string {
		return func(t *testing.T) string {
			return serve(t, func(s *httptest.Server) { s.Config.Handler, s.EnableHTTP2 = h, http2 }).URL
		}
	}
	for _, tc := range []struct {
		name  string
		start func(t *testing.T) string // starts a server and returns its URL
		want  string                    // in the error
	}{
		{"HTTP/1.1 with Connection: close", handled(closing, false), ""},
		{"HTTP/1.1 without a word", func(t *testing.T) string { return faults.ClosesSilently(t, sound).URL }, ""},
		{"HTTP/2 with GOAWAY", handled(closing, true), ""},
		{"HTTP/1.1 with 401", handled(unknown, false), "the server answered 401 Unauthorized to user \"me\""},
		{"HTTP/2 with 401", handled(unknown, true), "the server answered 401 Unauthorized to user \"me\""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := configFor(t, tc.start(t))
			var running sync.WaitGroup
			for range 4 {
				running.Go(func() {
					for range 20 {
						obs := resolve(t, config, long)
						if tc.want == "" && !obs.Status.Connected() || !strings.Contains(obs.Status.Error, tc.want) {
							t.Errorf("connected %t: %q", obs.Status.Connected(), obs.Status.Error)
							return
						}
						if tc.want != "" {
							continue
						}
						got := []string{obs.Status.ArchReason, obs.Status.RegistryReason}
						if diff := cmp.Diff([]string{cluster.ReasonNoNodes, ""}, got); diff != "" {
							t.Errorf("reasons for the architecture and the registry (-want +got):\n%s", diff)
							return
						}
					}
				})
			}
			running.Wait()
		})
	}
}
