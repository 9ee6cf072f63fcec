package tiltfile_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/starlark"
)

// project is what a test runs.
type project struct {
	files fstest.MapFS
	entry string
	// product is that of the current context, "kind" by default; down is a cluster
	// that does not answer.
	product string
	down    bool
	options builtins.Options
	ext     fs.FS
	// programs answers for local and the like, nil for none.
	programs func(builtins.Command) (builtins.Result, error)
}

// outcome is what a run came to.
type outcome struct {
	*tiltfile.Run
	err    error
	said   string
	ran    []builtins.Command
	waited int // how many clusters were resolved
}

// Run answers for programs.
func (o *outcome) answer(p project) builtins.Executor {
	if p.programs == nil {
		return nil
	}
	return executor(func(c builtins.Command) (builtins.Result, error) {
		o.ran = append(o.ran, c)
		return p.programs(c)
	})
}

type executor func(builtins.Command) (builtins.Result, error)

func (e executor) Run(_ context.Context, c builtins.Command) (builtins.Result, error) { return e(c) }

// files makes a project of a Tiltfile and of alternating names and contents.
func files(tiltfile string, namesAndTexts ...string) project {
	p := project{files: fstest.MapFS{"Tiltfile": {Data: []byte(tiltfile)}}, entry: "Tiltfile"}
	for i := 0; i < len(namesAndTexts); i += 2 {
		p.files[namesAndTexts[i]] = &fstest.MapFile{Data: []byte(namesAndTexts[i+1])}
	}
	return p
}

// catalog knows one context.
type catalog struct{ context string }

func (c catalog) CurrentContext() (context, namespace string, err error) {
	return c.context, "default", nil
}
func (c catalog) Contexts() ([]string, error) { return []string{c.context}, nil }
func (c catalog) CurrentProduct() (context, product string, err error) {
	return c.context, strings.TrimPrefix(c.context, "dev-"), nil
}
func (c catalog) Knows(cluster.Request) error { return nil }

// run executes the project's entry.
func (p project) run(t testing.TB) *outcome {
	t.Helper()
	o := &outcome{}
	product := p.product
	if product == "" {
		product = "kind"
	}
	var said strings.Builder
	options := p.options
	options.Dir = "/work/app"
	options.Catalog = catalog{"dev-" + product}
	options.Resolver = cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		o.waited++
		status := cluster.ClusterStatus{
			Version: "v1.33.1", Arch: "amd64",
			Connection: &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{
				Cluster: "c", Context: "dev-" + product, Namespace: "default", Product: product,
			}},
		}
		if p.down {
			status.Version, status.Error = "", "connection refused"
		} else {
			at := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
			status.ConnectedAt = &at
		}
		return cluster.Observation{Status: status}, nil
	})
	options.Warn = func(w builtins.Warning) { fmt.Fprintln(&said, w) }
	options.Exec = o.answer(p)
	engine := starlark.Engine{
		Files: p.files,
		Print: func(_ diag.Position, message string) { fmt.Fprintln(&said, message) },
	}
	run := dialect.Tiltfile.New(&engine, options, tiltfile.Options{Entry: p.entry, Extensions: p.ext})
	o.Run = run.Tiltfile
	o.err = engine.Run(t.Context(), p.entry, run.Plugin())
	o.said = said.String()
	return o
}

// runs executes the project, which must end well.
func (p project) runs(t *testing.T) *outcome {
	t.Helper()
	o := p.run(t)
	if o.err != nil {
		t.Fatal(o.err)
	}
	return o
}

// fails executes the project, which must fail at the place, with the message in it.
func (p project) fails(t *testing.T, at, message string) *outcome {
	t.Helper()
	o := p.run(t)
	var e *starlark.ScriptError
	if !errors.As(o.err, &e) {
		t.Errorf("got %v, want one error at %s: %s", o.err, at, message)
		return o
	}
	if e.At().String() != at || !strings.Contains(e.Message, message) {
		t.Errorf("got %v\nwant %s: %s", e, at, message)
	}
	return o
}

// resource returns a resource of the run by its name.
func (o *outcome) resource(t *testing.T, name string) tiltfile.Resource {
	t.Helper()
	var names []string
	for _, r := range o.Resources() {
		if r.Name == name {
			return r
		}
		names = append(names, r.Name)
	}
	t.Fatalf("no resource %q among %q", name, names)
	return tiltfile.Resource{}
}

// rendered returns the manifests of the run.
func (o *outcome) rendered(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if err := o.Render(&b, ""); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// deployment is a manifest of a Deployment that runs images.
func deployment(name string, images ...string) string {
	out := "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name +
		"\nspec:\n  template:\n    metadata:\n      labels: {app: " + name + "}\n    spec:\n      containers:\n"
	for i, image := range images {
		out += fmt.Sprintf("      - name: c%d\n        image: %s\n", i, image)
	}
	return out + "---\n"
}

// service is a manifest of a Service for the pods of a deployment.
func service(name, app string) string {
	return "apiVersion: v1\nkind: Service\nmetadata:\n  name: " + name + "\nspec:\n  selector: {app: " + app + "}\n---\n"
}

// configMap is a manifest of a ConfigMap.
func configMap(name string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n---\n"
}
