// Package atomicfile replaces files so that nobody, whenever they look, finds
// half of one. It imports the standard library only.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Write makes data the content of the file at path, or fails and leaves it as it
// was. A file that exists keeps its permissions, and one behind a symbolic link
// is replaced where it is; a new one gets perm, less what the umask takes. What
// is no regular file, such as /dev/stdout, is written to as it comes.
func Write(path string, data []byte, perm fs.FileMode) error {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		target, err = path, nil
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return replace(target, data, perm, false)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return os.WriteFile(target, data, perm)
	}
	return replace(target, data, info.Mode().Perm(), true)
}

// replace writes a file beside the target and gives it the target's name. An
// exact perm is one from which the umask takes nothing.
func replace(target string, data []byte, perm fs.FileMode, exact bool) (err error) {
	name := filepath.Join(filepath.Dir(target), fmt.Sprintf(".sextant-%016x", rand.Uint64()))
	temp, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return &fs.PathError{Op: "write", Path: target, Err: failed.Err} // its own name says nothing to the user
	} else if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if exact {
		if err = os.Chmod(name, perm); err != nil {
			return err
		}
	}
	return os.Rename(name, target)
}
