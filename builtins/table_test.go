package builtins_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sextant-dev/sextant/builtins"
)

// TestEveryRowHasAScript fails for a function or attribute that no script of
// testdata uses: each row is specified by one.
func TestEveryRowHasAScript(t *testing.T) {
	var scripts strings.Builder
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if f.Name == "Clusterfile" || strings.HasSuffix(f.Name, ".star") {
				scripts.Write(f.Data)
			}
		}
	}
	uses := func(pattern string) bool { return regexp.MustCompile(pattern).MatchString(scripts.String()) }
	for _, f := range builtins.Functions() {
		name := f.Name
		if typ, method, ok := strings.Cut(name, "."); ok && typ[0] >= 'A' && typ[0] <= 'Z' {
			name = "." + method
		}
		if !uses(regexp.QuoteMeta(name) + `\(`) {
			t.Errorf("no script calls %s", f.Name)
		}
	}
	for _, a := range builtins.Attributes() {
		if !uses(`\.` + a.Name + `\b`) {
			t.Errorf("no script reads %s.%s", a.Of, a.Name)
		}
	}
}

// TestRowsAreComplete holds what documentation and completion are made of.
func TestRowsAreComplete(t *testing.T) {
	var last string
	for _, f := range builtins.Functions() {
		if f.Name <= last {
			t.Errorf("%s stands after %s", f.Name, last)
		}
		last = f.Name
		if f.Returns == "" || !strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: returns %q, doc %q", f.Name, f.Returns, f.Doc)
		}
		var names []string
		optional := false
		for _, p := range f.Params {
			if slices.Contains(names, p.Name) {
				t.Errorf("%s: two parameters %s", f.Name, p.Name)
			}
			names = append(names, p.Name)
			if !strings.HasSuffix(p.Doc, ".") || p.Type == "" {
				t.Errorf("%s: %s: type %q, doc %q", f.Name, p.Name, p.Type, p.Doc)
			}
			if strings.HasPrefix(p.Name, "*") {
				continue
			}
			if optional && p.Default == nil {
				t.Errorf("%s: %s is required and stands after one that is not", f.Name, p.Name)
			}
			optional = p.Default != nil
		}
	}
	for _, a := range builtins.Attributes() {
		if a.Of == "" || a.Type == "" || !strings.HasSuffix(a.Doc, ".") {
			t.Errorf("%s.%s: type %q, doc %q", a.Of, a.Name, a.Type, a.Doc)
		}
	}
}

// TestNames: every function's first name is predeclared.
func TestNames(t *testing.T) {
	names := builtins.Names()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("not sorted, or one twice: %v", names)
	}
	for _, f := range builtins.Functions() {
		first, _, _ := strings.Cut(f.Name, ".")
		if method := first[0] >= 'A' && first[0] <= 'Z'; slices.Contains(names, first) == method {
			t.Errorf("%s: %v", f.Name, names)
		}
	}
}
