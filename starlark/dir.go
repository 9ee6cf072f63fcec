package starlark

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Dir is a folder on disk as a file system that nothing leads out of: neither
// "..", nor an absolute path, nor a symbolic link, not even one that is made
// while a file is being opened. It opens regular files and folders only, and
// never waits for the other end of a named pipe.
type Dir struct {
	root *os.Root
}

var (
	_ fs.ReadFileFS = (*Dir)(nil)
	_ fs.ReadDirFS  = (*Dir)(nil)
	_ fs.StatFS     = (*Dir)(nil)
)

// OpenDir opens a folder. The caller closes the Dir.
func OpenDir(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Dir{root: root}, nil
}

// Close releases the folder. Files that are open stay usable.
func (d *Dir) Close() error { return d.root.Close() }

// Open opens a file or folder for reading. The error wraps [ErrOutside] for a
// name that leaves the folder.
func (d *Dir) Open(name string) (fs.File, error) {
	return d.open(name)
}

// ReadFile reads a whole file, of any size.
func (d *Dir) ReadFile(name string) ([]byte, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// ReadDir lists a folder, sorted by name.
func (d *Dir) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return entries, err
}

// Stat describes what a name leads to, of any type, without opening it.
func (d *Dir) Stat(name string) (fs.FileInfo, error) {
	if err := checkName("stat", name); err != nil {
		return nil, err
	}
	info, err := d.root.Stat(name)
	return info, confined(err)
}

func (d *Dir) open(name string) (*os.File, error) {
	if err := checkName("open", name); err != nil {
		return nil, err
	}
	// openFlags keep the open itself from waiting; the type is that of the open
	// file, so there is no moment between check and use.
	f, err := d.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, confined(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("is a %s, not a regular file", kind(info.Mode()))}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// checkName holds a name to the rules of fs.FS.
func checkName(op, name string) error {
	if fs.ValidPath(name) {
		return nil
	}
	err := fs.ErrInvalid
	if clean := path.Clean(name); path.IsAbs(name) || clean == ".." || strings.HasPrefix(clean, "../") {
		err = ErrOutside
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// confined marks a symbolic link that leads out of the folder by our own error;
// package os has an unexported one.
func confined(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && pe.Err.Error() == "path escapes from parent" {
		return &fs.PathError{Op: "open", Path: pe.Path, Err: ErrOutside}
	}
	if pe != nil { // openat and the like are how, not what
		return &fs.PathError{Op: strings.TrimSuffix(pe.Op, "at"), Path: pe.Path, Err: pe.Err}
	}
	return err
}
