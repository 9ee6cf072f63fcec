package builtins_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
)

// wrapping is a plugin with another dialect: its one function, step(), does what a
// test wants of the host, and so does its End.
type wrapping struct {
	*builtins.Run
	step, end func(h builtins.Host, c *table.Call) error
}

var steps = table.New(table.Row[*wrapping]{
	Name: "step", Returns: "None", Doc: "Does what the test wants.",
	Define: table.Plain(func(w *wrapping, c *table.Call) (sl.Value, error) { return sl.None, w.step(w.Host(), c) }),
})

func (w *wrapping) Begin(ctx context.Context, files fs.FS) (sl.StringDict, error) {
	names, err := w.Run.Begin(ctx, files)
	steps.Declare(names, w, w.Host().Enter)
	return names, err
}

func (w *wrapping) End(err error) error {
	if err == nil && w.end != nil {
		err = w.end(w.Host(), nil)
	}
	return errors.Join(err, w.Run.End(err))
}

// work is a kubeconfig whose current context, work, has a cluster of some product.
type work struct {
	*cluster.Replay
	product string
}

func (w work) CurrentProduct() (context, product string, err error) { return "work", w.product, nil }

func newWork(t *testing.T, product, status string) work {
	t.Helper()
	list, err := cluster.ParseList("c.yaml", fmt.Appendf(nil, `
apiVersion: tilt.dev/v1alpha1
kind: ClusterList
items:
- metadata: {name: default}
  spec: {connection: {kubernetes: {}}}
  status: {%s, connection: {kubernetes: {cluster: c, context: work, namespace: team, product: %s}}}
kubeconfig: {current: {context: work, namespace: team}}
`, status, product))
	if err != nil {
		t.Fatal(err)
	}
	return work{cluster.NewReplay("clusters.yaml", list), product}
}

const (
	up   = `connectedAt: "2026-01-02T03:04:05.000006Z", version: v1.36.3, registry: {host: "localhost:5000"}, registrySource: configmap`
	down = "error: connection refused"
)

// hosted runs a script with a step, and returns what it failed with and what it said:
// warnings and manifests.
func hosted(t *testing.T, o builtins.Options, script string, w *wrapping) (said string, err error) {
	t.Helper()
	var log strings.Builder
	o.Warn = func(w builtins.Warning) { fmt.Fprintln(&log, w) }
	w.Run = builtins.New(o)
	if err = runPlugin(t, script, w); err == nil {
		err = w.Render(&log, "")
	}
	return log.String(), err
}

