package localfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Limit is how large a configuration file may be, in bytes. A kubeconfig of ten
// thousand contexts, each with a certificate, has some thirty million.
const Limit = 64 << 20

// What can be wrong with a file, beside what the operating system reports.
var (
	ErrTooLarge = errors.New("it is larger than 64 MiB")
	ErrChanging = errors.New("it is being written; try again")
	ErrLate     = errors.New("it is a pipe, and its end did not come before the deadline")
	ErrKind     = errors.New("it is neither a file nor a pipe")
	ErrOutside  = errors.New("it leaves its folder by a link: name what that leads to")
)

const (
	// settled is the age from which a file is taken to be written: within it,
	// the clock of a file system may not distinguish two changes.
	settled = 40 * time.Millisecond
	// tries is how often a file that changes is read.
	tries = 10
)

// Read returns the content of the file at path. A regular file that was written
// just now is read again until it holds still, half a second at most.
func Read(ctx context.Context, path string) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(ctx, f, path)
}

// ReadBeside is Read for a file in a folder that other people may have filled, as
// a checkout of a repository. A link that leads out of that folder, the current
// one for a path below it, is an [ErrOutside]. A pipe may be behind one, since
// shells make the path of <(command) so.
func ReadBeside(ctx context.Context, path string) ([]byte, error) {
	if strings.HasPrefix(filepath.ToSlash(path), "/dev/") {
		return Read(ctx, path) // the system's own names, such as /dev/stdin
	}
	root, name, err := Folder(path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := openIn(root, name)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		info, serr := os.Stat(path)
		if escapes(err) && serr == nil && info.Mode().Type() == fs.ModeNamedPipe {
			return Read(ctx, path)
		}
		return nil, outside(path, failed.Err)
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(ctx, f, path)
}

// Folder opens the folder that a path of the command line must not leave by a link,
// and returns the path below it: the current folder, or for a path that is not
// below that, the folder which holds the file. The caller closes it.
func Folder(path string) (root *os.Root, name string, err error) {
	if filepath.IsLocal(path) {
		root, err = os.OpenRoot(".")
		return root, path, err
	}
	root, err = os.OpenRoot(filepath.Dir(path))
	return root, filepath.Base(path), err
}

// Stat describes what a path of the command line leads to. The error is an
// [ErrOutside] if it leaves its [Folder] by a link.
func Stat(path string) (fs.FileInfo, error) {
	root, name, err := Folder(path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return nil, outside(path, err)
	}
	return info, nil
}

// outside names the path in an error of a root, and the link as its reason.
func outside(path string, err error) error {
	if escapes(err) {
		err = ErrOutside
	}
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	return &fs.PathError{Op: "open", Path: path, Err: err}
}

// escapes reports whether a root refused to be left. Package os does not export
// that error.
func escapes(err error) bool {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	return err != nil && err.Error() == "path escapes from parent"
}

// read reads an open file.
func read(ctx context.Context, f *os.File, path string) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return readSettled(ctx, f, path)
	case mode.Type() == fs.ModeNamedPipe:
		return readPipe(ctx, f)
	default:
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrKind}
	}
}

// ReadRegular is Read for what is not a pipe in any setup that makes sense, such as
// a certificate. It needs no deadline.
func ReadRegular(path string) ([]byte, error) {
	if err := Check(path); err != nil {
		return nil, err
	}
	return Read(context.Background(), path)
}

// Check returns an error where a program that opens path and reads it all might
// hang or read without end. What is not there is an [fs.ErrNotExist].
func Check(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("it is not a regular file")}
	case info.Size() > Limit:
		return &fs.PathError{Op: "open", Path: path, Err: ErrTooLarge}
	}
	return nil
}

// readSettled reads f until it is known that nothing was changed meanwhile.
func readSettled(ctx context.Context, f *os.File, path string) ([]byte, error) {
	for range tries {
		before, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if before.Size() > Limit {
			return nil, &fs.PathError{Op: "read", Path: path, Err: ErrTooLarge}
		}
		data, err := readAll(io.NewSectionReader(f, 0, Limit+1), path)
		if err != nil {
			return nil, err
		}
		after, err := f.Stat()
		if err != nil {
			return nil, err
		}
		// A time to come is another clock's, and no age.
		age := time.Since(after.ModTime())
		if before.Size() == after.Size() && before.ModTime().Equal(after.ModTime()) && (age >= settled || age < 0) {
			return data, nil
		}
		if err := pause(ctx, settled); err != nil {
			return nil, err
		}
	}
	return nil, &fs.PathError{Op: "read", Path: path, Err: ErrChanging}
}

// readPipe reads until the last writer is gone.
func readPipe(ctx context.Context, f *os.File) ([]byte, error) {
	if err := f.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("a pipe that cannot be waited for: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	data, err := readAll(f, f.Name())
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: ErrLate}
	}
	return data, err
}

func readAll(r io.Reader, path string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, Limit+1))
	if err == nil && len(data) > Limit {
		err = &fs.PathError{Op: "read", Path: path, Err: ErrTooLarge}
	}
	return data, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
