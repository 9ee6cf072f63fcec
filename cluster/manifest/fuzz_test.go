package manifest_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

// FuzzRewrite holds whatever can be read to the promises: a second rewrite
// changes nothing, the result is YAML that differs in strings alone, and what is
// streamed is what is made in memory.
func FuzzRewrite(f *testing.F) {
	for _, d := range corpus(f) {
		if len(d.in) < 10000 {
			f.Add(d.in, d.opts.Env, d.opts.PullPolicy == manifest.PullAlways)
		}
	}
	for _, b := range broken {
		f.Add([]byte(b.in), false, false)
	}
	known, err := filepath.Glob("internal/locate/testdata/known/*.yaml")
	if err != nil || len(known) == 0 {
		f.Fatal("no documents of known kinds", err)
	}
	for _, file := range known {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for doc := range strings.SplitSeq(string(text), "---\n") {
			f.Add([]byte(doc), true, true)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, env, always bool) {
		opts := manifest.Options{Replace: flat, Env: env}
		if always {
			opts.PullPolicy = manifest.PullAlways
		}
		out, plan, err := manifest.Rewrite(data, opts)
		if err != nil {
			if where := (*manifest.Error)(nil); !errors.As(err, &where) || where.Line < 1 || where.Column < 1 {
				t.Fatalf("%T without a place: %v", err, err)
			}
			return
		}
		again, second, err := manifest.Rewrite(out, opts)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("a second rewrite changes something: %v\n%q\n%q\n%q", err, data, out, again)
		}
		if len(second.Warnings) > len(plan.Warnings) {
			t.Errorf("a second rewrite warns of more: %v", second.Warnings)
		}
		var streamed bytes.Buffer
		if err := plan.Copy(&streamed, bytes.NewReader(data)); err != nil || !bytes.Equal(streamed.Bytes(), out) {
			t.Fatalf("the stream differs: %v", err)
		}
		if !always {
			if diff := cmp.Diff(outline(t, data), outline(t, out)); diff != "" {
				t.Errorf("%q\n%q\n%s", data, out, diff)
			}
		}
	})
}

// outline is the documents with every string blanked out.
func outline(t *testing.T, data []byte) []string {
	t.Helper()
	var docs []string
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		if err := dec.Decode(&doc); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Skip() // bare documents behind "..." are cut before the parser sees them
			}
			return docs
		}
		docs = append(docs, string(sketch(nil, &doc)))
	}
}

func sketch(out []byte, n *yaml.Node) []byte {
	out = fmt.Appendf(out, "%d %s(", n.Kind, n.Anchor)
	if n.Kind == yaml.ScalarNode && n.Tag != "!!str" && !strings.Contains(n.Value, "/") {
		out = append(out, n.Value...)
	}
	for _, c := range n.Content {
		out = sketch(out, c)
	}
	return append(out, ')')
}
