package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

func TestFind(t *testing.T) {
	const text = `# é
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
      - {"n\u00e9": é, image: "a/b:1"}
      volumes:
      - image: {reference: c}
---
apiVersion: v1
kind: List
items:
- kind: Pod
  metadata:
    generateName: p-
  spec:
    containers:
    - image: d
      args: [e/f, g]
- kind: X
  apiVersion: example.com/v1
  metadata: {name: x}
  spec:
    odd.key:
      image: 'h'
---
services:
  web: {image: i}
`
	found, err := manifest.Find([]byte(text), manifest.Options{
		File: "x.yaml", Env: true,
		Locators: mustLocators(manifest.Locator{Kind: "x", Paths: []string{`{.spec.odd\.key.image}`}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range found.Images {
		if raw := strings.Trim(text[i.Start:i.End], `"'`); raw != i.Text {
			t.Errorf("%s stands at %q", i.Text, raw)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s/%s/%s %s", i.Position, i.Source, i.Text, i.Object.Kind, i.Object.Namespace, i.Object.Name, i.Path))
	}
	want := []string{
		"x.yaml:9:31 container a/b:1 Deployment/shop/web spec.template.spec.containers[0].image",
		"x.yaml:11:28 volume c Deployment/shop/web spec.template.spec.volumes[0].image.reference",
		"x.yaml:21:14 container d Pod// spec.containers[0].image",
		"x.yaml:22:14 env e/f Pod// spec.containers[0].args[0]",
		`x.yaml:28:14 locator h X//x spec["odd.key"].image`,
		"x.yaml:31:16 compose i // services.web.image",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("images (-want +got)\n%s", diff)
	}
	objects := []manifest.Object{
		{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web", Position: manifest.Position{File: "x.yaml", Line: 2, Column: 1}},
		{Kind: "Pod", Position: manifest.Position{File: "x.yaml", Line: 16, Column: 3}},
		{APIVersion: "example.com/v1", Kind: "X", Name: "x", Position: manifest.Position{File: "x.yaml", Line: 23, Column: 3}},
		{Position: manifest.Position{File: "x.yaml", Line: 30, Column: 1}},
	}
	if diff := cmp.Diff(objects, found.Objects); diff != "" {
		t.Errorf("objects (-want +got)\n%s", diff)
	}
}

func TestTypedListItemsHaveAKind(t *testing.T) {
	found, err := manifest.Find([]byte("kind: DeploymentList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n"), manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []manifest.Object{{Kind: "Deployment", Name: "a"}, {Kind: "Deployment", Name: "b"}}
	if diff := cmp.Diff(want, found.Objects, cmpopts.IgnoreTypes(manifest.Position{})); diff != "" {
		t.Error(diff)
	}
}

// TestReplaceIsAskedOnce checks that each text is asked for once, and once more
// for env values, and that OnImage tells of every place.
func TestReplaceIsAskedOnce(t *testing.T) {
	var asked, told []string
	_, _, err := manifest.Rewrite([]byte(strings.Repeat(`---
spec:
  containers:
  - image: a/b
    args: [a/b]
  - image: "a/b"
  - image: kept
  - image: NOT
`, 3)), manifest.Options{
		Env: true,
		Replace: func(i *manifest.Image) (string, bool, error) {
			asked = append(asked, fmt.Sprintf("%s %s at %s", i.Source, i.Text, i.Position))
			return "r/" + i.Text, i.Text != "kept", nil
		},
		OnImage: func(i *manifest.Image, to string, matched bool) {
			told = append(told, fmt.Sprintf("%d %s %v", i.Line, to, matched))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"container a/b at 4:12", "env a/b at 5:12", "container kept at 7:12"}, asked); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"4 r/a/b true", "5 r/a/b true", "6 r/a/b true", "7 kept false"}, told[:4]); diff != "" {
		t.Error(diff)
	}
	if len(told) != 12 {
		t.Errorf("told of %d images, want 12", len(told))
	}
}

// TestTagsThatAreNumbersAreQuoted has replacements that plain YAML would take
// for something else.
func TestReplacementsThatNeedQuotes(t *testing.T) {
	for to, want := range map[string]string{
		"true": `"true"`, "1.5": `"1.5"`, "0x1f": `"0x1f"`, "null": `"null"`, "12:30": `"12:30"`, "2024-01-01": `"2024-01-01"`,
		"[::1]:5000/a": `"[::1]:5000/a"`, "a:1": "a:1", "1.2.3.4:5000/a": "1.2.3.4:5000/a", "a@sha256:0": "a@sha256:0",
	} {
		out, _, err := manifest.Rewrite([]byte("spec:\n  containers:\n  - image: x\n"), manifest.Options{
			Replace: func(*manifest.Image) (string, bool, error) { return to, true, nil },
		})
		if err != nil || string(out) != "spec:\n  containers:\n  - image: "+want+"\n" {
			t.Errorf("%s: %q, %v", to, out, err)
		}
	}
}

func TestPlanFacts(t *testing.T) {
	for text, want := range map[string]manifest.Plan{
		"":               {},
		"---\na: b\n":    {Size: 9, Marked: true, NewlineAtEnd: true},
		"a: b":           {Size: 4},
		"\ufeff---\n":    {Size: 7, Marked: true, NewlineAtEnd: true},
		"# x\n---\na: b": {Size: 12},
	} {
		_, plan, err := manifest.Rewrite([]byte(text), manifest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, *plan, cmpopts.IgnoreUnexported(manifest.Plan{})); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}
