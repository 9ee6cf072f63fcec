package starlark

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoNameOfUpstream: a reader of code that uses this package must never have
// to ask which starlark a name is of, so nothing is exported under a name that
// go.starlark.net/starlark exports.
func TestNoNameOfUpstream(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "go.starlark.net/starlark").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	upstream := exported(t, strings.TrimSpace(string(out)))
	if !upstream["Thread"] || !upstream["Universe"] || !upstream["NewBuiltin"] {
		t.Fatalf("the names of upstream were not found: %d", len(upstream))
	}
	ours := exported(t, ".")
	if !ours["Engine"] || !ours["ErrOutside"] || !ours["DefaultSteps"] || !ours["Render"] {
		t.Fatalf("our names were not found: %v", ours)
	}
	for name := range ours {
		if upstream[name] {
			t.Errorf("%s is exported by go.starlark.net/starlark too", name)
		}
	}
}

// exported lists what a package exports at its top level.
func exported(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	add := func(id *ast.Ident) {
		if id.IsExported() {
			names[id.Name] = true
		}
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil {
					add(decl.Name)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						add(spec.Name)
					case *ast.ValueSpec:
						for _, id := range spec.Names {
							add(id)
						}
					}
				}
			}
		}
	}
	return names
}
