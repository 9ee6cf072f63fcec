package lsp

import (
	"context"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// workspace is the folders of the editor and the documents that are open. The
// server's lock guards it.
type workspace struct {
	options *Options
	folders []string             // absolute
	open    map[string]*document // by absolute path
}

// script is a script to analyze: its root and its name below it.
type script struct {
	root, name string
}

func (s script) path() string { return filepath.Join(s.root, filepath.FromSlash(s.name)) }

// script returns the root of a script, which its loads cannot leave. If its
// project has none, that of an entry file is its folder, as for the command; that
// of another file is the folder above it that has an entry file, else the folder
// of the editor.
func (w *workspace) script(path string) script {
	root := ""
	if w.options.Root != nil {
		root = w.options.Root(path)
	}
	if root == "" {
		root = filepath.Dir(path)
		if !w.options.IsEntry(filepath.Base(path)) {
			root = w.rootOf(root)
		}
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return script{filepath.Dir(path), filepath.Base(path)}
	}
	return script{root, filepath.ToSlash(name)}
}

func (w *workspace) rootOf(dir string) string {
	top := dir
	for _, folder := range w.folders {
		if dir == folder || strings.HasPrefix(dir, folder+string(filepath.Separator)) {
			top = folder
		}
	}
	for at := dir; ; at = filepath.Dir(at) {
		if entries, err := os.ReadDir(at); err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return w.options.IsEntry(e.Name()) }) {
			return at
		}
		if at == top {
			return top
		}
	}
}

// snapshot is the contents of the open documents at one time. It never changes.
type snapshot struct {
	options *Options
	open    map[string]*document
}

// check analyzes a script and what it loads.
func (s *snapshot) check(ctx context.Context, sc script) (*analysis.Program, error) {
	files, err := starlark.OpenDir(sc.root)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	engine := starlark.Engine{Files: files}
	s.options.Prepare(&engine, sc.root, sc.name)
	other := engine.Loader
	engine.Loader = func(ctx context.Context, name string) ([]byte, bool, error) {
		if d := s.open[filepath.Join(sc.root, filepath.FromSlash(name))]; d != nil {
			return []byte(d.text), true, nil
		}
		if other != nil {
			return other(ctx, name)
		}
		return nil, false, nil
	}
	return engine.Check(ctx, sc.name)
}

// maxRepairs is how many lines of a script are taken out to make it parse.
const maxRepairs = 10

// repaired analyzes a script that does not parse with its broken lines taken out,
// so that its symbols are known: the line that was changed last, and each line of
// an error. It is the script without any line if that does not help, and nil only
// if the script cannot be read.
func (s *snapshot) repaired(ctx context.Context, sc script, d *document) *analysis.File {
	lines := strings.SplitAfter(d.text, "\n")
	take := func(n int) bool {
		// The parser may see an error only on a line behind it.
		for n = min(n, len(lines)-1); n >= 0; n-- {
			text := strings.TrimRight(lines[n], "\r\n")
			if code := strings.TrimSpace(text); code != "" && code != "pass" {
				lines[n] = text[:indentation(text)] + "pass" + lines[n][len(text):]
				return true
			}
		}
		return false
	}
	end := cursorAt(d.text, 0, len(d.text))
	end.leaveOpen(len(d.text))
	for _, part := range end.broken {
		for n := d.position(part[0]).Line; n <= d.position(part[1]-1).Line; n++ {
			if code := strings.TrimSpace(lines[n]); code != "" {
				take(n)
			}
		}
	}
	if d.changed >= 0 && len(end.broken) == 0 {
		take(d.changed)
	}
	for range maxRepairs {
		f := s.with(ctx, sc, d, strings.Join(lines, ""))
		if f == nil || f.Tree != nil {
			return f
		}
		if !take(f.Diagnostics[0].Start.Line - 1) {
			break
		}
	}
	return s.with(ctx, sc, d, "")
}

// with analyzes a script with other contents of one document.
func (s *snapshot) with(ctx context.Context, sc script, d *document, text string) *analysis.File {
	open := maps.Clone(s.open)
	open[d.path] = newDocument(d.uri, d.path, d.version, text)
	program, err := (&snapshot{s.options, open}).check(ctx, sc)
	if err != nil {
		return nil
	}
	return program.File(sc.name)
}

// maxScripts is how many scripts below the folders of the editor are searched for
// references.
const maxScripts = 2000

// scripts returns the scripts below the folders of the editor and the open ones.
func (w *workspace) scripts() []script {
	var paths []string
	for path := range w.open {
		paths = append(paths, path)
	}
	for _, folder := range w.folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			switch name := filepath.Base(path); {
			case err != nil:
				return nil // what cannot be read holds no reference that can be changed
			case d.IsDir() && path != folder && (strings.HasPrefix(name, ".") || name == "node_modules"):
				return fs.SkipDir
			case len(paths) >= maxScripts:
				return fs.SkipAll
			case d.Type().IsRegular() && w.options.IsScript(name) && !slices.Contains(paths, path):
				paths = append(paths, path)
			}
			return nil
		})
		if err != nil {
			break
		}
	}
	slices.Sort(paths)
	scripts := make([]script, len(paths))
	for i, path := range paths {
		scripts[i] = w.script(path)
	}
	return scripts
}

// pathOf returns the absolute path of a file URI, or "".
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return ""
	}
	path := u.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/")
	}
	return filepath.Clean(filepath.FromSlash(path))
}

// uriOf returns the file URI of an absolute path.
func uriOf(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
