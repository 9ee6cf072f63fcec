package scripttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
	txtarfs "golang.org/x/tools/txtar"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/starlark"
)

// store is where the files of a place are. Tests come from people who are not
// trusted as much as those who run them, so nothing is read or written through a
// link that leads out, and only regular files of a bounded size are read.
type store interface {
	// read returns a file that is beside the tests.
	read(name string) ([]byte, error)
	// open returns the files that scripts see, and what releases them.
	open() (files fs.FS, close func() error, err error)
	// script is the path, in those files, of one that is beside the tests.
	script(name string) string
	// shown is how reports name a file of those that scripts see.
	shown(script string) string
	// write replaces files that are beside the tests.
	write(changed map[string][]byte) error
}

// maxFile is how large a file of a test may be: what a script may read.
const maxFile = builtins.DefaultFileSize

// readIn reads a regular file below a folder, of maxFile bytes at most. Its errors
// name the file, below that folder.
func readIn(root, name string) ([]byte, error) {
	dir, err := starlark.OpenDir(root)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	f, err := dir.Open(name)
	if err != nil {
		return nil, named(name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, named(name, err)
	case len(data) > maxFile:
		return nil, fmt.Errorf("%s: it is larger than %d MiB", name, maxFile>>20)
	}
	return data, nil
}

// named puts the name of a file before what is wrong with it, once.
func named(name string, err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// folder is a store on disk.
type folder struct {
	root   string
	prefix string // the folder as a slash-separated path below root
}

func (f *folder) read(name string) ([]byte, error) { return readIn(f.root, f.script(name)) }
func (f *folder) script(name string) string        { return path.Join(f.prefix, name) }
func (f *folder) shown(script string) string       { return path.Join(filepath.ToSlash(f.root), script) }

func (f *folder) open() (fs.FS, func() error, error) {
	dir, err := starlark.OpenDir(f.root)
	if err != nil {
		return nil, nil, err
	}
	return dir, dir.Close, nil
}

func (f *folder) write(changed map[string][]byte) error {
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if err := atomicfile.WriteIn(root, filepath.FromSlash(f.script(name)), changed[name], 0o666); err != nil {
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

func readArchive(path string) (*archive, error) {
	data, err := readIn(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		return nil, err
	}
	return &archive{path, txtar.Parse(data)}, nil
}

// names lists the files at the top of the archive.
func (a *archive) names() []string {
	var names []string
	for _, f := range a.txt.Files {
		if !strings.Contains(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	return names
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
