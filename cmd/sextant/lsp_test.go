package main

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/diag"
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
