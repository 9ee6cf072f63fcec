package locate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// searchAll searches each document of a stream, and calls found after each.
func searchAll(t *testing.T, text []byte, s *Search, found func(*yamltree.Tree)) {
	t.Helper()
	text = append(bytes.Clone(text), bytes.Repeat([]byte("\n"), yamltree.Slack)...)
	text = text[:len(text)-yamltree.Slack]
	r := yamltree.NewReader(Symbols())
	for start := 0; start < len(text); {
		end, _, err := r.Next(text, start, true)
		if err != nil {
			t.Fatal(err)
		}
		s.Run(&r.Tree)
		found(&r.Tree)
		start = end
	}
}

// TestKnownKinds: in the documents of testdata/known each string with found/ is an
// image, and no other one with a slash is.
func TestKnownKinds(t *testing.T) {
	files, err := filepath.Glob("testdata/known/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no documents", err)
	}
	reached := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := NewSearch(nil, false)
		searchAll(t, text, s, func(tree *yamltree.Tree) {
			var want, got []string
			for n := range int32(len(tree.Nodes)) {
				if text := tree.Text(n); strings.Contains(text, "found/") {
					want = append(want, text[strings.Index(text, "found/"):])
				}
			}
			for _, f := range s.Matches {
				if text := tree.Text(f.Node)[f.Before:]; strings.Contains(text, "/") {
					got = append(got, text)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s\n(-want +got) %s", file, tree.Buf[tree.Nodes[0].Start:][:60], diff)
			}
			s.reached(tree, reached)
		})
	}
	for i, r := range knownRules {
		for _, path := range targetPaths(r) {
			if !reached[fmt.Sprint(r.Group, r.Kind, path)] {
				t.Errorf("row %d (%s %s): no document of testdata/known has an image at %s: add one", i, r.Group, r.Kind, path)
			}
		}
	}
}

func targetPaths(r Rule) []string {
	paths := append(append([]string(nil), r.Paths...), r.Containers...)
	for _, s := range r.Splits {
		paths = append(paths, s.Path+" "+s.RepoField)
	}
	return paths
}

// reached notes the paths of known rules that lead to an image of the tree at hand.
func (s *Search) reached(tree *yamltree.Tree, paths map[string]bool) {
	objects := append([]Object(nil), s.Objects...)
	for _, r := range knownRules {
		for _, one := range singles(r) {
			c, err := compile(one.rule, FromKnown, Symbols())
			if err != nil {
				panic(err)
			}
			for i := range objects {
				group, _, _ := strings.Cut(tree.Text(objects[i].APIVersion), "/")
				suffix, any := strings.CutPrefix(r.Group, "*")
				if group != r.Group && !(any && strings.HasSuffix(group, suffix)) {
					continue
				}
				s.Matches = s.Matches[:0]
				if s.apply(c, &objects[i]); len(s.Matches) > 0 {
					paths[fmt.Sprint(r.Group, r.Kind, one.path)] = true
				}
			}
		}
	}
}

type single struct {
	path string
	rule Rule
}

// singles splits a rule into one for each of its paths.
func singles(r Rule) (out []single) {
	only := r
	only.Paths, only.Containers, only.Splits = nil, nil, nil
	for i, path := range targetPaths(r) {
		one := only
		switch {
		case i < len(r.Paths):
			one.Paths = []string{path}
		case i < len(r.Paths)+len(r.Containers):
			one.Containers = []string{path}
		default:
			one.Splits = r.Splits[i-len(r.Paths)-len(r.Containers):][:1]
		}
		out = append(out, single{path, one})
	}
	return out
}
