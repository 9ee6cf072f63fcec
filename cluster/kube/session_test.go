package kube_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
