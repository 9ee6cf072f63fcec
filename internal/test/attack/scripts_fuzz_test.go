package attack

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// recorded are the clusters of the scripts that the generator writes.
const recorded = `apiVersion: tilt.dev/v1alpha1
kind: ClusterList
items:
- metadata: {name: dev}
  spec: {connection: {kubernetes: {context: dev}}}
  status:
    arch: arm64
    connectedAt: "2026-01-02T03:04:05.000000Z"
    connection: {kubernetes: {cluster: dev, context: dev, namespace: default, product: kind}}
    registry: {host: "localhost:5000", hostFromContainerRuntime: "registry:5000"}
    version: v1.36.3
- metadata: {name: docker}
  spec: {connection: {docker: {}}, defaultRegistry: {host: "localhost:5000"}}
  status: {arch: amd64, connectedAt: "2026-01-02T03:04:05.000000Z", version: "28.5.2"}
`

// generated runs the script that data makes, and everything that a command does
// with it afterwards. The error is what the script ended with.
func generated(t *testing.T, data []byte) (script string, err error) {
	t.Helper()
	list, err := cluster.ParseList("c.yaml", []byte(recorded))
	if err != nil {
		t.Fatal(err)
	}
	g := generator{data: data}
	script = g.script()
	replay := cluster.NewReplay("recorded", list)
	run := builtins.New(builtins.Options{
		Resolver: replay, Catalog: replay, Env: []string{"A=b"}, Args: []string{"--a=b"}, Explain: []string{"busybox"},
		OnImage: func(builtins.FoundImage) {},
		Limits:  builtins.Limits{FileSize: 1 << 16, Clusters: 10, Output: 1 << 16, Manifests: 1 << 16},
	})
	engine := starlark.Engine{
		Files: fstest.MapFS{
			"Clusterfile": &fstest.MapFile{Data: []byte(script)},
			"lib.star":    &fstest.MapFile{Data: []byte("a = 1\n")},
			"a.yaml":      &fstest.MapFile{Data: []byte("kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - image: busybox\n")},
		},
		Limits: starlark.Limits{Steps: 20_000, CallDepth: 100, Output: 1 << 16, Memory: 256 << 20, Time: 20 * time.Second},
	}
	err = engine.Run(t.Context(), "Clusterfile", run)
	var panicked *starlark.PanicError
	var timeout *diag.LimitError
	switch {
	case errors.As(err, &panicked):
		t.Errorf("a panic: %v\n%s", err, script)
	case errors.As(err, &timeout) && timeout.Limit == diag.LimitTime:
		t.Errorf("a step that does not end: %v\n%s", err, script)
	case err != nil:
		if rerr := starlark.Render(io.Discard, err); rerr != nil {
			t.Errorf("%v\n%s", rerr, script)
		}
		if strings.Contains(err.Error(), "%!") {
			t.Errorf("a message that was not made well: %v\n%s", err, script)
		}
	default:
		for _, c := range run.Clusters().Items {
			run.Render(io.Discard, c.Name) // fails if there is nothing for the cluster
		}
	}
	if pending := run.Pending(); pending != nil {
		t.Errorf("still resolving %v\n%s", pending, script)
	}
	return script, err
}

// FuzzScripts runs scripts made of everything that scripts can use, with right
// and wrong arguments: none panics, and each ends.
func FuzzScripts(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		f.Add(randomBytes(r))
	}
	f.Fuzz(func(t *testing.T, data []byte) { generated(t, data) })
}

func randomBytes(r *rand.Rand) []byte {
	data := make([]byte, 200)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// TestGeneratedScripts runs a thousand of them, and holds that the grammar
// reaches every function of the table, and scripts that end well.
func TestGeneratedScripts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	reached := map[string]bool{}
	fine := 0
	for range 1000 {
		script, err := generated(t, randomBytes(r))
		if err == nil {
			fine++
		}
		for _, fn := range functions {
			name := fn.Name
			if name[0] >= 'A' && name[0] <= 'Z' {
				name = name[strings.LastIndexByte(name, '.'):]
			}
			if strings.Contains(strings.TrimPrefix(script, scriptStart), name+"(") {
				reached[fn.Name] = true
			}
		}
	}
	for _, fn := range functions {
		if !reached[fn.Name] {
			t.Errorf("no script calls %s", fn.Name)
		}
	}
	t.Logf("%d of 1000 scripts end well", fine)
	if fine < 20 {
		t.Errorf("only %d scripts end well", fine)
	}
}
