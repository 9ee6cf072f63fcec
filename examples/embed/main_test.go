package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/starlark"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the plan that testdata holds")

// TestPlan holds the plan from a recording, and that clusters that answer for
// themselves return the same.
func TestPlan(t *testing.T) {
	const golden = "testdata/plan.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(plan(t, "testdata/clusters.yaml")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("recorded", func(t *testing.T) {
		if diff := cmp.Diff(string(want), plan(t, "testdata/clusters.yaml")); diff != "" {
			t.Errorf("-want +got, accept with: go test . -update\n%s", diff)
		}
	})
	t.Run("live", func(t *testing.T) {
		dev := clustertest.NewKube(t, clustertest.KubeFacts{
			Name:       "kind-dev",
			Nodes:      []clustertest.Node{clustertest.ArchNode("n", "arm64")},
			ConfigMaps: clustertest.LocalRegistry("host: localhost:5000\nhostFromContainerRuntime: kind-registry:5000\n"),
		})
		prod := clustertest.NewKube(t, clustertest.KubeFacts{Name: "prod-eu"})
		t.Setenv("KUBECONFIG", clustertest.WriteKubeconfig(t, dev, prod))
		if diff := cmp.Diff(string(want), plan(t, "")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// plan is what the tool prints for testdata/shop.
func plan(t *testing.T, recording string) string {
	t.Helper()
	p := planner{folder: "testdata/shop", recording: recording, logger: slog.New(slog.DiscardHandler), stderr: io.Discard}
	services, err := p.run(t.Context())
	if err != nil {
		var text strings.Builder
		starlark.Render(&text, err)
		t.Fatal(text.String())
	}
	var out bytes.Buffer
	if err := printPlan(&out, services); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestCheck: the tool's own function is checked as ours are.
func TestCheck(t *testing.T) {
	shop, err := os.ReadFile("testdata/shop/Clusterfile")
	if err != nil {
		t.Fatal(err)
	}
	sizes, err := os.ReadFile("testdata/shop/sizes.star")
	if err != nil {
		t.Fatal(err)
	}
	for script, want := range map[string]string{
		string(shop): "",
		"service('web', k8s_cluster(), imgae = None)":                          "Clusterfile:1:31: service: unexpected keyword argument \"imgae\" (did you mean \"image\"?)",
		"c = k8s_cluster()\nprint(service('web', c, c.image('web')).platfrom)": "Clusterfile:2:41: service has no .platfrom field or method (did you mean .platform?)",
	} {
		engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(script)}, "sizes.star": {Data: sizes}}, Table: table}
		program, err := engine.Check(t.Context(), "Clusterfile")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range program.Diagnostics() {
			got = d.Start.String() + ": " + d.Summary
			break
		}
		if got != want {
			t.Errorf("got %q, want %q in\n%s", got, want, script)
		}
	}
}

// TestMistakes holds what the author of a script reads.
func TestMistakes(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"twice", "service('a', dev, image)\nservice('a', dev, image)", `service: "a" was declared on cluster "kind-dev" at Clusterfile:3:8 already`},
		{"no cluster", "service('a', 'dev', image)", `service: for parameter "cluster": got string, want Cluster`},
		{"no image", "service('a', dev, 'shop/api')", `service: for parameter "image": got string, want Image`},
		{"unknown size", "service('a', dev, image, {'memory': 1})", `service: for parameter "size": memory: no such field`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			script := "dev = k8s_cluster('kind-dev')\nimage = dev.image('shop/api')\n" + tt.script + "\n"
			if err := os.WriteFile(filepath.Join(folder, "Clusterfile"), []byte(script), 0o644); err != nil {
				t.Fatal(err)
			}
			p := planner{folder: folder, recording: "testdata/clusters.yaml", logger: slog.New(slog.DiscardHandler), stderr: io.Discard}
			_, err := p.run(t.Context())
			var failure *starlark.ScriptError
			if !errors.As(err, &failure) || !strings.HasPrefix(failure.Message, tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// TestDown holds that an error keeps its type all the way up.
func TestDown(t *testing.T) {
	down := clustertest.NewKube(t, clustertest.KubeFacts{Name: "kind-dev", Status: map[string]int{"/version": 503}})
	t.Setenv("KUBECONFIG", clustertest.WriteKubeconfig(t, down))
	p := planner{folder: "testdata/shop", logger: slog.New(slog.DiscardHandler), stderr: io.Discard}
	_, err := p.run(context.Background())
	var notReady *builtins.NotReadyError
	if !errors.As(err, &notReady) || notReady.Name != "kind-dev" {
		t.Errorf("error %v, want a NotReadyError of kind-dev", err)
	}
}
