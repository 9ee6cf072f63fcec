package main

import (
	"strings"
	"testing"
)

// TestTour: what make run shows a newcomer.
func TestTour(t *testing.T) {
	t.Chdir("../../..")
	var out strings.Builder
	if err := tour(&out, "examples/quickstart"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"cluster = k8s_cluster(\"kind-dev\")\n",
		"kind-dev   k8s:kind-dev",
		`"push": "localhost:5001/example.com_shop_api:v1"`,
		`"pull": "kind-registry:5000/example.com_shop_api:v1"`,
		"-     image: example.com/shop/api # the tag is the script's\n+     image: kind-registry:5000/example.com_shop_api:v1 # the tag is the script's\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	if err := tour(&out, "examples/missing"); err == nil {
		t.Error("no error for a folder that is missing")
	}
}
