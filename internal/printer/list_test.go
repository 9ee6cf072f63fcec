package printer_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/printer"
)

var update = flag.Bool("update", false, "write what is printed as what should be")

// golden compares what was printed with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: want -, got +; accept with: go test ./internal/printer -update\n%s", path, diff)
	}
}

// list has a cluster of each sort.
func list() *cluster.ClusterList {
	at := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("elsewhere", 3600)))
	item := func(name string, spec cluster.ClusterSpec, status cluster.ClusterStatus) cluster.Cluster {
		d := cluster.Declaration{Name: name, Spec: spec}
		return d.Object(cluster.Observation{Status: status})
	}
	kube := func(context string) cluster.ClusterConnection {
		return cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{Context: context}}
	}
	found := func(context, product string) *cluster.ClusterConnectionStatus {
		return &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{
			Cluster: "c", Context: context, Namespace: "web", Product: product,
		}}
	}
	declared := &cluster.RegistryHosting{Host: "gcr.io/team"}
	unwanted := item("unwanted", cluster.ClusterSpec{Connection: kube("bare"), DefaultRegistry: declared},
		cluster.ClusterStatus{ConnectedAt: &at, Connection: found("bare", "unknown")})
	unwanted.Status.RegistrySource = cluster.SourceNone
	return cluster.NewList([]cluster.Cluster{
		item("dev", cluster.ClusterSpec{Connection: kube(""), DefaultRegistry: declared},
			cluster.ClusterStatus{
				Arch: "amd64", ConnectedAt: &at, Connection: found("kind-dev", "kind"), Version: "v1.36.3",
				Registry:      &cluster.RegistryHosting{Host: "localhost:5000"},
				Architectures: []string{"amd64", "arm64"}, Endpoint: "https://127.0.0.1:6443",
				RegistrySource: cluster.SourceConfigMap,
			}),
		item("docker", cluster.ClusterSpec{Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}}, DefaultRegistry: declared},
			cluster.ClusterStatus{Arch: "arm64", ConnectedAt: &at, Version: "28.5.2"}),
		item("prod", cluster.ClusterSpec{Connection: kube("prod")}, cluster.ClusterStatus{Error: "refused"}),
		item("lost", cluster.ClusterSpec{Connection: kube("")}, cluster.ClusterStatus{Error: "no kubeconfig"}),
		unwanted,
		item("rude", cluster.ClusterSpec{Connection: kube("rude")},
			cluster.ClusterStatus{ConnectedAt: &at, Connection: found("rude", "unknown"), Version: "v1\t\n\x1b[2J"}),
	})
}

func TestList(t *testing.T) {
	for _, format := range printer.ListFormats {
		t.Run(format, func(t *testing.T) {
			var b strings.Builder
			if err := printer.List(&b, format, list()); err != nil {
				t.Fatal(err)
			}
			golden(t, "list."+format, b.String())
		})
	}
}

func TestEmptyList(t *testing.T) {
	for format, want := range map[string]string{
		"table": "",
		"wide":  "",
		"name":  "",
		"yaml":  "apiVersion: tilt.dev/v1alpha1\nitems: []\nkind: ClusterList\nmetadata: {}\n",
		"json":  "{\n  \"kind\": \"ClusterList\",\n  \"apiVersion\": \"tilt.dev/v1alpha1\",\n  \"metadata\": {},\n  \"items\": []\n}\n",
	} {
		var b strings.Builder
		if err := printer.List(&b, format, cluster.NewList(nil)); err != nil || b.String() != want {
			t.Errorf("%s: %q, %v", format, b.String(), err)
		}
	}
}

// TestPrintedListsReplay: what yaml and json print is what a replay reads.
func TestPrintedListsReplay(t *testing.T) {
	for _, format := range []string{"yaml", "json"} {
		var b strings.Builder
		if err := printer.List(&b, format, list()); err != nil {
			t.Fatal(err)
		}
		again, err := cluster.ParseList("c.yaml", []byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		var c strings.Builder
		if err := printer.List(&c, format, again); err != nil || c.String() != b.String() {
			t.Errorf("%s: %s, %v", format, cmp.Diff(b.String(), c.String()), err)
		}
	}
}

// full is a writer without room.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	for _, format := range printer.ListFormats {
		if err := printer.List(full{}, format, list()); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
	if err := printer.List(full{}, "xml", list()); err == nil || err.Error() != `no format "xml" for clusters` {
		t.Errorf("xml: %v", err)
	}
}