// TestHostCluster is about the cluster named default: who reaches it, and what is known
// of it.
func TestHostCluster(t *testing.T) {
	const declared = "k8s_cluster()\nstep()"
	for _, tc := range []struct {
		name            string
		product, status string // empty: there is no kubeconfig
		script          string
		declare         bool // by the host
		allow           string
		guard           bool   // lets it through
		context         string // that a command may use; "none"
		version         string
		err             string // of the status
	}{
		{"local", "kind", up, declared, false, "", true, "", "v1.36.3", ""},
		{"by the host", "kind", up, "step()", true, "", true, "", "v1.36.3", ""},
		{"by both", "kind", up, declared, true, "", true, "", "v1.36.3", ""},
		{"no local one", "eks", up, declared, false, "", false, "none", "v1.36.3", ""},
		{"no local one, allowed", "eks", up, declared, false, "work", true, "", "v1.36.3", ""},
		{"none", "eks", up, "step()", false, "", true, "none", "", "the script declares no cluster named default"},
		{"none, allowed", "eks", up, "step()", false, "work", true, "", "", "the script declares no cluster named default"},
		{"none, local", "kind", up, "step()", false, "", true, "", "", "the script declares no cluster named default"},
		{"of docker", "kind", up, "docker_cluster(name='default')\nstep()", false, "", true, "", "", "the script declares no cluster named default"},
		{"no kubeconfig", "", "", "step()", false, "", true, "none", "", "the script declares no cluster named default"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var o builtins.Options
			if tc.product != "" {
				w := newWork(t, tc.product, tc.status)
				o.Resolver, o.Catalog = w, w
			}
			if strings.HasPrefix(tc.script, "docker") {
				o.Resolver = cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
					return cluster.Observation{Status: cluster.ClusterStatus{Error: "not now"}}, nil
				})
				o.Catalog = work{product: tc.product, Replay: cluster.NewReplay("f", &cluster.ClusterList{Kubeconfig: &cluster.KubeconfigFacts{Current: &cluster.CurrentContext{Context: "work"}},
					Items: []cluster.Cluster{}})}
				o.Catalog = knowsAll{o.Catalog.(work)}
			}
			_, err := hosted(t, o, tc.script, &wrapping{step: func(h builtins.Host, _ *table.Call) error {
				if tc.allow != "" {
					h.Allow(tc.allow)
				}
				if tc.declare {
					if err := h.DefaultCluster(); err != nil {
						return err
					}
				}
				refused := new(builtins.ContextNotAllowedError)
				if err := h.Guard(); (err == nil) != tc.guard || err != nil && (!errors.As(err, &refused) || refused.Context != "work" || refused.Product != tc.product) {
					t.Errorf("Guard: %v", err)
				}
				got := "none"
				var cmd builtins.Command
				if h.MayUse(&cmd); cmd.Context != nil {
					got = *cmd.Context
				}
				if got != tc.context {
					t.Errorf("MayUse: %q, want %q", got, tc.context)
				}
				switch status, err := h.DefaultStatus(); {
				case err != nil:
					if err.Error() != tc.err {
						t.Errorf("DefaultStatus: %v, want %s", err, tc.err)
					}
				case status.Version != tc.version || tc.err != "":
					t.Errorf("DefaultStatus: %+v", status)
				}
				return nil
			}})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// knowsAll is a catalog that has nothing against a request.
type knowsAll struct{ work }

func (knowsAll) Knows(cluster.Request) error { return nil }

// TestHostManifests delivers manifests and wants images of them.
func TestHostManifests(t *testing.T) {
	at := func(line int) diag.Position { return diag.Position{File: "f", Line: line, Column: 2} }
	const pod = "kind: Pod\nspec: {containers: [{image: web, env: [{name: A, value: api:v1}]}]}\n"
	for _, tc := range []struct {
		name, status, script string
		want                 []builtins.WantedImage
		named                bool
		said, err            string
	}{
		{"an image", up, "step()", []builtins.WantedImage{{Ref: "web"}}, true,
			strings.Replace(pod, "image: web", "image: localhost:5000/web", 1), ""},
		{"in env too", up, "step()", []builtins.WantedImage{{Ref: "web"}, {Ref: "api", InEnv: true}}, true,
			strings.NewReplacer("image: web", "image: localhost:5000/web", "api:v1", "localhost:5000/api:v1").Replace(pod), ""},
		{"that no manifest has", up, "step()", []builtins.WantedImage{{Ref: "redis", At: at(1)}}, true,
			`f:1:2: warning: no manifest of cluster "default" uses image "redis"; the nearest image found is "web"` + "\n" + pod, ""},
		{"that no manifest has, quietly", up, "step()", []builtins.WantedImage{{Ref: "redis", Quiet: true}}, true, pod, ""},
		{"that is none", up, "step()", []builtins.WantedImage{{Ref: "Web"}}, false, "", `image reference "Web": the name has an upper-case letter`},
		{"two of one name", up, "step()", []builtins.WantedImage{{Ref: "team_web", At: at(1)}, {Ref: "team/web", At: at(2)}}, true, "",
			`images "team_web" (f:1:2) and "team/web" (f:2:2) both become "localhost:5000/team_web"`},
		{"of a cluster that is down", down, "step()", []builtins.WantedImage{{Ref: "web"}}, false, "", "connection refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWork(t, "kind", tc.status)
			said, err := hosted(t, builtins.Options{Resolver: w, Catalog: w}, tc.script, &wrapping{
				step: func(h builtins.Host, _ *table.Call) error {
					if err := h.DefaultCluster(); err != nil {
						return err
					}
					h.Deliver(builtins.Manifests{Name: "pod", Text: pod})
					return nil
				},
				end: func(h builtins.Host, _ *table.Call) error {
					for _, want := range tc.want {
						names, ok, err := h.Want(want)
						if err != nil {
							return err
						}
						if ok != tc.named || ok && names.Local != "localhost:5000/"+want.Ref {
							t.Errorf("Want %s: %+v, %t", want.Ref, names, ok)
						}
					}
					return nil
				},
			})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("error %v, want %s", err, tc.err)
				}
				return
			}
			if diff := cmp.Diff(tc.said, said); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	_, err := hosted(t, builtins.Options{}, "step()", &wrapping{step: func(h builtins.Host, _ *table.Call) error {
		if _, ok, err := h.Want(builtins.WantedImage{Ref: "web"}); ok || err != nil {
			t.Errorf("Want without a cluster: %t, %v", ok, err)
		}
		return nil
	}})
	if err != nil {
		t.Error(err)
	}
}

// TestHostValues reads and writes data as Tiltfiles do: the last of a duplicate key
// wins, with a warning, and nothing is None.
func TestHostValues(t *testing.T) {
	said, err := hosted(t, builtins.Options{Dir: "/project"}, "\nstep()", &wrapping{step: func(h builtins.Host, c *table.Call) error {
		for _, tc := range []struct {
			name string
			f    func() (any, error)
			want string
		}{
			{"JSON", func() (any, error) { return h.DecodeJSON("f", `{"a": 1, "a": 2}`) }, `{"a": 2}`},
			{"no JSON", func() (any, error) { return h.DecodeJSON("f", " \n") }, "None"},
			{"YAML", func() (any, error) { return h.DecodeYAML("f", "a: yes\n") }, `{"a": True}`},
			{"no YAML", func() (any, error) { return h.DecodeYAML("f", "") }, "None"},
			{"YAML, a duplicate key", func() (any, error) { return h.DecodeYAML("f", "b: 1\nb: 2\n") }, `{"b": 2}`},
			{"a stream", func() (any, error) { return h.DecodeYAMLStream("f", "1\n---\n---\n2\n") }, "[1 2]"},
			{"JSON again", func() (any, error) { text, err := h.EncodeJSON(sl.Tuple{sl.MakeInt(1)}); return string(text), err }, "[1]"},
			{"YAML again", func() (any, error) { text, err := h.EncodeYAML(sl.Tuple{sl.MakeInt(1)}); return string(text), err }, "- 1\n"},
			{"a stream again", func() (any, error) {
				text, err := h.EncodeYAMLStream(sl.Tuple{sl.MakeInt(1), sl.MakeInt(2)})
				return string(text), err
			}, "1\n---\n2\n"},
			{"a file", func() (any, error) { text, err := h.ReadFile("file"); return string(text), err }, "text"},
			{"the place", func() (any, error) { return h.Here(), nil }, "Clusterfile:2:5"},
			{"a blob", func() (any, error) { return h.Blob("blob", "text", "file f").Type(), nil }, "blob"},
			{"its source", func() (any, error) { return builtins.Source(h.Blob("blob", "text", "file f")), nil }, "file f"},
			{"the source of a str", func() (any, error) { return builtins.Source(sl.String("a")), nil }, ""},
			{"the folder", func() (any, error) { return h.Options().Dir, nil }, "/project"},
			{"the limit", func() (any, error) { return h.Options().Limits.Clusters, nil }, fmt.Sprint(builtins.DefaultClusters)},
		} {
			got, err := tc.f()
			if err != nil || fmt.Sprint(got) != tc.want {
				t.Errorf("%s: %v, %v, want %s", tc.name, got, err, tc.want)
			}
		}
		if _, err := h.Files().Open("file"); err != nil || h.Context().Err() != nil {
			t.Errorf("%v, %v", err, h.Context().Err())
		}
		if _, err := h.Execute(builtins.Command{Args: []string{"true"}}); !errors.Is(err, builtins.ErrExecOff) {
			t.Errorf("Execute: %v", err)
		}
		h.Warnf(h.Here(), "careful %d", 1)
		return errors.Join(h.Warn(c, h.Here(), "of the script"), builtins.Exit())
	}})
	const want = `Clusterfile:2:5: warning: f:1:10: duplicate key "a": the last value is taken
Clusterfile:2:5: warning: f:2:1: duplicate key "b": the last value is taken
Clusterfile:2:5: warning: careful 1
Clusterfile:2:5: warning: of the script
`
	if diff := cmp.Diff(want, said); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestHostDeclares passes on what a dialect declares in its own words.
func TestHostDeclares(t *testing.T) {
	const object = "kind: Widget\nspec: {image: web}\n"
	w := newWork(t, "kind", strings.Split(up, ", registry:")[0])
	said, err := hosted(t, builtins.Options{Resolver: w, Catalog: w, Args: []string{"a"}}, "step()", &wrapping{
		step: func(h builtins.Host, c *table.Call) error {
			h.ArgsRead() // or the run warns of them
			err := h.DefaultRegistry(c, &cluster.RegistryHosting{Host: "https://reg.io"})
			if err == nil || !strings.Contains(err.Error(), "step: ") || !strings.Contains(err.Error(), "https://reg.io") {
				t.Errorf("a registry that is none: %v", err)
			}
			if h.Locators() != nil {
				t.Error("there are locators before any was added")
			}
			err = errors.Join(
				h.DefaultRegistry(c, &cluster.RegistryHosting{Host: "reg.io/team"}),
				h.Locate(c, manifest.Locator{Kind: "Widget", Paths: []string{"{.spec.image}"}}),
				h.DefaultCluster(),
			)
			h.Deliver(builtins.Manifests{Name: "widget", Text: object})
			if h.Locators() == nil {
				t.Error("there are no locators")
			}
			return err
		},
		end: func(h builtins.Host, _ *table.Call) error {
			_, _, err := h.Want(builtins.WantedImage{Ref: "web"})
			return err
		},
	})
	if diff := cmp.Diff(strings.Replace(object, "web", "reg.io/team/web", 1), said); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
