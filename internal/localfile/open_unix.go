//go:build unix

package localfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// open opens a file without waiting for a pipe's other end. Where nobody has
// that open, the pipe is empty.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// openIn is open for a file below a root.
func openIn(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// Exposed reports whether everybody on this machine can read the file at path:
// its mode lets them, and so does each folder on the way.
func Exposed(path string) bool {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	if path, err = filepath.Abs(path); err != nil {
		return false
	}
	allows := func(path string, others fs.FileMode) bool {
		info, err := os.Stat(path)
		return err == nil && info.Mode().Perm()&others == others
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || !allows(path, 0o004) {
		return false
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if !allows(dir, 0o001) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// Foreign reports whether the file at path belongs to somebody other than the
// user of this process and root. For root every file is its own: in containers it
// works on the files of others.
func Foreign(path string) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	user := os.Geteuid()
	return ok && user != 0 && stat.Uid != 0 && int(stat.Uid) != user
}
