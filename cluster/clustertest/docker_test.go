package clustertest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/docker"
)

func ExampleStartDocker() {
	daemon, err := clustertest.StartDocker(clustertest.DockerFacts{Version: "20.10.24", Arch: "arm64", TLS: true})
	if err != nil {
		panic(err)
	}
	defer daemon.Close()

	ctx, cancel := context.WithTimeout(context.Background(), cluster.DefaultTimeout)
	defer cancel()
	obs, err := docker.New(docker.Options{Env: daemon.Env()}).Resolve(ctx, cluster.Request{
		Name:       "docker",
		Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}},
	})
	fmt.Println(obs.Status.Version, obs.Status.Arch, obs.Status.Error, err)
	// Output: 20.10.24 arm64  <nil>
}

func TestDockerHandler(t *testing.T) {
	facts := clustertest.DockerFacts{Version: "1.2.3", Arch: "s390x", APIVersion: "1.44", MinAPIVersion: "1.30"}
	tests := []struct {
		method, path string
		status       int
		want         string
	}{
		{"HEAD", "/_ping", 200, ""},
		{"GET", "/_ping", 200, "OK"},
		{"GET", "/version", 200, `"Version":"1.2.3"`},
		{"GET", "/v1.44/version", 200, `"Arch":"s390x"`},
		{"GET", "/v1.30/version", 200, `"ApiVersion":"1.44"`},
		{"GET", "/v1.45/version", 400, "client version 1.45 is too new. Maximum supported API version is 1.44"},
		{"GET", "/v1.5/version", 400, "client version 1.5 is too old. Minimum supported API version is 1.30"},
		{"GET", "/v1.44/info", 200, `"ID":"test-daemon"`},
		{"GET", "/v1.44/images/json", 404, "not found"},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		clustertest.DockerHandler(facts).ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s %s: %d %s, want %d with %s", tt.method, tt.path, w.Code, w.Body, tt.status, tt.want)
		}
		if tt.path == "/_ping" && w.Header().Get("Api-Version") != "1.44" {
			t.Errorf("%s: no API version in %v", tt.path, w.Header())
		}
	}
}

func TestDockerLatencyAndFault(t *testing.T) {
	d := clustertest.NewDocker(t, clustertest.DockerFacts{
		Latency: 10 * time.Millisecond,
		Fault: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/version" {
				return false
			}
			w.WriteHeader(http.StatusTeapot)
			return true
		},
	})
	base := strings.Replace(d.Host(), "tcp://", "http://", 1)
	for path, want := range map[string]int{"/_ping": http.StatusOK, "/version": http.StatusTeapot} {
		start := time.Now()
		resp, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
		if took := time.Since(start); took < 10*time.Millisecond {
			t.Errorf("%s: answered after %v", path, took)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if got := slices.Sorted(slices.Values(d.Requests())); !slices.Equal(got, []string{"/_ping", "/version"}) {
		t.Errorf("requests counted: %v", got)
	}
}

func TestDockerLeavesNothing(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "d.sock")
	d, err := clustertest.StartDocker(clustertest.DockerFacts{Socket: socket, TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
		if _, err := os.Stat(filepath.Join(d.CertDir(), name)); err != nil {
			t.Error(err)
		}
	}
	d.Close()
	for _, path := range []string{socket, d.CertDir()} {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
	if _, err := clustertest.StartDocker(clustertest.DockerFacts{Socket: filepath.Join(socket, "x")}); err == nil {
		t.Error("a daemon listens on an impossible socket")
	}
}
