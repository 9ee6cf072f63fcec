package docker

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/client"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// TestSameRequestsAsClient holds that a daemon is asked what Docker's own client
// asks it, in the same order, and that the same is understood.
func TestSameRequestsAsClient(t *testing.T) {
	// With a Fault a daemon's ping has the Api-Version, or none.
	ping := func(api string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/_ping" {
				return false
			}
			if api != "" {
				w.Header().Set("Api-Version", api)
			}
			w.WriteHeader(http.StatusOK)
			return true
		}
	}
	refusesHEAD := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
		}
		return r.Method == http.MethodHead
	}
	tests := []struct {
		name  string
		facts clustertest.DockerFacts
		api   string
	}{
		{name: "as new as the client"},
		{name: "older", facts: clustertest.DockerFacts{APIVersion: "1.41"}},
		{name: "newer", facts: clustertest.DockerFacts{APIVersion: "1.99"}},
		{name: "newer major", facts: clustertest.DockerFacts{APIVersion: "2.0"}},
		{name: "older with fewer digits", facts: clustertest.DockerFacts{APIVersion: "1.9", MinAPIVersion: "1.5"}},
		{name: "no version in the ping", facts: clustertest.DockerFacts{Fault: ping("")}},
		{name: "an older version in the ping", facts: clustertest.DockerFacts{Fault: ping("1.30")}},
		{name: "chosen", api: "1.40"},
		{name: "chosen, with a v", api: "v1.40"},
		{name: "chosen, too new", facts: clustertest.DockerFacts{APIVersion: "1.41"}, api: "1.51"},
		{name: "HEAD is not known", facts: clustertest.DockerFacts{Fault: refusesHEAD}},
		{name: "ping fails", facts: clustertest.DockerFacts{Status: map[string]int{"/_ping": 500}}},
		{name: "ping is refused", facts: clustertest.DockerFacts{Status: map[string]int{"/_ping": 403}}},
		{name: "version fails", facts: clustertest.DockerFacts{Status: map[string]int{"/version": 500}}},
		{name: "info fails", facts: clustertest.DockerFacts{Status: map[string]int{"/info": 500}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			var requests []string
			fault := tt.facts.Fault
			tt.facts.Fault = func(w http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				requests = append(requests, r.Method+" "+r.URL.String()+" "+r.UserAgent())
				mu.Unlock()
				return fault != nil && fault(w, r)
			}
			d := clustertest.NewDocker(t, tt.facts)
			taken := func() []string {
				mu.Lock()
				defer mu.Unlock()
				defer func() { requests = nil }()
				return requests
			}

			ep := &endpoint{network: networkTCP, address: strings.TrimPrefix(d.Host(), "tcp://")}
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			got, err := ask(t.Context(), ep, transport, tt.api)
			asked := taken()
			want, wantErr := askByClient(t.Context(), d.Host(), tt.api)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("error %v, of the client %v", err, wantErr)
			}
			got.at = want.at
			if got != want {
				t.Errorf("got %+v, the client %+v", got, want)
			}
			if wanted := taken(); !slices.Equal(asked, wanted) {
				t.Errorf("asked %q, the client %q", asked, wanted)
			}
		})
	}
}

// askByClient is ask by Docker's own client.
func askByClient(ctx context.Context, host, api string) (answer, error) {
	c, err := client.NewClientWithOpts(client.WithHost(host), client.WithVersion(api), client.WithUserAgent("sextant"))
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	ping, err := c.Ping(ctx)
	if err != nil {
		return answer{}, err
	}
	c.NegotiateAPIVersionPing(ping)
	v, err := c.ServerVersion(ctx)
	if err != nil {
		return answer{}, err
	}
	info, _ := c.Info(ctx)
	return answer{version: v.Version, arch: v.Arch, id: info.ID}, nil
}

// The version that a daemon reports becomes a part of paths, so nothing but a
// version passes.
func TestBadAPIVersion(t *testing.T) {
	for _, api := range []string{"1.40/../../secret", "latest", "1", "1.-4", "1.40?x", ".", "1.4\u0660"} {
		d := clustertest.NewDocker(t, clustertest.DockerFacts{APIVersion: api})
		got := resolve(t, patience, d.Host()).Status.Error
		if !strings.Contains(got, errNotDaemon.Error()) || len(d.Requests()) != 1 {
			t.Errorf("API version %q: %s; asked for %q", api, got, d.Requests())
		}
	}
}
