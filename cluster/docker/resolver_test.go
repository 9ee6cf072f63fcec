package docker

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
)

func TestResolve(t *testing.T) {
	tests := []struct {
		name  string
		facts clustertest.DockerFacts
	}{
		{"tcp", clustertest.DockerFacts{Version: "20.10.24", Arch: "arm64"}},
		{"unix", clustertest.DockerFacts{Version: "28.5.2", Arch: "amd64", Socket: filepath.Join(t.TempDir(), "d.sock")}},
		{"tls", clustertest.DockerFacts{Version: "4.3.1", Arch: "s390x", TLS: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := clustertest.NewDocker(t, tt.facts)
			before := time.Now()
			got := connected(t, resolve(t, patience, "", d.Env()...))
			at := got.Status.ConnectedAt
			if at.Time.Before(before.Add(-time.Millisecond)) || at.Time.After(time.Now()) || at.Location() != time.UTC || at.Nanosecond()%1000 != 0 {
				t.Errorf("connected at %v, asked at %v: want whole microseconds in UTC", at, before)
			}
			want := cluster.Observation{
				Status: cluster.ClusterStatus{
					Version: tt.facts.Version, Arch: tt.facts.Arch, Architectures: []string{tt.facts.Arch},
					ConnectedAt: at, Endpoint: d.Host(), Identity: "test-daemon", RegistrySource: "none",
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("observation (-want +got):\n%s", diff)
			}
			if n := len(d.Requests()); n != 3 {
				t.Errorf("%d requests, want 3: ping, version and info", n)
			}
		})
	}
}

func TestResolveRefusesOtherKinds(t *testing.T) {
	_, err := New(Options{}).Resolve(t.Context(), cluster.Request{
		Name:       "prod",
		Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{Context: "prod"}},
	})
	const want = `cluster "prod": the docker resolver cannot reach kubernetes context "prod"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What a hostile daemon sends is cleaned and cut.
func TestHostileFacts(t *testing.T) {
	d := clustertest.NewDocker(t, clustertest.DockerFacts{
		Version: "28\x7f\x1b[2J\u202e" + strings.Repeat("x", 8<<20), Arch: "arm64\n", ID: "id\x1b",
	})
	s := resolve(t, patience, d.Host()).Status
	if !s.Connected() || !strings.HasPrefix(s.Version, "28\ufffd\ufffd[2J\ufffdxxx") || len(s.Version) > 4<<10 || s.Arch != "arm64\ufffd" || s.Identity != "id\ufffd" {
		t.Errorf("version %.40q, %d bytes, arch %q, identity %q, %s", s.Version, len(s.Version), s.Arch, s.Identity, s.Error)
	}
}

func TestAPIVersion(t *testing.T) {
	tests := []struct {
		name     string
		facts    clustertest.DockerFacts
		env      string
		wantPath string
		wantErr  string
	}{
		{"older daemon", clustertest.DockerFacts{APIVersion: "1.41"}, "", "/v1.41/version", ""},
		{"newer daemon", clustertest.DockerFacts{APIVersion: "1.99", MinAPIVersion: "1.44"}, "", "/v1.51/version", ""},
		{"set by hand", clustertest.DockerFacts{APIVersion: "1.51"}, "DOCKER_API_VERSION=1.43", "/v1.43/version", ""},
		{"too new by hand", clustertest.DockerFacts{APIVersion: "1.41"}, "DOCKER_API_VERSION=1.51", "/v1.51/version",
			"request to HOST failed: the server answered 400 Bad Request; the API versions do not meet: unset DOCKER_API_VERSION, or update the daemon"},
		{"too old by hand", clustertest.DockerFacts{APIVersion: "1.51", MinAPIVersion: "1.44"}, "DOCKER_API_VERSION=1.30", "/v1.30/version",
			"request to HOST failed: the server answered 400 Bad Request; the API versions do not meet: unset DOCKER_API_VERSION, or update the daemon"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			path := ""
			tt.facts.Fault = func(_ http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				if !strings.HasSuffix(r.URL.Path, "/info") {
					path = r.URL.Path
				}
				return false
			}
			d := clustertest.NewDocker(t, tt.facts)
			got := resolve(t, patience, d.Host(), "HOME=/nowhere", tt.env)
			if err := failure(got, d.Host(), "HOST"); err != tt.wantErr {
				t.Errorf("error\n got %s\nwant %s", err, tt.wantErr)
			}
			mu.Lock()
			defer mu.Unlock()
			if path != tt.wantPath {
				t.Errorf("asked for %s, want %s", path, tt.wantPath)
			}
		})
	}
}

func TestUncheckedCertificateWarns(t *testing.T) {
	d := clustertest.NewDocker(t, clustertest.DockerFacts{TLS: true})
	got := connected(t, resolve(t, patience, d.Host(), "DOCKER_CERT_PATH="+d.CertDir()))
	want := []string{fmt.Sprintf(`the certificate of %s is not checked; set DOCKER_TLS_VERIFY=1 to have it checked against ca.pem`, d.Host())}
	if diff := cmp.Diff(want, got.Status.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	checked := connected(t, resolve(t, patience, d.Host(), "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+d.CertDir()))
	if len(checked.Status.Warnings) > 0 {
		t.Errorf("a checked certificate warns: %q", checked.Status.Warnings)
	}
}

func TestConcurrentResolutions(t *testing.T) {
	d := clustertest.NewDocker(t, clustertest.DockerFacts{})
	r := New(Options{Env: d.Env()})
	futures := cluster.NewFutures(t.Context(), cluster.Timeout(r, patience))
	defer futures.Close()
	var all []*cluster.Future
	for i := range 20 {
		all = append(all, futures.Start(cluster.Request{
			Name:       fmt.Sprint(i),
			Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}},
		}))
	}
	for _, f := range all {
		obs, err := f.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		connected(t, obs)
	}
}

func TestGoArch(t *testing.T) {
	for arch, want := range map[string]string{
		"amd64": "amd64", "arm64": "arm64", "riscv64": "riscv64", "x86_64": "amd64", "aarch64": "arm64",
		"armv7l": "arm", "i686": "386", "ppc64el": "ppc64le", "": "unknown",
	} {
		if got := goArch(arch); got != want {
			t.Errorf("goArch(%q) = %q, want %q", arch, got, want)
		}
	}
}

func TestNoSecretIsShown(t *testing.T) {
	const canary = "c4n4ry"
	hosts := []string{
		"tcp://user:" + canary + "@127.0.0.1:1",
		"tcp://user:" + canary + "%zz@127.0.0.1:1",
		"tcp://user:" + canary + "/@127.0.0.1:1",
		"tcp://127.0.0.1:1?token=" + canary,
		"ssh://user:" + canary + "@127.0.0.1",
		"ssh://user:" + canary + "/x@127.0.0.1",
		"ssh://host?password=" + canary,
		"user:" + canary + "@127.0.0.1:1",
	}
	for _, host := range hosts {
		for _, env := range []string{"X=", "HTTP_PROXY=http://user:" + canary + "@127.0.0.1:1", "HTTP_PROXY=http://user:" + canary + "%zz@127.0.0.1:1"} {
			obs := resolve(t, patience, host, "HOME=/nowhere", env)
			if obs.Status.Error == "" {
				t.Errorf("%s: connected", host)
			}
			if text := fmt.Sprintf("%+v", obs); strings.Contains(text, canary) {
				t.Errorf("%s with %s: the password is in %s", host, env, text)
			}
		}
	}
}
