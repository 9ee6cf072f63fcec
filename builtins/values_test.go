package builtins_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"go.starlark.net/starlark"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
)

// call calls a function of a run.
func call(t *testing.T, names starlark.StringDict, fn string, args ...starlark.Value) starlark.Value {
	t.Helper()
	v, err := starlark.Call(&starlark.Thread{}, names[fn], args, nil)
	if err != nil {
		t.Fatalf("%s: %v", fn, err)
	}
	return v
}

// begin begins a run that ends with the test, and returns its names.
func begin(ctx context.Context, t *testing.T, o builtins.Options) starlark.StringDict {
	t.Helper()
	run := builtins.New(o)
	names, err := run.Begin(ctx, fs.FS(nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.End(errors.New("the test is over")) })
	return names
}

func TestAsValues(t *testing.T) {
	names := begin(t.Context(), t, builtins.Options{Resolver: kindDev})
	dev := call(t, names, "k8s_cluster", starlark.String("kind-dev"))
	registry := call(t, names, "registry", starlark.String("r.example.com"))
	text := call(t, names, "blob", starlark.String("a: 1"))
	method, err := dev.(starlark.HasAttrs).Attr("image")
	if err != nil {
		t.Fatal(err)
	}
	img, err := starlark.Call(&starlark.Thread{}, method, starlark.Tuple{starlark.String("api:v1")}, nil)
	if err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name                           string
		v                              starlark.Value
		cluster, image, registry, text string // the result, or the error
	}{
		{"cluster", dev, "kind-dev v1.36.3", "got Cluster, want Image", "got Cluster, want Registry, str or None", "got Cluster, want str or Blob"},
		{"image", img, "got Image, want Cluster", "localhost:5000/api:v1 registry:5000/api:v1", "got Image, want Registry, str or None", "got Image, want str or Blob"},
		{"registry", registry, "got Registry, want Cluster", "got Registry, want Image", "r.example.com", "got Registry, want str or Blob"},
		{"blob", text, "got Blob, want Cluster", "got Blob, want Image", "got Blob, want Registry, str or None", "a: 1"},
		{"str", starlark.String("host:5000"), "got string, want Cluster", "got string, want Image", "host:5000", "host:5000"},
		{"empty", starlark.String(""), "got string, want Cluster", "got string, want Image", "none", ""},
		{"none", starlark.None, "got NoneType, want Cluster", "got NoneType, want Image", "none", "got NoneType, want str or Blob"},
		{"bad host", starlark.String("https://a"), "got string, want Cluster", "got string, want Image", "invalid", "https://a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check := func(as, want, got string, err error) {
				t.Helper()
				if err != nil {
					got = err.Error()
				}
				if got != want {
					t.Errorf("as %s: %s, want %s", as, got, want)
				}
			}
			c, err := builtins.AsCluster(tt.v)
			if c == nil {
				c = &cluster.Cluster{}
			}
			check("cluster", tt.cluster, c.Name+" "+c.Status.Version, err)
			i, err := builtins.AsImage(tt.v)
			check("image", tt.image, i.Local+" "+i.Cluster, err)
			r, err := builtins.AsRegistry(tt.v)
			if r == nil {
				r = &cluster.RegistryHosting{Host: "none"}
			}
			if errors.As(err, new(*field.Error)) {
				err = errors.New("invalid")
			}
			check("registry", tt.registry, r.Host, err)
			s, err := builtins.AsText(tt.v)
			check("text", tt.text, s, err)
		})
	}
}

// TestAsValuesAreCopies holds that what a plugin changes stays its own.
func TestAsValuesAreCopies(t *testing.T) {
	names := begin(t.Context(), t, builtins.Options{Resolver: kindDev})
	dev := call(t, names, "k8s_cluster", starlark.String("kind-dev"))
	registry := call(t, names, "registry", starlark.String("r.example.com"))
	for range 2 {
		c, err := builtins.AsCluster(dev)
		if err != nil || c.Status.Registry.Host != "localhost:5000" || c.Spec.Connection.Kubernetes.Context != "kind-dev" {
			t.Errorf("%+v, %v", c, err)
		}
		c.Status.Registry.Host, c.Spec.Connection.Kubernetes.Context = "changed", "changed"
		r, err := builtins.AsRegistry(registry)
		if err != nil || r.Host != "r.example.com" {
			t.Errorf("%+v, %v", r, err)
		}
		r.Host = "changed"
	}
}

func TestAsClusterEndsWithTheRun(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	asked := make(chan struct{})
	hang := cluster.ResolverFunc(func(ctx context.Context, _ cluster.Request) (cluster.Observation, error) {
		close(asked)
		<-ctx.Done()
		return cluster.Observation{}, ctx.Err()
	})
	names := begin(ctx, t, builtins.Options{Resolver: hang})
	dev := call(t, names, "k8s_cluster", starlark.String("kind-dev"))
	<-asked
	cause := errors.New("the window was closed")
	cancel(cause)
	if _, err := builtins.AsCluster(dev); !errors.Is(err, cause) && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the cause", err)
	}
}
