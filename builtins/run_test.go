package builtins_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gate is a resolver that says when it is asked, and answers each cluster when
// that one is opened.
type gate struct {
	asked chan string

	mu    sync.Mutex
	gates map[string]chan struct{}
}

func newGate() *gate { return &gate{asked: make(chan string, 100), gates: map[string]chan struct{}{}} }

func (g *gate) of(name string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gates[name] == nil {
		g.gates[name] = make(chan struct{})
	}
	return g.gates[name]
}

func (g *gate) open(name string) { close(g.of(name)) }

func (g *gate) Resolve(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	g.asked <- req.Name
	select {
	case <-g.of(req.Name):
		at := metav1.Now().Rfc3339Copy()
		return cluster.Observation{
			Status: cluster.ClusterStatus{
				Version: "of " + req.Name, ConnectedAt: &metav1.MicroTime{Time: at.Time}, Warnings: []string{"about " + req.Name},
			},
		}, nil
	case <-ctx.Done():
		return cluster.Observation{}, context.Cause(ctx)
	}
}

// script is one run of a Clusterfile in the background.
type script struct {
	run    *builtins.Run
	prints chan string
	ended  chan error
}

func start(ctx context.Context, o builtins.Options, text string) *script {
	s := &script{run: builtins.New(o), prints: make(chan string, 100), ended: make(chan error, 1)}
	engine := starlark.Engine{
		Files: fstest.MapFS{"Clusterfile": &fstest.MapFile{Data: []byte(text)}},
		Print: func(_ diag.Position, message string) { s.prints <- message },
	}
	go func() { s.ended <- engine.Run(ctx, "Clusterfile", s.run) }()
	return s
}

// TestClustersResolveFromTheirDeclaration: all are asked for before the script
// reads any, and come out in the order of declaration whatever order they
// answer in.
func TestClustersResolveFromTheirDeclaration(t *testing.T) {
	g := newGate()
	var warnings []string
	s := start(t.Context(), builtins.Options{Resolver: g, Warn: func(w builtins.Warning) { warnings = append(warnings, w.Text) }}, `
cs = [k8s_cluster(n) for n in ["c", "a", "b"]]
print("declared")
print(cs[1].status.version)
`)
	if got := <-s.prints; got != "declared" {
		t.Fatal(got)
	}
	asked := []string{<-g.asked, <-g.asked, <-g.asked}
	slices.Sort(asked)
	if diff := cmp.Diff([]string{"a", "b", "c"}, asked); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c", "a", "b"}, s.run.Pending()); diff != "" {
		t.Error(diff)
	}
	g.open("a") // the script goes on although the others are not there
	if got := <-s.prints; got != "of a" {
		t.Error(got)
	}
	g.open("b")
	g.open("c")
	if err := <-s.ended; err != nil {
		t.Fatal(err)
	}
	var names, versions []string
	for _, c := range s.run.Clusters().Items {
		names = append(names, c.Name)
		versions = append(versions, c.Status.Version)
	}
	if diff := cmp.Diff([]string{"c", "a", "b"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"of c", "of a", "of b"}, versions); diff != "" {
		t.Error(diff)
	}
	want := []string{`cluster "c": about c`, `cluster "a": about a`, `cluster "b": about b`}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
}

// TestWhatIsDeclaredNeverWaits: the resolver does not answer before the script
// has read everything that is a cluster's own.
func TestWhatIsDeclaredNeverWaits(t *testing.T) {
	g := newGate()
	s := start(t.Context(), builtins.Options{Resolver: g}, `
c = k8s_cluster("a", labels={"tier": "dev"}, default_registry="localhost:5000")
d = docker_cluster()
print(c, str(c), repr(d), type(c), bool(c), c == c, c != d, {c: 1}[c], c in [d, c])
print(c.name, c.labels, c.annotations, c.spec, c.spec.default_registry, dir(c), hasattr(c, "name"))
print(c.spec == c.spec, k8s_contexts(), "%s" % c)
warn(c)
print("all read")
`)
	for range 3 {
		<-s.prints
	}
	if got := <-s.prints; got != "all read" {
		t.Error(got)
	}
	if diff := cmp.Diff([]string{"a", "docker"}, s.run.Pending()); diff != "" {
		t.Error(diff)
	}
	g.open("a")
	g.open("docker")
	if err := <-s.ended; err != nil {
		t.Fatal(err)
	}
}

// TestCancellationEndsAWait: the context ends a script that waits for a cluster,
// and what resolved it.
func TestCancellationEndsAWait(t *testing.T) {
	for _, text := range []string{"c = k8s_cluster('a')\nprint('here')\nc.status\n", "k8s_cluster('a')\nprint('here')\n"} {
		ctx, cancel := context.WithCancel(t.Context())
		s := start(ctx, builtins.Options{Resolver: newGate()}, text)
		<-s.prints
		cancel()
		var canceled *starlark.CanceledError
		if err := <-s.ended; !errors.As(err, &canceled) || !errors.Is(err, context.Canceled) {
			t.Errorf("%q: %v", text, err)
		}
		if s.run.Clusters() != nil {
			t.Errorf("%q: there is a result", text)
		}
	}
}

