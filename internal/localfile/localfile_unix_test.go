//go:build unix

package localfile_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/localfile"
)

func newPipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A pipe that somebody writes to is read to its end.
func TestReadPipe(t *testing.T) {
	path := newPipe(t)
	writer, err := os.OpenFile(path, os.O_RDWR, 0) // does not wait for a reader
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan []byte)
	go func() {
		got, err := localfile.Read(t.Context(), path)
		if err != nil {
			t.Error(err)
		}
		read <- got
	}()
	// More than a pipe holds: the writing ends when the reader has begun.
	want := bytes.Repeat([]byte("x"), 1<<20)
	if _, err := writer.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-read; !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}

// A pipe is read up to the limit, however much comes.
func TestReadPipeThatHasNoEnd(t *testing.T) {
	path := newPipe(t)
	reader, err := os.OpenFile(path, os.O_RDWR, 0) // until it is closed, the other end can be opened and written to
	if err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		part := make([]byte, 1<<20)
		for {
			if _, err := writer.Write(part); err != nil {
				return // nobody reads
			}
		}
	}()
	_, err = localfile.Read(t.Context(), path)
	reader.Close()
	<-wrote
	if !errors.Is(err, localfile.ErrTooLarge) {
		t.Errorf("%v, want %v", err, localfile.ErrTooLarge)
	}
}

// A pipe that nobody ends ends with the deadline, and an idle one at once.
func TestReadPipeThatHangs(t *testing.T) {
	path := newPipe(t)
	if got, err := localfile.Read(t.Context(), path); err != nil || len(got) > 0 {
		t.Errorf("idle: %q, %v", got, err)
	}
	writer, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := localfile.Read(ctx, path); !errors.Is(err, localfile.ErrLate) {
		t.Errorf("%v, want %v", err, localfile.ErrLate)
	}
	if _, err := localfile.ReadRegular(path); err == nil {
		t.Error("a pipe is not a regular file")
	}
}

// TestReadBeside: links are followed within the folder, and out of it to pipes
// only.
func TestReadBeside(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600), os.WriteFile(outside, []byte("secret"), 0o600)); err != nil {
		t.Fatal(err)
	}
	held := newPipe(t)
	writer, err := os.OpenFile(held, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for link, to := range map[string]string{
		"in": "file", "out": outside, "zero": "/dev/zero", "loop": "loop", "dangling": "none", "pipe": newPipe(t), "held": held,
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "own pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		text string
		err  error
	}{
		"file": {"x", nil}, "in": {"x", nil}, "pipe": {"", nil}, "own pipe": {"", nil},
		"out": {"", localfile.ErrOutside}, "zero": {"", localfile.ErrOutside}, "loop": {"", syscall.ELOOP},
		"dangling": {"", os.ErrNotExist}, "held": {"", localfile.ErrLate}, ".": {"", localfile.ErrKind},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if errors.Is(want.err, localfile.ErrLate) { // the others end by themselves, when they get their turn
			ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		}
		got, err := localfile.ReadBeside(ctx, filepath.Join(dir, name))
		cancel()
		if string(got) != want.text || !errors.Is(err, want.err) {
			t.Errorf("%s: %q, %v, want %q, %v", name, got, err, want.text, want.err)
		}
	}
	if _, err := localfile.ReadBeside(t.Context(), "/dev/zero"); !errors.Is(err, localfile.ErrKind) {
		t.Errorf("%v, want %v", err, localfile.ErrKind)
	}
}

func TestReadDevice(t *testing.T) {
	if _, err := localfile.Read(t.Context(), "/dev/zero"); !errors.Is(err, localfile.ErrKind) {
		t.Errorf("%v, want %v", err, localfile.ErrKind)
	}
}

func TestExposed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	path, link := filepath.Join(dir, "file"), filepath.Join(t.TempDir(), "link")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	// What testing makes is private.
	for _, private := range []string{filepath.Dir(filepath.Dir(dir)), filepath.Dir(filepath.Dir(link))} {
		if err := os.Chmod(private, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		file, folder os.FileMode
		want         bool
	}{
		{0o644, 0o755, true}, {0o604, 0o711, true}, {0o600, 0o755, false}, {0o640, 0o755, false}, {0o644, 0o700, false},
	} {
		if err := os.Chmod(path, tc.file); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, tc.folder); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{path, link} {
			if got := localfile.Exposed(p); got != tc.want {
				t.Errorf("%s: file %v, folder %v: %v, want %v", p, tc.file, tc.folder, got, tc.want)
			}
		}
	}
	if localfile.Exposed(filepath.Join(dir, "missing")) {
		t.Error("a file that is not there is exposed")
	}
}
