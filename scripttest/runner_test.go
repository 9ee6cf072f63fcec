package scripttest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark"
)

var update = flag.Bool("update", false, "write the reports that testdata holds")

// TestReports runs the tests that each testdata/*.txtar holds and compares the
// report with its file want.
func TestReports(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			abs, err := filepath.Abs(path)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if last := len(archive.Files) - 1; archive.Files[last].Name == "want" {
				want, archive.Files = string(archive.Files[last].Data), archive.Files[:last]
			}
			unpack(t, archive)
			got := textOf(t, test(t, Config{Limits: starlark.Limits{Steps: 10_000}}))
			if *update {
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(abs, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-want +got; accept with: go test ./scripttest -run TestReports -update\n%s", d)
			}
		})
	}
}

// TestDelaysChangeNothing: what is reported does not depend on which cluster
// answers first, nor on which test ends first.
func TestDelaysChangeNothing(t *testing.T) {
	items := ""
	script := ""
	for i := range 5 {
		items += fmt.Sprintf("- metadata: {name: c%d}\n  spec: {connection: {kubernetes: {context: c%d}}}\n  status: {connectedAt: '2026-01-02T03:04:05.000000Z', version: v%d}\n", i, i, i)
		script += fmt.Sprintf("c%d = k8s_cluster('c%d')\n", i, i)
	}
	script += "print(c4.status.version)\nwarn(c1.status.version)\noutput('v', c0.status.version)\n"
	recording := strings.Replace(recordingOfA, recordingOfA[strings.Index(recordingOfA, "- metadata"):], items, 1)
	var files []string
	for i := range 12 {
		dir := fmt.Sprintf("t%02d/", i)
		files = append(files, dir+"Clusterfile", script, dir+"clusters.yaml", recording,
			dir+"want.clusters.yaml", "", dir+"want.print", fmt.Sprint(i), dir+"want.outputs.json", "{}")
	}
	inFolder(t, files...)
	want := textOf(t, test(t, Config{Workers: 1}))
	if strings.Count(want, "+v4\n") != 12 || strings.Count(want, "want.clusters.yaml differs:") != 12 {
		t.Fatal(want)
	}
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, seed))
		delays := make(chan time.Duration, 1000)
		for range cap(delays) {
			delays <- time.Duration(random.IntN(3000)) * time.Microsecond
		}
		r := test(t, Config{Workers: 8, wrap: func(inner cluster.Resolver) cluster.Resolver {
			return cluster.ResolverFunc(func(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
				<-time.After(<-delays)
				return inner.Resolve(ctx, req)
			})
		}})
		if d := cmp.Diff(want, textOf(t, r)); d != "" {
			t.Fatalf("seed %d: -want +got\n%s", seed, d)
		}
	}
}

// live answers like a cluster that was connected to just now.
type live struct{}

func (live) Resolve(_ context.Context, req cluster.Request) (cluster.Observation, error) {
	now := metav1.NewMicroTime(time.Now().UTC())
	return cluster.Observation{Status: cluster.ClusterStatus{ConnectedAt: &now, Version: "v-" + req.Name}}, nil
}
func (live) CurrentContext() (string, string, error) { return "here", "default", nil }
func (live) Contexts() ([]string, error)             { return []string{"here"}, nil }
func (live) Knows(cluster.Request) error             { return nil }

func TestLive(t *testing.T) {
	inFolder(t,
		"clusters.yaml", "not read",
		"Clusterfile", "c = k8s_cluster('a')\nprint(c.status.version, k8s_context())\noutput('s', c.status)\n",
		"want.print", "v-a here\n",
		"want.outputs.json", `{
  "s": {
    "connectedAt": "2020-01-01T00:00:00.000000Z",
    "version": "v-a"
  }
}
`,
		"want.clusters.yaml", "",
	)
	c := Config{Resolver: live{}, Catalog: live{}, Update: true}
	if got := textOf(t, test(t, c)); got != "wrote .: want.clusters.yaml\n1 test, 0 failed\n" {
		t.Fatal(got)
	}
	if got := readFile(t, "want.clusters.yaml"); !strings.Contains(got, "connectedAt: \"2026-01-02T03:04:05.000000Z\"\n") {
		t.Errorf("the time of connection is not that of the tests:\n%s", got)
	}
	if got := textOf(t, test(t, Config{Resolver: live{}, Catalog: live{}})); got != "ok    .\n1 test, 0 failed\n" {
		t.Error(got)
	}
}

func TestMask(t *testing.T) {
	const want = "connectedAt: \"2026-01-02T03:04:05.000000Z\"\n\"connectedAt\": \"2026-01-02T03:04:05.000000Z\",\nother: 2020"
	got := string(mask([]byte("connectedAt: 2020-02-03T04:05:06Z\n\"connectedAt\": \"2021-02-03T04:05:06.123456Z\",\nother: 2020")))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestCancel(t *testing.T) {
	inFolder(t, "Clusterfile", "while True: pass", "want.print", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Config{}).Test(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that of the context", err)
	}
}

// TestGrace: a script that does not stop at its limit fails its test and is left
// behind, and the others go on.
func TestGrace(t *testing.T) {
	inFolder(t, "a/Clusterfile", "hang()", "a/want.print", "", "b/Clusterfile", "print(1)", "b/want.print", "1\n")
	h := &hangs{make(chan struct{}), make(chan struct{})}
	defer func() {
		close(h.released)
		<-h.ended
	}()
	r := test(t, Config{
		Limits:  starlark.Limits{Time: 5 * time.Second}, // the other script has as long, on a busy machine too
		Grace:   func(error) time.Duration { return time.Millisecond },
		Plugins: func() []starlark.Plugin { return []starlark.Plugin{h} },
	})
	if len(r.Results) != 2 || len(r.Results[0].Failures) != 1 || len(r.Results[1].Failures) != 0 {
		t.Fatal(textOf(t, r))
	}
	if got := r.Results[0].Failures[0]; !strings.Contains(got.Message, "(it did not stop by itself)") {
		t.Errorf("got %+v", got)
	}
}

// TestCancelWhileRunning: a script that never ends does when the context does.
func TestCancelWhileRunning(t *testing.T) {
	inFolder(t, "Clusterfile", "k8s_cluster('a')\nwhile True: pass", "clusters.yaml", recordingOfA, "want.print", "")
	ctx, cancel := context.WithCancel(t.Context())
	c := Config{Limits: starlark.Limits{Steps: math.MaxUint64}, wrap: func(inner cluster.Resolver) cluster.Resolver {
		return cluster.ResolverFunc(func(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
			cancel()
			return inner.Resolve(ctx, req)
		})
	}}
	if _, err := c.Test(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that of the context", err)
	}
}
