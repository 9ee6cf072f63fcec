package scripttest

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/txtar"
	txtarfs "golang.org/x/tools/txtar"

	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/starlark"
)

// store is where the files of a place are.
type store interface {
	// read returns a file that stands beside the tests.
	read(name string) ([]byte, error)
	// open returns the files that scripts see, and what releases them.
	open() (files fs.FS, close func() error, err error)
	// script is the path, in those files, of one that stands beside the tests.
	script(name string) string
	// shown is how reports name a file of those that scripts see.
	shown(script string) string
	// write replaces files that stand beside the tests.
	write(changed map[string][]byte) error
}

// folder is a store on disk.
type folder struct {
	dir    string
	root   string
	prefix string // dir as a slash-separated path below root
}

func (f *folder) read(name string) ([]byte, error) { return os.ReadFile(filepath.Join(f.dir, name)) }
func (f *folder) script(name string) string        { return path.Join(f.prefix, name) }

func (f *folder) shown(script string) string {
	return path.Join(filepath.ToSlash(f.root), script)
}

func (f *folder) open() (fs.FS, func() error, error) {
	dir, err := starlark.OpenDir(f.root)
	if err != nil {
		return nil, nil, err
	}
	return dir, dir.Close, nil
}

func (f *folder) write(changed map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if err := atomicfile.Write(filepath.Join(f.dir, name), changed[name], 0o666); err != nil {
			return err
		}
	}
	return nil
}

// archive is a store in one txtar file.
type archive struct {
	path string
	txt  *txtar.Archive
}

func (a *archive) read(name string) ([]byte, error) {
	if i := a.find(name); i >= 0 {
		return a.txt.Files[i].Data, nil
	}
	return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
}

func (a *archive) find(name string) int {
	return slices.IndexFunc(a.txt.Files, func(f txtar.File) bool { return f.Name == name })
}

func (a *archive) script(name string) string  { return name }
func (a *archive) shown(script string) string { return path.Join(filepath.ToSlash(a.path), script) }

func (a *archive) open() (fs.FS, func() error, error) {
	files, err := txtarfs.FS(a.txt)
	return files, func() error { return nil }, err
}

func (a *archive) write(changed map[string][]byte) error {
	next := &txtar.Archive{Comment: a.txt.Comment, Files: slices.Clone(a.txt.Files)}
	for name, data := range changed {
		next.Files[a.find(name)].Data = data
	}
	text := txtar.Format(next)
	if again := txtar.Parse(text); !slices.EqualFunc(again.Files, next.Files, sameFile) {
		return fmt.Errorf("%s: a line of the new text looks like the marker of a file: make the test a folder", a.path)
	}
	return atomicfile.Write(a.path, text, 0o666)
}

func sameFile(a, b txtar.File) bool { return a.Name == b.Name && bytes.Equal(a.Data, b.Data) }
