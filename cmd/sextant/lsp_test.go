package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// TestRecordedNames: the names of images come from the recording beside the
// script, those of each cluster, and of the document in the editor.
func TestRecordedNames(t *testing.T) {
	root, err := filepath.Abs("../../examples/side-by-side")
	if err != nil {
		t.Fatal(err)
	}
	script := "for context in [\"kind-dev\", \"staging\"]:\n    k8s_cluster(context, default_registry = \"registry.example.com\").image(\"shop/web\", tag = \"v1\")\nfail(\"later\")\n"
	got := recordedNames(t.Context(), root, "Clusterfile", []byte(script))
	at := diag.Position{File: "Clusterfile", Line: 2, Column: 74}
	want := map[diag.Position][]string{at: {
		"push localhost:5000/shop_web:v1, pull kind-registry:5000/shop_web:v1", "registry.example.com/shop_web:v1",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := recordedNames(t.Context(), t.TempDir(), "Clusterfile", []byte(script)); got != nil {
		t.Errorf("got %v without a recording", got)
	}
}

// TestScriptOfAProject: for an editor as for every command, sextant.yaml sets the root
// and the dialect of the scripts below it. One that cannot be used sets nothing.
func TestScriptOfAProject(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"project/sextant.yaml":     "dialect: tiltfile\n",
		"project/names.star":       "web = 'web'\n",
		"project/deploy/main":      "load('../names.star', 'web')\ndocker_build(web, '.')\n",
		"broken/sextant.yaml":      "dialect: python\n",
		"broken/main":              "docker_build('web', '.')\n",
		"narrow/sextant.yaml":      "root: deploy\ndialect: tiltfile\n",
		"narrow/deploy/Tiltfile":   "",
		"narrow/other/Clusterfile": "",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		folder, script string
		mistakes       []string
		inProject      bool // the folder is the root of one
	}{
		{folder: "project", script: "deploy/main", inProject: true},
		{folder: "broken", script: "main", mistakes: []string{"undefined: docker_build"}},
		{folder: "narrow/deploy", script: "Tiltfile", inProject: true},
		{folder: "narrow/other", script: "Clusterfile"},
	} {
		folder := filepath.Join(dir, filepath.FromSlash(tt.folder))
		want := ""
		if tt.inProject {
			want = folder
		}
		if root := rootOf(t.Context(), filepath.Join(folder, filepath.FromSlash(tt.script))); root != want {
			t.Errorf("%s/%s: the root is %q, want %q", tt.folder, tt.script, root, want)
		}
		files, err := starlark.OpenDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		engine := starlark.Engine{Files: files}
		prepare(t.Context(), &engine, folder, tt.script)
		program, err := engine.Check(t.Context(), tt.script)
		if err != nil {
			t.Fatal(err)
		}
		var mistakes []string
		for _, d := range program.Diagnostics() {
			mistakes = append(mistakes, d.Summary)
		}
		if !slices.Equal(mistakes, tt.mistakes) {
			t.Errorf("%s/%s: %q, want %q", tt.folder, tt.script, mistakes, tt.mistakes)
		}
	}
}

// TestContextsOf: an editor is offered the contexts of the kubeconfig, and none if it
// cannot be read.
func TestContextsOf(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(kubeconfig, []byte("apiVersion: v1\nkind: Config\ncontexts: [{name: prod-eu, context: {cluster: c, user: u}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := contextsOf(kubeconfig); !slices.Equal(got, []string{"prod-eu"}) {
		t.Errorf("got %q", got)
	}
	if got := contextsOf(kubeconfig + "none"); got != nil {
		t.Errorf("got %q without a kubeconfig", got)
	}
}
