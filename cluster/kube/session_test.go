package kube_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// link resolves a server and keeps the connection.
func link(t *testing.T, server *clustertest.Kube) *kube.Link {
	t.Helper()
	r := kube.New(kube.Options{Kubeconfig: write(t, server.Kubeconfig()), Env: []string{}})
	defer r.Close() // a Link does without it
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	obs, l, err := r.Link(ctx, request(""))
	if err != nil || !obs.Status.Connected() || l == nil {
		t.Fatalf("%v, %+v, link %v", err, obs, l)
	}
	t.Cleanup(l.Close)
	return l
}

// A Link asks one small question each time, on the connection that there is.
func TestLink(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Token: "secret"})
	l := link(t, server)
	before := len(server.Requests())
	for range 5 {
		if !l.Alive(t.Context()) {
			t.Fatal("in doubt about a cluster that answers")
		}
	}
	if diff := cmp.Diff([]string{"/version", "/version", "/version", "/version", "/version"}, server.Requests()[before:]); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// Whatever is not the answer of before is a doubt, and opens no other connection.
func TestLinkInDoubt(t *testing.T) {
	type handler = func(http.ResponseWriter, *http.Request) bool
	for name, fault := range map[string]handler{
		"hanging": func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true },
		"refused": func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusUnauthorized); return true },
		"busy": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		},
		"cut": func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"another": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Write([]byte(`{"gitVersion": "v1.99.0"}`))
			return true
		},
		"empty": func(w http.ResponseWriter, _ *http.Request) bool { w.Write([]byte(`{}`)); return true },
	} {
		t.Run(name, func(t *testing.T) {
			var faulty atomic.Bool
			server := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(w http.ResponseWriter, r *http.Request) bool { return faulty.Load() && fault(w, r) }})
			l := link(t, server)
			faulty.Store(true)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if l.Alive(ctx) {
				t.Error("not in doubt")
			}
			if n := server.Connections(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
	t.Run("closed", func(t *testing.T) {
		server := clustertest.NewKube(t, clustertest.KubeFacts{})
		l := link(t, server)
		server.Close()
		for range 2 {
			if l.Alive(t.Context()) {
				t.Error("not in doubt")
			}
		}
	})
}

// A Session reads what it is asked for on one connection, and reports the status of
// what it is refused.
func TestSession(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Name: "dev", Token: "secret", Status: map[string]int{nodesPath: http.StatusForbidden}})
	config := server.Kubeconfig()
	config.Contexts["dev"].Namespace = "web"
	r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{}})
	defer r.Close()
	s, err := r.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Namespace() != "web" {
		t.Errorf("namespace %q, want web", s.Namespace())
	}
	for path, status := range map[string]int{"/version": 0, nodesPath + "?limit=1": http.StatusForbidden, "/nowhere": http.StatusNotFound} {
		body, err := s.Get(t.Context(), path)
		if kube.StatusCode(err) != status || (err == nil) != (status == 0) || (status == 0) != strings.Contains(string(body), "gitVersion") {
			t.Errorf("%s: %q, %v, want status %d", path, body, err, status)
		}
		if phase := new(cluster.PhaseError); err != nil && (!errors.As(err, &phase) || phase.Phase != cluster.PhaseRequest || phase.Advice == "") {
			t.Errorf("%s: error %#v, want a *cluster.PhaseError with advice", path, err)
		}
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestSessionFails(t *testing.T) {
	closed := clustertest.NewKube(t, clustertest.KubeFacts{})
	config := closed.Kubeconfig()
	closed.Close()
	for name, c := range map[string]*clientcmdapi.Context{"plugin": {Cluster: "test", AuthInfo: "plugin"}, "both": {Cluster: "both", AuthInfo: "test"}} {
		config.Contexts[name] = c
	}
	config.AuthInfos["plugin"] = &clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{
		APIVersion: "client.authentication.k8s.io/v1", Command: "no-such-login", InteractiveMode: clientcmdapi.NeverExecInteractiveMode, InstallHint: "get it"}}
	config.Clusters["both"] = config.Clusters["test"].DeepCopy()
	config.Clusters["both"].InsecureSkipTLSVerify = true
	r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{}})
	defer r.Close()
	for name, want := range map[string]cluster.Phase{
		"nowhere": cluster.PhaseConfig, "plugin": cluster.PhaseCredentials, "both": cluster.PhaseConfig, "test": cluster.PhaseConnect,
	} {
		_, err := r.Open(t.Context(), name)
		if phase := new(cluster.PhaseError); !errors.As(err, &phase) || phase.Phase != want {
			t.Errorf("%s: %v, want a fault of %s", name, err, want)
		}
	}
}

// Questions of one session may fail at the same time, each of them after another
// connection was tried. The race detector judges.
func TestSessionFailsAtOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
	}))
	defer server.Close()
	config := clientcmdapi.NewConfig()
	config.CurrentContext = "test"
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test"}
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: server.URL}
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{}
	r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{}})
	defer r.Close()
	for range 20 {
		session, err := r.Open(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		var asking sync.WaitGroup
		for range 8 {
			asking.Go(func() {
				_, err := session.Get(t.Context(), "/version")
				if phase := new(cluster.PhaseError); !errors.As(err, &phase) || phase.Phase != cluster.PhaseRequest {
					t.Errorf("got %v, want a fault of %s", err, cluster.PhaseRequest)
				}
			})
		}
		asking.Wait()
		session.Close()
	}
}

// A probe asks for the version and the identity, and for nothing else.
func TestProbe(t *testing.T) {
	for _, tc := range []struct {
		name     string
		facts    clustertest.KubeFacts
		version  string // empty: not connected
		identity string
	}{
		{"answers", clustertest.KubeFacts{Name: "test"}, "v1.36.3", "uid-of-test"},
		{"may not read the identity", clustertest.KubeFacts{Status: map[string]int{identityPath: http.StatusForbidden}}, "v1.36.3", ""},
		{"refuses", clustertest.KubeFacts{Status: map[string]int{"/version": http.StatusInternalServerError}}, "", ""},
	} {
		server := clustertest.NewKube(t, tc.facts)
		r := kube.New(kube.Options{Kubeconfig: write(t, server.Kubeconfig()), Env: []string{}})
		defer r.Close()
		obs, err := r.Probe(t.Context(), request(""))
		if err != nil || obs.Status.Version != tc.version || obs.Status.Identity != tc.identity || obs.Status.Connected() != (tc.version != "") {
			t.Errorf("%s: %+v, %v", tc.name, obs, err)
		}
		for _, path := range server.Requests() {
			if path != "/version" && path != identityPath {
				t.Errorf("%s: it asked for %s", tc.name, path)
			}
		}
	}
}

// There is nothing to keep of a cluster that does not answer.
func TestNoLink(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Status: map[string]int{"/version": http.StatusForbidden}})
	r := kube.New(kube.Options{Kubeconfig: write(t, server.Kubeconfig()), Env: []string{}})
	defer r.Close()
	obs, l, err := r.Link(t.Context(), request(""))
	if err != nil || l != nil || obs.Status.Error == "" {
		t.Errorf("%v, %+v, link %v", err, obs, l)
	}
}
