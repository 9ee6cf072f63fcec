package lint_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/builtins/tiltfile/lint"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

const manifests = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: acme/api}, {image: nginx}]}\n"

func TestCheck(t *testing.T) {
	const guard = `: the current context "prod" (gke) is not a local development cluster, and the script does not allow it`
	for _, tc := range []struct {
		script, context string
		want            []string
	}{
		{"k8s_yaml('k.yaml')", "prod", []string{"Tiltfile:1:1" + guard}},
		{"k8s_custom_deploy('a', 'b', 'c', [])", "prod", []string{"Tiltfile:1:1" + guard}},
		{"def f():\n    k8s_yaml(x)\nf()", "prod", []string{"Tiltfile:2:5" + guard}},
		{"allow_k8s_contexts('other')\nk8s_yaml('k.yaml')", "prod", []string{"Tiltfile:2:1" + guard}},
		{"allow_k8s_contexts(['other', 'prod'])\nk8s_yaml('k.yaml')", "prod", nil},
		{"allow_k8s_contexts(k8s_context())\nk8s_yaml('k.yaml')", "prod", nil},
		{"k8s_yaml('k.yaml')", "kind-dev", nil},
		{"k8s_yaml('k.yaml')", "", nil},
		{"k8s_yaml('k.yaml')", "error", nil},
		{"k8s_cluster('prod', name='default')\nk8s_yaml('k.yaml')", "prod", nil},
		{"include('other')\nk8s_yaml('k.yaml')", "prod", nil},
		{"local_resource('a', 'x')", "prod", nil},

		{"k8s_yaml('k.yaml')\ndocker_build('acme/apy', '.')", "", []string{`Tiltfile:2:14: image "acme/apy" is built, and no manifest names it (did you mean "acme/api"?)`}},
		{"k8s_yaml(['k.yaml'])\ncustom_build('other', 'x', [])", "", []string{`Tiltfile:2:14: image "other" is built, and no manifest names it`}},
		{"k8s_yaml('k.yaml')\ndocker_build('acme/api', '.')", "", nil},
		{"k8s_yaml('k.yaml')\ndocker_build('base', 'base', dockerfile='base/D')\ndocker_build('acme/api', '.', dockerfile_contents='FROM base')", "", nil},
		{"k8s_yaml(helm('chart'))\ndocker_build('acme/apy', '.')", "", nil},
		{"k8s_yaml('k.yaml')\ndocker_build(name, '.')\ndocker_build('acme/apy', dir)", "", nil},
		{"k8s_yaml('none.yaml')\ndocker_build('acme/apy', '.')", "", nil},
		{"docker_compose('c')\nk8s_yaml('k.yaml')\ndocker_build('acme/apy', '.')", "", nil},
		{"k8s_yaml('k.yaml')\ndocker_build('acme/apy', '.')\nk8s_image_json_path('acme/apy')", "", nil},
		{"load('lib/l', 'x')\nk8s_yaml('k.yaml')\nx()", "", []string{`lib/l:2:18: image "lonely" is built, and no manifest names it`}},
	} {
		files := fstest.MapFS{
			"Tiltfile": {Data: []byte(tc.script)}, "k.yaml": {Data: []byte(manifests)}, "Dockerfile": {Data: []byte("FROM scratch")},
			"base/D": {Data: []byte("FROM scratch")}, "lib/l": {Data: []byte("def x():\n    docker_build('lonely', '.', dockerfile_contents='FROM scratch')")},
		}
		table := analysis.NewTable(analysis.Library(), builtins.Describe(), tiltfile.Describe())
		engine := starlark.Engine{Files: files, Table: func(string) *analysis.Table { return table }}
		program, err := engine.Check(t.Context(), "Tiltfile")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range lint.Check(program, lint.Options{Files: files, Current: func() (string, string, error) {
			switch tc.context {
			case "prod":
				return "prod", "gke", nil
			case "error":
				return "", "", errors.New("no kubeconfig")
			}
			return tc.context, "kind", nil
		}}) {
			got = append(got, fmt.Sprintf("%s: %s", d.Start, d.Summary))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q in %q: want -, got +\n%s", tc.script, tc.context, diff)
		}
	}
}

// A script may declare where an extension is; nobody knows before it runs.
func TestConfirmed(t *testing.T) {
	for _, tc := range []struct {
		script string
		want   int
	}{
		{"load('ext://a', 'x')\nx()", 1},
		{"v1alpha1.extension(name='a', repo_name='team', repo_path='a')\nload('ext://a', 'x')\nx()", 0},
		{"v1alpha1.extension('b')\nload('ext://a', 'x')\nx()", 1},
		{"v1alpha1.extension(name=('a'))\nload('ext://a', 'x')\nx()", 0},
		{"name = 'a' + ''\nv1alpha1.extension(name=name)\nload('ext://a', 'x')\nx()", 0},
		{"v1alpha1.extension(name='a')\nload('none', 'x')\nx()", 1},
		{"v1alpha1.extension_repo(name='r', url='file:///x', load_host='h')\nload('ext://h/a', 'x')\nx()", 0},
		{"v1alpha1.extension_repo(name='r', url='file:///x', load_host='h')\nload('ext://a', 'x')\nx()", 1},
		{"v1alpha1.extension_repo(name='r', url='file:///x', load_host='h' + '')\nload('ext://h/a', 'x')\nx()", 0},
		{"v1alpha1.extension_repo('default', url='file://%s' % os.getcwd())\nload('ext://a', 'x')\nx()", 0},
		{"v1alpha1.extension_repo('default', url='https://x.io/y')\nload('ext://a', 'x')\nx()", 1},
		// No declaration can help this one.
		{"v1alpha1.extension(name='..')\nload('ext://..', 'x')\nx()", 1},
	} {
		table := analysis.NewTable(analysis.Library(), builtins.Describe(), tiltfile.Describe())
		engine := starlark.Engine{Files: fstest.MapFS{"Tiltfile": {Data: []byte(tc.script)}}, Table: func(string) *analysis.Table { return table }}
		tilt := tiltfile.New(builtins.New(builtins.Options{}), tiltfile.Options{Entry: "Tiltfile"})
		engine.Resolve = func(l starlark.LoadRequest) (string, bool, error) { return tilt.ResolveLoad(l.Executing, l.Path) }
		engine.Loader = tilt.LoadSource
		program, err := engine.Check(t.Context(), "Tiltfile")
		if err != nil {
			t.Fatal(err)
		}
		if found := lint.Confirmed(program, program.Diagnostics()); len(found) != tc.want {
			t.Errorf("%q: %d diagnostics, want %d: %v", tc.script, len(found), tc.want, found)
		}
	}
}
