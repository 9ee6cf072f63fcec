package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

func TestJSONPath(t *testing.T) {
	const text = `apiVersion: example.com/v1
kind: Thing
metadata: {name: one, namespace: ns}
spec:
  image: a
  list:
  - {name: x, image: b, n: 1}
  - {name: y, image: c, n: 2}
  - {name: z, image: d, n: 10}
  deep: {er: {image: e}}
  base: &base {image: f}
  use: *base
`
	for path, want := range map[string]string{
		"{.spec.image}": "a", ".spec.image": "a", "spec.image": "a", "{$.spec.image}": "a", "{.spec['image']}": "a",
		"{.spec.list[*].image}": "b c d", "{.spec.list[0].image}": "b", "{.spec.list[-1].image}": "d",
		"{.spec.list[0:2].image}": "b c", "{.spec.list[::2].image}": "b d", "{.spec.list[7].image}": "",
		`{.spec.list[?(@.name=="y")].image}`: "c", `{.spec.list[?(@.n>1)].image}`: "c d", `{.spec.list[?(@.n<=2)].image}`: "b c",
		`{.spec.list[?(@.name!="y")].image}`: "b d", `{.spec.list[?(@.image)].image}`: "b c d", `{.spec.list[?(@.missing)].image}`: "",
		"{..image}": "a b c d e f", "{.spec.deep.*.image}": "e", "{.spec.use.image}": "f",
		"{.spec['image','deep'].er.image}": "e", "{.spec.none.image}": "", "{.spec.image.none}": "",
	} {
		l, err := manifest.NewLocators(manifest.Locator{Kind: "Thing", Paths: []string{path}})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		found, err := manifest.Find([]byte(text), manifest.Options{Locators: l})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range found.Images {
			got = append(got, i.Text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s finds %q, want %q", path, got, want)
		}
	}
}

func TestLocatorsChooseObjects(t *testing.T) {
	const text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one, namespace: ns}\nspec: {image: a}\n"
	for _, c := range []struct {
		l    manifest.Locator
		want int
	}{
		{manifest.Locator{}, 1},
		{manifest.Locator{Kind: "thing"}, 1},
		{manifest.Locator{Kind: "^hin"}, 0},
		{manifest.Locator{Kind: "Thing", APIVersion: "^example.com/"}, 1},
		{manifest.Locator{APIVersion: "^v1$"}, 0},
		{manifest.Locator{Name: "^one$", Namespace: "^ns$"}, 1},
		{manifest.Locator{Name: "two"}, 0},
		{manifest.Locator{Namespace: "default"}, 0},
	} {
		c.l.Paths = []string{".spec.image"}
		found, err := manifest.Find([]byte(text), manifest.Options{Locators: mustLocators(c.l)})
		if err != nil || len(found.Images) != c.want {
			t.Errorf("%+v: %d images, want %d (%v)", c.l, len(found.Images), c.want, err)
		}
	}
}

func TestLocatorNeverLooksIntoASchema(t *testing.T) {
	const text = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {image: a}\n"
	found, err := manifest.Find([]byte(text), manifest.Options{Locators: mustLocators(manifest.Locator{Paths: []string{"{..image}"}})})
	if err != nil || len(found.Images) != 0 {
		t.Error(found, err)
	}
}

func TestWrongLocators(t *testing.T) {
	var got []string
	for _, l := range []manifest.Locator{
		{Kind: "X"},
		{Kind: "(", Paths: []string{".a"}},
		{Name: strings.Repeat("a", 1001), Paths: []string{".a"}},
		{Paths: []string{"{.a"}},
		{Paths: []string{"text {.a}"}},
		{Paths: []string{"{range .a[*]}{.b}{end}"}},
		{Paths: []string{`{"a"}`}},
		{Object: &manifest.ImageObject{Path: ".a", RepoField: "r"}},
		{Object: &manifest.ImageObject{Path: "{.a", RepoField: "r", TagField: "t"}},
	} {
		_, err := manifest.NewLocators(l)
		if err == nil {
			t.Errorf("%+v is taken", l)
			continue
		}
		got = append(got, err.Error())
	}
	want := []string{
		"a locator needs a JSONPath to images, or an image object",
		`kind "(" is not a regular expression: error parsing regexp: missing closing ): ` + "`(?i)(`",
		"name has a regular expression of 1001 bytes: the limit is 1000",
		`"{.a" is not a JSONPath: unclosed action`,
		`"text {.a}" is not a JSONPath: unrecognized character in action: U+007B '{'`,
		`"{range .a[*]}{.b}{end}" is not a JSONPath to a field: want one expression in braces, as {.spec.image}`,
		`"{\"a\"}" is not a JSONPath to a field: want one expression in braces, as {.spec.image}`,
		"an image object needs the names of its repository and tag fields",
		`"{.a" is not a JSONPath: unclosed action`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestStrictLocators holds that what a locator finds and is no image name is a warning,
// or an error that names its place; the images of other rules only warn.
func TestStrictLocators(t *testing.T) {
	path := mustLocators(manifest.Locator{Kind: "Thing", Paths: []string{"{.spec.img}"}})
	fields := mustLocators(manifest.Locator{Kind: "Thing", Object: &manifest.ImageObject{Path: "{.spec}", RepoField: "repo", TagField: "tag"}})
	for _, c := range []struct {
		l          *manifest.Locators
		spec, want string
	}{
		{path, "{img: UPPER}", `m:3:13: image "UPPER" is not an image name: `},
		{path, "{img: ''}", `m:3:13: image "" is not an image name: `},
		{path, `{img: "a\u0020b"}`, `m:3:13: image "a b" is not an image name: `},
		{path, "{img: 1.5}", "m:3:13: image 1.5 is not a string to YAML"},
		{path, "{img: !x a}", `m:3:16: image "a" has a tag that makes it no string to YAML`},
		{path, "{img: {a: b}}", "m:3:13: image is a mapping, not a string"},
		{path, "{img: ~}", ""},
		{path, "{other: UPPER}", ""},
		{path, "{image: UPPER, containers: [{name: a, image: UPPER}]}", ""},
		{fields, "{repo: UPPER, tag: x}", `m:3:14: image "UPPER:x" is not an image name: `},
		{fields, "{repo: app, tag: x}", ""},
	} {
		text := "apiVersion: example.com/v1\nkind: Thing\nspec: " + c.spec + "\n"
		lenient, err := manifest.Find([]byte(text), manifest.Options{File: "m", Locators: c.l})
		if err != nil || (c.want != "") != (len(lenient.Warnings) > 0) && !strings.Contains(text, "containers") {
			t.Errorf("%s: %v, with the warnings %v", c.spec, err, lenient.Warnings)
		}
		_, err = manifest.Find([]byte(text), manifest.Options{File: "m", Locators: c.l, StrictLocators: true})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.spec, err)
		case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "left alone")):
			t.Errorf("%s: got %v\nwant %s", c.spec, err, c.want)
		}
	}
}
