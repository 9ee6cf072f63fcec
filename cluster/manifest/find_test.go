package manifest_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
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
		{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web", Position: diag.Position{File: "x.yaml", Line: 2, Column: 1}},
		{Kind: "Pod", Position: diag.Position{File: "x.yaml", Line: 16, Column: 3}},
		{APIVersion: "example.com/v1", Kind: "X", Name: "x", Position: diag.Position{File: "x.yaml", Line: 23, Column: 3}},
		{Position: diag.Position{File: "x.yaml", Line: 30, Column: 1}},
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
	if diff := cmp.Diff(want, found.Objects, cmpopts.IgnoreTypes(diag.Position{})); diff != "" {
		t.Error(diff)
	}
}

// TestReplaceIsAskedOnce checks that each image is asked for once, and once more
// for env values, and that OnImage is called for every place.
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

func TestWithoutBOM(t *testing.T) {
	const text = "\ufeffspec:\n  containers:\n  - image: a\n"
	plan, err := manifest.Scan(strings.NewReader(text), manifest.Options{Replace: flat})
	if err != nil {
		t.Fatal(err)
	}
	for want, p := range map[string]*manifest.Plan{
		"\ufeffspec:\n  containers:\n  - image: localhost:5000/a\n": plan,
		"spec:\n  containers:\n  - image: localhost:5000/a\n":       plan.WithoutBOM(),
	} {
		var out strings.Builder
		if err := p.Copy(&out, strings.NewReader(text)); err != nil || out.String() != want {
			t.Errorf("%q, %v; want %q", out.String(), err, want)
		}
	}
	plan, err = manifest.Scan(strings.NewReader("a: b"), manifest.Options{})
	if err != nil || plan.WithoutBOM().Changed() {
		t.Errorf("%v: a plan without a mark changes something", err)
	}
}

// TestOneLongLine has a list of Pods as jq -c writes it. Each is found, placed
// and given a policy, in a time that does not grow with the square of the line.
func TestOneLongLine(t *testing.T) {
	const pods = 20000
	var text, want strings.Builder
	text.WriteString(`{"kind":"List","items":[`)
	want.WriteString(`{"kind":"List","items":[`)
	for i := range pods {
		comma := map[bool]string{true: ","}[i > 0]
		fmt.Fprintf(&text, `%s{"apiVersion":"v1","kind":"Pod","metadata":{"name":"é%d"},"spec":{"containers":[{"image":"a/b%d"}]}}`, comma, i, i)
		fmt.Fprintf(&want, `%s{"apiVersion":"v1","kind":"Pod","metadata":{"name":"é%d"},"spec":{"containers":[{"image":"localhost:5000/a_b%[2]d", "imagePullPolicy": "Always"}]}}`, comma, i)
		if i%2 == 0 { // what is passed over, between what is not
			secret := fmt.Sprintf(`,{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s%d"},"containers":[{"image":"%[1]d"}]}`, i)
			text.WriteString(secret)
			want.WriteString(secret)
		}
	}
	text.WriteString("]}")
	want.WriteString("]}")
	n := 0
	got, _, err := manifest.Rewrite([]byte(text.String()), manifest.Options{
		PullPolicy: manifest.PullAlways, Index: manifest.NewIndex(""),
		Replace: func(found *manifest.Image) (string, bool, error) {
			if n%997 == 0 {
				if column := utf8.RuneCountInString(text.String()[:found.Start]) + 1; found.Column != column {
					t.Errorf("image %d: column %d, want %d", n, found.Column, column)
				}
			}
			n++
			return flat(found)
		},
	})
	if err != nil || string(got) != want.String() || n != pods {
		t.Errorf("%d images, %v", n, err)
	}
}

// TestManyContainersShareAnImage has them in lists that aliases lead to again.
func TestManyContainersShareAnImage(t *testing.T) {
	const n = 20000
	var text strings.Builder
	text.WriteString("spec:\n  containers: &all\n  - image: &i a\n")
	for range n {
		text.WriteString("  - image: *i\n")
	}
	text.WriteString("  initContainers: *all\n")
	out, _, err := manifest.Rewrite([]byte(text.String()), manifest.Options{Replace: flat, PullPolicy: manifest.PullAlways})
	if got := strings.Count(string(out), "\n    imagePullPolicy: Always\n"); err != nil || got != n+1 {
		t.Errorf("%d policies, want %d: %v", got, n+1, err)
	}
}

func TestPlanFacts(t *testing.T) {
	for text, want := range map[string]manifest.Plan{
		"":                            {},
		"---\na: b\n":                 {Size: 9, Marked: true, NewlineAtEnd: true},
		"a: b":                        {Size: 4},
		"\ufeff---\n":                 {Size: 7, Marked: true, NewlineAtEnd: true, BOM: true},
		"# x\n---\na: b":              {Size: 12},
		"# x\n\n%YAML 1.2\n---\na: b": {Size: 23, Directives: true, Parsed: 23},
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

func TestUncovered(t *testing.T) {
	const text = `apiVersion: example.com/v1
kind: Thing
metadata:
  annotations: {note: gcr.io/a/b:1, url: "https://gcr.io/a/b:1", path: a.b/c}
spec:
  image: web
  baseImage: me/base
  imageSize: 5
  values: {image: {repository: me/chart, tag: v1}, repository: a/b}
  noimage: 5
  deep: [{ref: "localhost/x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]
  containers: [{image: gcr.io/covered:1, env: [{value: gcr.io/env/x:1}]}]
---
apiVersion: v1
kind: ConfigMap
data: {image: a/b}
`
	var got []string
	_, err := manifest.Scan(strings.NewReader(text), manifest.Options{
		OnUncovered: func(i *manifest.Image) {
			got = append(got, fmt.Sprintf("%s %s %.20s %s", i.Position, i.Source, i.Text, i.Path))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"4:23 none gcr.io/a/b:1 metadata.annotations.note",
		"6:10 none web spec.image",
		"7:14 none me/base spec.baseImage",
		"9:32 none me/chart spec.values.image.repository",
		"11:16 none localhost/x@sha256:0 spec.deep[0].ref",
		"12:56 none gcr.io/env/x:1 spec.containers[0].env[0].value",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
