package manifest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

// flat puts an image into a registry, in the simplest way that changes nothing
// the second time.
func flat(found *manifest.Image) (string, bool, error) {
	const registry = "localhost:5000/"
	if strings.HasPrefix(found.Text, registry) {
		return found.Text, true, nil
	}
	name := found.Text
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = strings.NewReplacer("/", "_", ":", "_").Replace(strings.ToLower(name[:i])) + "_" + name[i+1:]
	}
	return registry + name, true, nil
}

// document is one of testdata/corpus: NAME.in.yaml becomes NAME.out.yaml, with
// the warnings of NAME.warnings.
type document struct {
	name     string
	in, out  []byte
	warnings string
	opts     manifest.Options
}

// corpusOptions are the options of the documents that need some.
var corpusOptions = map[string]manifest.Options{
	"env":           {Env: true},
	"policy-always": {PullPolicy: manifest.PullAlways},
	"policy-json":   {PullPolicy: manifest.PullAlways},
	"policy-crlf":   {PullPolicy: manifest.PullAlways},
	"policy-folded": {PullPolicy: manifest.PullAlways},
	"policy-alias":  {PullPolicy: manifest.PullAlways},
	"custom-resource-locator": {Locators: mustLocators(
		manifest.Locator{Kind: "^Machine$", Paths: []string{"{.spec.runtime.image}", "spec.pools[*].image", ".spec.missing.image"}},
	)},
	"custom-resource-split": {Locators: mustLocators(
		manifest.Locator{Kind: "helmthing", APIVersion: "example", Object: &manifest.ImageObject{
			Path: "{.spec..image}", RepoField: "repository", TagField: "tag",
		}},
		manifest.Locator{Kind: "helmthing", Object: &manifest.ImageObject{
			Path: "{.spec.image}", RepoField: "repository", TagField: "tag",
		}},
	)},
}

func mustLocators(specs ...manifest.Locator) *manifest.Locators {
	l, err := manifest.NewLocators(specs...)
	if err != nil {
		panic(err)
	}
	return l
}

func corpus(tb testing.TB) []document {
	tb.Helper()
	files, err := filepath.Glob("testdata/corpus/*.in.yaml")
	if err != nil || len(files) < 60 {
		tb.Fatalf("%d documents in the corpus, want 60 or more: %v", len(files), err)
	}
	read := func(file string, must bool) []byte {
		data, err := os.ReadFile(file)
		if err != nil && must {
			tb.Fatal(err)
		}
		return data
	}
	var docs []document
	for _, file := range files {
		base := strings.TrimSuffix(file, ".in.yaml")
		d := document{
			name: filepath.Base(base), in: read(file, true), out: read(base+".out.yaml", true),
			warnings: string(read(base+".warnings", false)),
		}
		d.opts = corpusOptions[d.name]
		docs = append(docs, d)
	}
	// Lines of a megabyte are made here.
	long := strings.Repeat("x ", 1<<19)
	for name, text := range map[string]string{
		"long-line":      "spec:\n  containers:\n  - name: a\n    args: [\"" + long + "\"]\n    image: IMAGE\n",
		"long-line-json": `{"kind":"Pod","pad":"` + long + `","spec":{"containers":[{"image":"IMAGE"}]}}`,
		"long-comment":   "# " + long + "\nspec:\n  containers:\n  - image: IMAGE # " + long + "\n",
	} {
		docs = append(docs, document{
			name: name,
			in:   []byte(strings.ReplaceAll(text, "IMAGE", "a/b:1")),
			out:  []byte(strings.ReplaceAll(text, "IMAGE", "localhost:5000/a_b:1")),
		})
	}
	return docs
}

func TestCorpus(t *testing.T) {
	for _, d := range corpus(t) {
		t.Run(d.name, func(t *testing.T) {
			opts := d.opts
			opts.File, opts.Replace = d.name+".in.yaml", flat
			got, plan, err := manifest.Rewrite(d.in, opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(d.out), string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			var warnings strings.Builder
			for _, w := range plan.Warnings {
				warnings.WriteString(w.String() + "\n")
			}
			if diff := cmp.Diff(d.warnings, warnings.String()); diff != "" {
				t.Errorf("warnings (-want +got)\n%s", diff)
			}
			onlyScalars(t, d.in, got, plan)

			var streamed bytes.Buffer
			if err := plan.Copy(&streamed, bytes.NewReader(d.in)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(streamed.Bytes(), got) {
				t.Error("Copy and Rewrite differ")
			}
			again, plan, err := manifest.Rewrite(got, opts)
			if err != nil {
				t.Fatal(err)
			}
			if plan.Changed() || !bytes.Equal(again, got) {
				t.Error("a second rewrite changes something")
			}
		})
	}
}

// onlyScalars checks that every byte outside the edits is as it was, and that an
// edit replaces an image or a pull policy, or adds a pull policy.
func onlyScalars(t *testing.T, in, out []byte, plan *manifest.Plan) {
	t.Helper()
	var from, to int64
	for e := range plan.Edits() {
		kept := e.Start - from
		if !bytes.Equal(in[from:e.Start], out[to:to+kept]) {
			t.Errorf("bytes before offset %d differ", e.Start)
		}
		if string(in[e.Start:e.End]) != e.Old {
			t.Errorf("edit at %d replaces %q, not %q", e.Start, in[e.Start:e.End], e.Old)
		}
		if e.Old == "" && !strings.Contains(e.New, "Always") || strings.Contains(e.Old, ":\n") {
			t.Errorf("edit at %d of %q to %q", e.Start, e.Old, e.New)
		}
		from, to = e.End, to+kept+int64(len(e.New))
	}
	if !bytes.Equal(in[from:], out[to:]) {
		t.Error("the bytes behind the last edit differ")
	}
}