// TestFailureDoesNotWait: a script that failed does not wait for its clusters.
func TestFailureDoesNotWait(t *testing.T) {
	s := start(t.Context(), builtins.Options{Resolver: newGate()}, "k8s_cluster('a')\nfail('enough')\n")
	var failed *builtins.FailError
	if err := <-s.ended; !errors.As(err, &failed) || failed.Message != "enough" {
		t.Errorf("got %v", err)
	}
	if left := s.run.Pending(); left != nil {
		t.Errorf("still resolving %v", left)
	}
}

func TestTypedErrors(t *testing.T) {
	down := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		return cluster.Observation{Status: cluster.ClusterStatus{Error: "refused"}}, nil
	})
	broken := errors.New("broken")
	files := map[string]string{"big.txt": strings.Repeat("x", 101)}
	runOf := func(o builtins.Options, text string) error {
		engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": &fstest.MapFile{Data: []byte(text)}}}
		for name, text := range files {
			engine.Files.(fstest.MapFS)[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return engine.Run(t.Context(), "Clusterfile", builtins.New(o))
	}

	err := runOf(builtins.Options{Resolver: down}, "k8s_cluster('a').registry")
	var notReady *builtins.NotReadyError
	if !errors.As(err, &notReady) || *notReady != (builtins.NotReadyError{Name: "a", At: diag.Position{File: "Clusterfile", Line: 1, Column: 12}, Reason: "refused"}) {
		t.Errorf("not ready: %v", err)
	}

	for text, want := range map[string]diag.LimitError{
		"[docker_cluster(name='d%d' % i) for i in range(4)]": {Limit: diag.LimitClusters, Max: 3, Where: "docker_cluster"},
		"read_file('big.txt')":                               {Limit: diag.LimitFileSize, Max: 100, Where: "big.txt"},
		"read_json('big.txt')":                               {Limit: diag.LimitFileSize, Max: 100, Where: "big.txt"},
	} {
		var limit *diag.LimitError
		err := runOf(builtins.Options{Resolver: down, Limits: builtins.Limits{FileSize: 100, Clusters: 3}}, text)
		if !errors.As(err, &limit) || *limit != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := runOf(builtins.Options{Resolver: down, Limits: builtins.Limits{FileSize: 101, Clusters: 3}},
		"read_file('big.txt')\n[docker_cluster(name='d%d' % i) for i in range(3)]"); err != nil {
		t.Errorf("at the limits: %v", err)
	}

	var config *builtins.ConfigError
	err = runOf(builtins.Options{Args: []string{"--nope"}}, "config.define_bool('push')\nconfig.parse()")
	if !errors.As(err, &config) || config.Usage != "--push" {
		t.Errorf("config: %v", err)
	}

	var missing *cluster.NotRecordedError
	replay := cluster.NewReplay("f", cluster.NewList(nil))
	if err := runOf(builtins.Options{Resolver: replay, Catalog: replay}, "docker_cluster()"); !errors.As(err, &missing) {
		t.Errorf("not recorded: %v", err)
	}

	failing := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		return cluster.Observation{}, broken
	})
	if err := runOf(builtins.Options{Resolver: failing}, "docker_cluster()"); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "Clusterfile:1:15: ") {
		t.Errorf("a resolver that cannot answer: %v", err)
	}
	if err := runOf(builtins.Options{}, "docker_cluster()"); err == nil || !strings.Contains(err.Error(), "no resolver for the default docker host") {
		t.Errorf("no resolver: %v", err)
	}
}

// TestARunServesOnce: its state is that of one script.
func TestARunServesOnce(t *testing.T) {
	run := builtins.New(builtins.Options{})
	engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": &fstest.MapFile{}}}
	if err := engine.Run(t.Context(), "Clusterfile", run); err != nil {
		t.Fatal(err)
	}
	if err := engine.Run(t.Context(), "Clusterfile", run); err == nil {
		t.Error("it served twice")
	}
}

// TestConcurrentRuns: one engine, one resolver, many runs.
func TestConcurrentRuns(t *testing.T) {
	resolver := cluster.ResolverFunc(func(_ context.Context, req cluster.Request) (cluster.Observation, error) {
		return cluster.Observation{Status: cluster.ClusterStatus{Version: req.Name}}, nil
	})
	engine := starlark.Engine{Files: fstest.MapFS{
		"Clusterfile": &fstest.MapFile{Data: []byte("load('lib.star', 'declare')\ndeclare(os.getenv('NAME'))\n")},
		"lib.star":    &fstest.MapFile{Data: []byte("def declare(name):\n    output('v', k8s_cluster(name).status.version)\n")},
	}}
	var runs sync.WaitGroup
	for i := range 20 {
		runs.Go(func() {
			name := fmt.Sprintf("c%d", i)
			run := builtins.New(builtins.Options{Resolver: resolver, Env: []string{"NAME=" + name}})
			if err := engine.Run(t.Context(), "Clusterfile", run); err != nil {
				t.Error(err)
				return
			}
			if out := run.Outputs(); len(out) != 1 || string(out[0].JSON) != `"`+name+`"` {
				t.Errorf("%s: %s", name, out)
			}
		})
	}
	runs.Wait()
}
