package manifest_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

// broken are inputs that cannot be read, and what is said of each.
var broken = []struct{ name, in, want string }{
	{"duplicate key", "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", `x.yaml:5:3: duplicate key "c", first on line 3: remove one`},
	{"duplicate key, flow", "a: {b: 1, c: 2, \"b\": 3}\n", `x.yaml:1:17: duplicate key "b", first on line 1: remove one`},
	{"duplicate key in the second document", "a: 1\n---\n# x\né: {}\nb: 1\nb: 2\n", `x.yaml:6:1: duplicate key "b", first on line 5: remove one`},
	{"duplicate key in another spelling", "a: 1\n'a': 2\n", `x.yaml:2:1: duplicate key "a", first on line 1: remove one`},
	{"tab indent", "spec:\n  a: 1\n\tb: 2\n", "x.yaml:3:1: a tab cannot indent: use spaces"},
	{"tab indent behind spaces", "spec:\n  a:\n  \tb: 2\n", "x.yaml:3:3: a tab cannot indent: use spaces"},
	{"tab in a block scalar", "a: 1\nb: |\n\tc\n", "x.yaml:3:1: a tab cannot indent: use spaces"},
	{"bad indent", "a:\n  b:\n    c: 1\n   d: 2\ne: 3\n", "x.yaml:4:4: broken YAML: did not find expected key"},
	{"two colons", "a: 1\nimage: b: c\n", "x.yaml:2:9: broken YAML: mapping values are not allowed in this context"},
	{"open quote", "a: 1\nb: 'c\nd: e\nf: g\n", "x.yaml:2:4: broken YAML: found unexpected end of stream"},
	{"open flow", "a: 1\nb: [c,\n  d\ne: f\n", "x.yaml:2:4: broken YAML: did not find expected ',' or ']'"},
	{"key without a value", "a: 1\nb\nc: 2\n", "x.yaml:2:1: broken YAML: could not find expected ':'"},
	{"list in a mapping", "a: 1\n- b\n", "x.yaml:2:1: broken YAML: did not find expected key"},
	{"bad escape", "a: 1\nb: \"c\\qd\"\n", "x.yaml:2:6: broken YAML: found unknown escape character"},
	{"reserved", "a: 1\nb: @c\n", "x.yaml:2:4: broken YAML: found character that cannot start any token"},
	{"unknown alias", "a: 1\nb: *c\n", "x.yaml:2:4: alias *c has no anchor before it in this document"},
	{"duplicate key with a percent sign", "100%: 1\n100%: 2\n", `x.yaml:2:1: duplicate key "100%", first on line 1: remove one`},
	{"unknown alias behind its name", "a:\n  b: c\n# see *x\nd: \"*x\"\ne: *x # *x\n", "x.yaml:5:4: alias *x has no anchor before it in this document"},
	{"unknown alias behind a longer one", "a: &xy 1\nb: *xy\nc: *x\n", "x.yaml:3:4: alias *x has no anchor before it in this document"},
	{"JSON without a comma", "{\n  \"kind\": \"Pod\",\n  \"metadata\": {\n    \"name\": \"x\"\n    \"namespace\": \"y\"\n  }\n}\n", "x.yaml:5:5: broken YAML: did not find expected ',' or '}'"},
	{"alias across documents", "a: &c 1\n---\nb: *c\n", "x.yaml:3:4: alias *c has no anchor before it in this document"},
	{"template", "a: 1\nb: {{ .V }}:{{ .W }}\nc: 2\n", "x.yaml:2:4: broken YAML: did not find expected key (a template? render it first)"},
	{"template control", "a: 1\n{{- if .V }}\nb: 2\n{{- end }}\n", "x.yaml:2:1: broken YAML: could not find expected ':' (a template? render it first)"},
	{"second document", "a: 1\n---\nb: 1\n---\nc: 'd\n", "x.yaml:5:4: broken YAML: found unexpected end of stream"},
	{"multi-line flow before the error", "a: [b,\n  c,\n  d]\ne: 1\nf: g: h\n", "x.yaml:5:5: broken YAML: mapping values are not allowed in this context"},
	{"control character", "a: b\nc: d\x01\n", "x.yaml:2:5: control character U+0001: YAML allows none but tab and line ends"},
	{"NUL", "a: b\nc: d\x00e\n", "x.yaml:2:5: control character U+0000: YAML allows none but tab and line ends"},
	{"not UTF-8", "a: b\nc: é\xff\n", "x.yaml:2:5: byte 0xff is not UTF-8: save the file as UTF-8"},
	{"UTF-16, little end first", "\xff\xfea\x00:\x00", "x.yaml:1:1: UTF-16 or UTF-32, not UTF-8: save the file as UTF-8"},
	{"UTF-16, big end first", "\xfe\xff\x00a\x00:", "x.yaml:1:1: UTF-16 or UTF-32, not UTF-8: save the file as UTF-8"},
	{"UTF-16 without a mark", "a\x00:\x00", "x.yaml:1:1: UTF-16 or UTF-32, not UTF-8: save the file as UTF-8"},
	{"UTF-32", "\x00\x00\xfe\xff\x00\x00\x00a", "x.yaml:1:1: UTF-16 or UTF-32, not UTF-8: save the file as UTF-8"},
	{"unknown directive version", "%YAML 2.0\n---\na: b\n", "x.yaml:1:1: broken YAML: found incompatible YAML document"},
}

