package scripttest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/starlark"
)

// store is where the files of a place are. Tests come from people who are not
// trusted as much as those who run them, so nothing is read or written through a
// link that leads out, and only regular files of a bounded size are read.
type store interface {
	// read returns a file by its slash-separated path below the place.
	read(name string) ([]byte, error)
	// open returns the files that scripts see, and what releases them.
	open() (files fs.FS, close func() error, err error)
	// script is the path, in those files, of one that is beside the tests.
	script(name string) string
	// shown is how reports name a file of those that scripts see.
	shown(script string) string
	// write replaces files, by their paths below the place.
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

// linksToFile returns an error if a link does not lead to a file in the folder.
func (f *folder) linksToFile(name string) error {
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(f.script(name)))
	switch {
	case err != nil:
		return named(name, err)
	case info.IsDir():
		return fmt.Errorf("%s: a link to a folder: a scenario is a folder of its own", name)
	}
	return nil
}
