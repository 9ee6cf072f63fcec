package clustertest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// fault is what both servers take as Fault.
type fault = func(http.ResponseWriter, *http.Request) bool

// TestHang holds that a request hangs on its paths only, until the client
// stops or the server closes.
func TestHang(t *testing.T) {
	servers := map[string]func(t *testing.T, f fault) (client *http.Client, url string, end func()){
		"kube": func(t *testing.T, f fault) (*http.Client, string, func()) {
			k := clustertest.NewKube(t, clustertest.KubeFacts{Fault: f})
			return clientOf(t, k), k.URL, k.Close
		},
		"docker": func(t *testing.T, f fault) (*http.Client, string, func()) {
			d := clustertest.NewDocker(t, clustertest.DockerFacts{Fault: f})
			transport := &http.Transport{}
			t.Cleanup(transport.CloseIdleConnections)
			return &http.Client{Transport: transport}, strings.Replace(d.Host(), "tcp:", "http:", 1), d.Close
		},
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			arrived := make(chan string)
			hang := clustertest.Hang("/version")
			client, url, end := start(t, func(w http.ResponseWriter, r *http.Request) bool {
				arrived <- r.URL.Path
				return hang(w, r)
			})
			ask := func(ctx context.Context, path string) <-chan error {
				done := make(chan error, 1)
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				go func() {
					resp, err := client.Do(req)
					if err == nil {
						resp.Body.Close()
					}
					done <- err
				}()
				<-arrived
				return done
			}
			if err := <-ask(t.Context(), "/_ping"); err != nil {
				t.Errorf("another path: %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			left := ask(ctx, "/v1.51/version")
			cancel()
			if err := <-left; err == nil {
				t.Error("a request whose client gave up was answered")
			}
			closed := ask(t.Context(), "/version")
			end()
			if err := <-closed; err == nil {
				t.Error("a request was answered by a server that closed")
			}
		})
	}
}

func TestDockerStatus(t *testing.T) {
	d := clustertest.NewDocker(t, clustertest.DockerFacts{Status: map[string]int{"/version": http.StatusServiceUnavailable}})
	base := strings.Replace(d.Host(), "tcp:", "http:", 1)
	for path, want := range map[string]int{"/_ping": 200, "/version": 503, "/v1.51/version": 503} {
		resp, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