func TestBrokenInputs(t *testing.T) {
	for _, b := range broken {
		_, plan, err := manifest.Rewrite([]byte(b.in), manifest.Options{File: "x.yaml", Replace: flat})
		if plan != nil || err == nil || err.Error() != b.want {
			t.Errorf("%s:\n got %v\nwant %s", b.name, err, b.want)
		}
		var where *manifest.Error
		if err != nil && !errors.As(err, &where) {
			t.Errorf("%s: %T is no *Error", b.name, err)
		}
	}
}

// TestErrorFarIntoALargeInput has the line and column right behind many regions.
func TestErrorFarIntoALargeInput(t *testing.T) {
	data := sampled(t, 500)
	lines := bytes.Count(data, []byte("\n"))
	data = append(data, "---\na: 1\nb: 2\na: 3\n"...)
	_, _, err := manifest.Rewrite(data, manifest.Options{Replace: flat})
	var where *manifest.Error
	if !errors.As(err, &where) || where.Line != lines+4 || where.Column != 1 {
		t.Errorf("got %v, want line %d", err, lines+4)
	}
}

func TestReaderErrors(t *testing.T) {
	why := errors.New("disk on fire")
	_, err := manifest.Scan(iotest.ErrReader(why), manifest.Options{File: "x.yaml"})
	if !errors.Is(err, why) || !strings.HasPrefix(err.Error(), "x.yaml: ") {
		t.Errorf("Scan: %v", err)
	}
	data := []byte("spec:\n  containers:\n  - image: a\n")
	plan, err := manifest.Scan(bytes.NewReader(data), manifest.Options{File: "x.yaml", Replace: flat})
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Copy(io.Discard, iotest.ErrReader(why)); !errors.Is(err, why) {
		t.Errorf("Copy: %v", err)
	}
	for _, other := range []string{"", "spec:\n  containers:\n  - image: b\n", string(data) + "\n", "spec:\n"} {
		if err := plan.Copy(io.Discard, strings.NewReader(other)); !errors.Is(err, manifest.ErrChanged) {
			t.Errorf("Copy of %q: %v", other, err)
		}
	}
}

func TestReplaceErrorsHaveAPlace(t *testing.T) {
	why := errors.New("too long")
	_, err := manifest.Scan(strings.NewReader("spec:\n  containers:\n  - image: a\n"), manifest.Options{
		File:    "x.yaml",
		Replace: func(*manifest.Image) (string, bool, error) { return "", false, why },
	})
	if !errors.Is(err, why) || err.Error() != "x.yaml:3:12: too long" {
		t.Error(err)
	}
}

func TestReplaceReturnsAName(t *testing.T) {
	_, _, err := manifest.Rewrite([]byte("spec:\n  containers:\n  - image: a\n"), manifest.Options{
		File:    "x.yaml",
		Replace: func(*manifest.Image) (string, bool, error) { return "", true, nil },
	})
	var located *manifest.Error
	if !errors.As(err, &located) || err.Error() != `x.yaml:3:12: Options.Replace returned no name for image "a", which it matched` {
		t.Error(err)
	}
}

