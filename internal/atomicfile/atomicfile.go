package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/sextant-dev/sextant/internal/localfile"
)

// ErrKind reports that the file to write is a link, a folder, a pipe or a device.
var ErrKind = errors.New("it is not a regular file, and is not written through: remove it, or name another file")

// Write makes data the content of the file at path, or fails and leaves it as it
// was. A new file gets perm, less what the umask takes. A path below /dev that
// is not a regular file, such as /dev/stdout, is written to directly.
func Write(path string, data []byte, perm fs.FileMode) error {
	if isDevice(path) {
		return os.WriteFile(path, data, perm)
	}
	root, name, err := localfile.Folder(path)
	if err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: reason(err)}
	}
	err = WriteIn(root, name, data, perm)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = &fs.PathError{Op: "write", Path: path, Err: failed.Err}
	}
	return errors.Join(err, root.Close())
}

// isDevice reports whether a path names a device by the system's own name.
func isDevice(path string) bool {
	clean := filepath.ToSlash(filepath.Clean(path))
	if !strings.HasPrefix(clean, "/dev/") {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// WriteIn is Write for a file below a root, which no link on the way leads out of.
func WriteIn(root *os.Root, name string, data []byte, perm fs.FileMode) error {
	return write(rootFolder{root}, name, data, perm)
}

// file is what a new file is written through.
type file interface {
	io.WriteCloser
	Sync() error
}

// folder is where a file is replaced. Tests have one that fails, and notes the
// order.
type folder interface {
	create(name string, perm fs.FileMode) (file, error)
	lstat(name string) (fs.FileInfo, error)
	chown(name string, uid, gid int) error
	chmod(name string, perm fs.FileMode) error
	rename(from, to string) error
	remove(name string) error
}

type rootFolder struct{ root *os.Root }

func (f rootFolder) create(name string, perm fs.FileMode) (file, error) {
	return f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}
func (f rootFolder) lstat(name string) (fs.FileInfo, error)    { return f.root.Lstat(name) }
func (f rootFolder) chown(name string, uid, gid int) error     { return f.root.Chown(name, uid, gid) }
func (f rootFolder) chmod(name string, perm fs.FileMode) error { return f.root.Chmod(name, perm) }
func (f rootFolder) rename(from, to string) error              { return f.root.Rename(from, to) }
func (f rootFolder) remove(name string) error                  { return f.root.Remove(name) }

// File is one of several files that are written together.
type File struct {
	Name  string
	Write func(io.Writer) error
}

// WriteAll is Write for several files below a root: all of them are written, or none
// is changed. If it cannot put back what it changed, the error reports that.
func WriteAll(root *os.Root, files []File, perm fs.FileMode) error {
	return writeAll(rootFolder{root}, files, perm)
}

// write replaces a file. Its errors name it, and never the one beside it.
func write(dir folder, name string, data []byte, perm fs.FileMode) error {
	temp, _, err := stage(dir, name, perm, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err == nil {
		if err = dir.rename(temp, name); err != nil {
			err = errors.Join(err, dir.remove(temp))
		}
	}
	return named(name, err)
}

func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: "write", Path: name, Err: reason(err)}
}

// staged is a file of which the new content is beside it.
type staged struct {
	name, temp string
	// kept is the old file while others are replaced, empty if there was none.
	kept     string
	replaced bool
}

func writeAll(dir folder, files []File, perm fs.FileMode) (err error) {
	all := make([]staged, 0, len(files))
	defer func() {
		failed := err != nil
		for i := range all {
			err = errors.Join(err, all[i].finish(dir, failed))
		}
	}()
	for _, f := range files {
		temp, old, err := stage(dir, f.Name, perm, f.Write)
		if err != nil {
			return named(f.Name, err)
		}
		s := staged{name: f.Name, temp: temp}
		if old != nil {
			s.kept = beside(f.Name)
		}
		all = append(all, s)
	}
	for i := range all {
		if err := all[i].replace(dir); err != nil {
			return named(all[i].name, err)
		}
	}
	return nil
}

// replace renames the new content.
func (s *staged) replace(dir folder) error {
	if s.kept != "" {
		if err := dir.rename(s.name, s.kept); err != nil {
			s.kept = ""
			return err
		}
	}
	if err := dir.rename(s.temp, s.name); err != nil {
		return err
	}
	s.replaced = true
	return nil
}

// finish removes what is left beside the file, and puts the old file back if the
// whole failed.
func (s *staged) finish(dir folder, failed bool) error {
	var err error
	switch {
	case failed && s.kept != "":
		if _, missing := dir.lstat(s.kept); missing == nil {
			err = dir.rename(s.kept, s.name)
		}
	case failed && s.replaced:
		err = dir.remove(s.name)
	case s.kept != "":
		err = dir.remove(s.kept)
	}
	if !s.replaced {
		err = errors.Join(err, dir.remove(s.temp))
	}
	return named(s.name, err)
}

// beside returns a name for a temporary file beside another.
func beside(name string) string {
	return filepath.Join(filepath.Dir(name), fmt.Sprintf(".sextant-%016x", rand.Uint64()))
}

// stage writes a new file beside the old one, nil for none, and makes it have the old
// one's owner and permissions.
func stage(dir folder, name string, perm fs.FileMode, write func(io.Writer) error) (temp string, old fs.FileInfo, err error) {
	old, err = dir.lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old, err = nil, nil
	case err == nil && !old.Mode().IsRegular():
		err = ErrKind
	}
	if err != nil {
		return "", nil, err
	}
	made := beside(name)
	f, err := dir.create(made, perm)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, dir.remove(made))
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync() // else a power cut after the rename leaves an empty file
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", nil, err
	}
	if old != nil {
		if err := keepOwner(dir, made, old); err != nil {
			return "", nil, err
		}
		// After the owner: a change of that may take permissions away.
		if err := dir.chmod(made, old.Mode().Perm()); err != nil {
			return "", nil, err
		}
	}
	return made, old, nil
}

// keepOwner makes the new file the old one's owner's.
func keepOwner(dir folder, temp string, old fs.FileInfo) error {
	uid, gid, ok := owner(old)
	if !ok {
		return nil
	}
	made, err := dir.lstat(temp)
	if err != nil {
		return err
	}
	if u, g, _ := owner(made); u == uid && g == gid {
		return nil
	}
	if err := dir.chown(temp, uid, gid); err != nil {
		return fmt.Errorf("it belongs to user %d and group %d, and would not any more: %w", uid, gid, reason(err))
	}
	return nil
}

// reason drops the operation and the path of an error: callers name the file.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
