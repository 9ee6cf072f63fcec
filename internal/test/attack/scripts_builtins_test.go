//go:build !race

package attack

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark"
)

// worstArguments are what a parameter may be given, by an expression, at its worst.
var worstArguments = map[string]string{
	"a long text":        `"x" * (1 << 20)`,
	"deep JSON":          `"[" * (1 << 16)`,
	"long YAML":          `"a:\n" * (1 << 14)`,
	"a YAML bomb":        `"a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(["%s: &%s [%s]\n" % (b, b, ",".join(["*" + a] * 9)) for a, b in zip("abcdefgh".elems(), "bcdefghi".elems())])`,
	"digits":             `"9" * (1 << 20)`,
	"many lines":         `"a\n" * (1 << 18)`,
	"path of all":        `"../" * (1 << 18)`,
	"a long list":        `["x"] * (1 << 14)`,
	"a list of texts":    `["x" * (1 << 20)] * 8`,
	"a range":            `range(1 << 40)`,
	"shared parts":       `shared`,
	"a large dict":       `{"k%d" % i: "v" for i in range(1 << 12)}`,
	"a large number":     `1 << 500`,
	"a pattern":          `"(a*)*" * 1000`,
	"a function forever": `forever`,
}

const worstPrelude = `shared = ["x"]
for i in range(40): shared = [shared, shared]
def forever(*args, **kwargs):
    while True: pass
`

// TestWorstBuiltins calls every function of the table, each parameter in turn at its
// worst: it ends in time, with a result or an error that is no defect.
func TestWorstBuiltins(t *testing.T) {
	calls := 0
	for _, f := range builtins.Functions() {
		name := f.Name
		if strings.HasPrefix(name, "Cluster.") || strings.HasPrefix(name, "Image.") {
			name = "c" + name[strings.Index(name, "."):]
		}
		for _, p := range f.Params {
			for what, value := range worstArguments {
				arg := p.Name + "=" + value
				switch {
				case strings.HasPrefix(p.Name, "**"):
					arg = "**{'x': " + value + "}"
				case strings.HasPrefix(p.Name, "*"):
					arg = value
				}
				var others []string
				for _, q := range f.Params {
					if q.Name != p.Name && !q.Optional() && !strings.HasPrefix(q.Name, "*") {
						others = append(others, q.Name+"='x'")
					}
				}
				args := append(others, arg)
				if strings.HasPrefix(arg, "**") || !strings.Contains(arg, "=") || arg == value {
					args = append([]string{arg}, others...)
					if strings.HasPrefix(arg, "**") {
						args = append(others, arg)
					}
				}
				script := worstPrelude + "c = k8s_cluster('dev')\nr = " + name + "(" + strings.Join(args, ", ") + ")\n"
				worst(t, f.Name+", "+p.Name+": "+what, script)
				calls++
			}
		}
	}
	if calls < 500 {
		t.Errorf("only %d calls", calls)
	}
}

func worst(t *testing.T, what, script string) {
	t.Helper()
	const most = time.Minute // on a busy machine; a second or two on another
	list := cluster.NewList([]cluster.Cluster{{Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{Context: "dev"}}}}})
	list.Items[0].Name, list.Items[0].Status.Version = "dev", "v1"
	run := builtins.New(builtins.Options{Resolver: cluster.NewReplay("clusters.yaml", list)})
	engine := starlark.Engine{
		Files:  fstest.MapFS{"Clusterfile": {Data: []byte(script)}},
		Limits: starlark.Limits{Steps: 2_000_000, Memory: 512 << 20},
	}
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	ended := make(chan error, 1)
	begin := time.Now()
	go func() { ended <- engine.Run(ctx, "Clusterfile", run) }()
	select {
	case err := <-ended:
		if panicked := (*starlark.PanicError)(nil); errors.As(err, &panicked) {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && len(err.Error()) > 64<<10 {
			t.Errorf("%s: an error of %d bytes: %.200s", what, len(err.Error()), err.Error())
		}
		if took := time.Since(begin); took > most/2 {
			t.Errorf("%s: it took %s and ended with %.300v", what, took, err)
		}
	case <-time.After(most + 5*time.Second):
		buf := make([]byte, 1<<20)
		t.Fatalf("%s does not end\n%s", what, fmt.Sprint(string(buf[:runtime.Stack(buf, true)])))
	}
}