// refused are inputs that can be read and not edited as asked.
func TestRefusedEdits(t *testing.T) {
	toDigest := func(*manifest.Image) (string, bool, error) {
		return "r/a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true, nil
	}
	split := mustLocators(manifest.Locator{Object: &manifest.ImageObject{Path: "{.spec}", RepoField: "repo", TagField: "tag"}})
	for _, c := range []struct {
		name, in, want string
		opts           manifest.Options
	}{
		{
			"Never with a digest", "spec:\n  containers:\n  - name: a\n    image: a\n",
			"x.yaml:4:12: pull policy Never cannot work with a digest (r/a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef): " +
				"an image that was loaded onto a node has none; use IfNotPresent",
			manifest.Options{Replace: toDigest, PullPolicy: manifest.PullNever},
		},
		{
			"a tag that is no text", "kind: X\nspec:\n  repo: a\n  tag: [b]\n",
			"x.yaml:4:8: the tag beside an image's repository is not a string",
			manifest.Options{Replace: toDigest, Locators: split},
		},
		{
			"a block with an odd line end", "spec:\n  containers:\n  - image: |-\n      a\u0085",
			"x.yaml:3:12: an image in a block with this header cannot be changed: write it on the key's line",
			manifest.Options{Replace: flat},
		},
		{
			"a policy that is no text", "spec:\n  containers:\n  - image: a\n    imagePullPolicy: {}\n",
			"x.yaml:4:22: imagePullPolicy is not a string",
			manifest.Options{Replace: flat, PullPolicy: manifest.PullAlways},
		},
		{
			"a policy behind a text without a line end", "spec:\n  containers:\n  - image: >1\n     a",
			"x.yaml:3:12: no imagePullPolicy can follow an image in a block with this header: write the image on the key's line",
			manifest.Options{Replace: flat, PullPolicy: manifest.PullAlways},
		},
		{
			"a policy without braces", "spec:\n  containers: [image: a]\n",
			"x.yaml:2:16: imagePullPolicy cannot be added to a mapping without braces: write {image: …}",
			manifest.Options{Replace: flat, PullPolicy: manifest.PullAlways},
		},
		{
			"an anchored null", "spec:\n  containers:\n  - image: a\n    imagePullPolicy: &p\n",
			"x.yaml:4:21: an empty value with a tag or an anchor cannot be changed: write the value",
			manifest.Options{Replace: flat, PullPolicy: manifest.PullAlways},
		},
	} {
		opts := c.opts
		opts.File = "x.yaml"
		_, _, err := manifest.Rewrite([]byte(c.in), opts)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
}

// TestWarningsAreShort: a huge string that is no image is shown by its start.
func TestWarningsAreShort(t *testing.T) {
	huge := strings.Repeat("É", 1<<20)
	for _, in := range []string{
		"spec:\n  containers:\n  - image: " + huge + "\n",
		"spec:\n  containers:\n  - image: '" + huge + "'\n",
		"spec:\n  containers:\n  - image: !!x " + huge + "\n",
		"spec:\n  containers:\n  - image: " + strings.Repeat("1", 1<<20) + "\n",
		"spec:\n  containers:\n  - image: a:" + strings.Repeat("b", 1<<20) + "\n",
	} {
		_, plan, err := manifest.Rewrite([]byte(in), manifest.Options{Replace: flat})
		if err != nil || len(plan.Warnings) != 1 || len(plan.Warnings[0].String()) > 1000 || !strings.Contains(plan.Warnings[0].Reason, "…") {
			t.Errorf("%.50s: %v, %d warnings, %.300v", in, err, len(plan.Warnings), plan.Warnings)
		}
	}
}

// TestDuplicateKeysAccepted changes the value that readers take, the last.
func TestDuplicateKeysAccepted(t *testing.T) {
	for _, in := range []string{
		"kind: Pod\nspec:\n  containers:\n  - image: b\n    name: x\n    image: a\n",
		"kind: Pod\nspec: {containers: [{image: b, name: x, image: a}]}\n",
		"kind: Pod\nspec:\n  containers:\n  - &c\n    image: b\n    name: x\n    image: a\n  - *c\n", // by the full scanner
	} {
		opts := manifest.Options{Replace: func(i *manifest.Image) (string, bool, error) { return "r/" + i.Text, true, nil }}
		if _, _, err := manifest.Rewrite([]byte(in), opts); err == nil || !strings.Contains(err.Error(), `duplicate key "image"`) {
			t.Errorf("%s: got %v", in, err)
		}
		opts.DuplicateKeys = true
		out, _, err := manifest.Rewrite([]byte(in), opts)
		if want := strings.ReplaceAll(in, "image: a", "image: r/a"); err != nil || string(out) != want {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
