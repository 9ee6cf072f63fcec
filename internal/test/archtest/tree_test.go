package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the path of this module, root its folder.
const (
	module = "github.com/sextant-dev/sextant"
	root   = "../../.."
)

// file is one Go file of the module.
type file struct {
	path string // below the root, with slashes
	dir  string // its package's folder, "." for the root
	ast  *ast.File
	text string
}

func (f *file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f *file) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser took it
		}
		paths = append(paths, path)
	}
	return paths
}

// files returns every Go file of the module, whatever its build constraints.
func files(t *testing.T) []*file {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d files below %s", len(all), root)
	}
	return all
}

// parsed parses the files, once for all tests. A folder with a go.mod of its own
// is another module.
var parsed = sync.OnceValues(func() ([]*file, error) {
	var all []*file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all = append(all, &file{path: rel, dir: filepath.ToSlash(filepath.Dir(rel)), ast: tree, text: string(text)})
		return nil
	})
	return all, err
})
