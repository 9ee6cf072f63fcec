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
	"time"

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

// runPlugin runs a Clusterfile, which has a file named file beside it.
func runPlugin(t *testing.T, text string, plugin starlark.Plugin) error {
	t.Helper()
	engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(text)}, "file": {Data: []byte("text")}}}
	return engine.Run(t.Context(), "Clusterfile", plugin)
}

// TestResults: what a run came to, for the command and for embedders.
func TestResults(t *testing.T) {
	const text = `
dev = fake_cluster("kind-dev", registry="localhost:5000")
prod = fake_cluster("prod", default_registry="gcr.io/team")
fake_cluster("unread")
fake_cluster("down", error="refused")
dev.image("web")
prod.status.version
k8s_yaml(blob("kind: Pod\nspec: {containers: [{image: 'web:v1'}, {image: redis}]}\n"), cluster=dev)
k8s_yaml(blob("kind: Pod\n"), cluster=prod)
`
	var found []string
	run := builtins.New(builtins.Options{Fakes: time.Unix(1, 0), Explain: []string{"api"}, OnImage: func(i builtins.FoundImage) {
		found = append(found, fmt.Sprintln(i.Cluster, i.Text, i.Matched, i.Local, i.Becomes))
	}})
	engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(text)}}}
	if err := engine.Run(t.Context(), "Clusterfile", run); err != nil {
		t.Fatal(err)
	}
	var declared []string
	for _, d := range run.Declarations() {
		declared = append(declared, d.Name)
		if r := d.Spec.DefaultRegistry; (r != nil) != (d.Name == "prod") || r != nil && r.Host != "gcr.io/team" {
			t.Errorf("%s: the declared registry is %v", d.Name, r)
		}
	}
	var explained []string
	for _, e := range run.Explanations() {
		explained = append(explained, e.Cluster+" "+e.Names.Local)
	}
	for _, tc := range []struct {
		name      string
		want, got []string
	}{
		{"Declarations", []string{"kind-dev", "prod", "unread", "down"}, declared},
		{"Observed", []string{"kind-dev", "prod"}, run.Observed()},
		{"Rendered", []string{"kind-dev", "prod"}, run.Rendered()},
		{"Repositories", []string{"gcr.io/team/api", "localhost:5000/api", "localhost:5000/web"}, run.Repositories()},
		{"Explanations", []string{"kind-dev localhost:5000/api", "prod gcr.io/team/api", "unread api"}, explained},
		{"OnImage", []string{"kind-dev web:v1 true localhost:5000/web:v1 localhost:5000/web:v1\n", "kind-dev redis false  redis\n"}, found},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	for _, tc := range []struct {
		name, changed, target string // true, false or the error
	}{
		{"kind-dev", "true", "kind-dev"},
		{"prod", "false", "prod"},
		{"unread", `the script passes no manifests to k8s_yaml() for cluster "unread": there are "prod", "kind-dev"`, "unread"},
		{"down", `the script passes no manifests to k8s_yaml() for cluster "down": there are "prod", "kind-dev"`, `cluster "down" (Clusterfile:5:13) is not ready: refused`},
		{"prd", `the script declares no cluster "prd" (did you mean "prod"?)`, `the script declares no cluster "prd" (did you mean "prod"?)`},
		{"", "several", "several"},
	} {
		changed, err := run.Changed(tc.name)
		got := errorText(err)
		if err == nil {
			got = fmt.Sprint(changed)
		}
		if got != tc.changed {
			t.Errorf("Changed(%q): %s, want %s", tc.name, got, tc.changed)
		}
		target, err := run.Target(tc.name)
		if got = errorText(err); err == nil {
			got = target.Name
		}
		if got != tc.target {
			t.Errorf("Target(%q): %s, want %s", tc.name, got, tc.target)
		}
	}
}

// TestTargetWithoutManifests: apply has nothing to apply.
func TestTargetWithoutManifests(t *testing.T) {
	run := builtins.New(builtins.Options{})
	engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": {}}}
	if err := engine.Run(t.Context(), "Clusterfile", run); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Target(""); errorText(err) != "the script has no manifests: add k8s_yaml()" {
		t.Errorf("%v", err)
	}
	if _, err := run.Target("a"); errorText(err) != "the script declares no cluster: add k8s_cluster() or docker_cluster()" {
		t.Errorf("%v", err)
	}
}

// errorText is the message of an error, "" for nil; "several" for any
// *SeveralClustersError.
func errorText(err error) string {
	if several := new(builtins.SeveralClustersError); errors.As(err, &several) {
		return "several"
	}
	if err != nil {
		return err.Error()
	}
	return ""
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
