package localfile_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/localfile"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"", "apiVersion: v1\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := localfile.Read(t.Context(), path)
		if err != nil || string(got) != text {
			t.Errorf("%q, %v, want %q", got, err, text)
		}
		got, err = localfile.ReadRegular(path)
		if err != nil || string(got) != text {
			t.Errorf("ReadRegular: %q, %v, want %q", got, err, text)
		}
	}
	if localfile.Foreign(path) || localfile.Foreign(path+"none") {
		t.Error("the file of this user, or none, is foreign")
	}
}

// A file that was written just now is waited for, as long as the context allows.
func TestReadOfAFreshFileIsCancelled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	for range 100 { // until one is read that is fresh
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := localfile.Read(ctx, path); errors.Is(err, enough) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("no fresh file was waited for")
}

// A path of the command line is that of a file in a folder, which is not left by a link.
func TestStat(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("dir", 0o700), os.WriteFile("dir/file", []byte("abc"), 0o600), os.WriteFile("file", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	abs, err := filepath.Abs("dir/file")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "file"), filepath.Join("dir", "link")); err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("links need a privilege on Windows")
		}
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path string
		size int64
		err  error
	}{
		{filepath.Join("dir", "file"), 3, nil},
		{abs, 3, nil},
		{filepath.Join("dir", "link"), 0, nil}, // below the current folder
		{filepath.Join(filepath.Dir(abs), "link"), 0, localfile.ErrOutside},
		{filepath.Join("dir", "none"), 0, os.ErrNotExist},
		{filepath.Join(filepath.Dir(abs), "none", "file"), 0, os.ErrNotExist},
	} {
		info, err := localfile.Stat(tc.path)
		if !errors.Is(err, tc.err) || err == nil && info.Size() != tc.size {
			t.Errorf("Stat %s: %v, %v, want %d bytes, %v", tc.path, info, err, tc.size, tc.err)
		}
		got, err := localfile.ReadBeside(t.Context(), tc.path)
		if !errors.Is(err, tc.err) || err == nil && int64(len(got)) != tc.size {
			t.Errorf("ReadBeside %s: %q, %v, want %d bytes, %v", tc.path, got, err, tc.size, tc.err)
		}
		var failed *fs.PathError
		if tc.err != nil && (!errors.As(err, &failed) || !strings.HasPrefix(tc.path, failed.Path)) {
			t.Errorf("ReadBeside %s: error %v does not name it", tc.path, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, localfile.Limit+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		dir: localfile.ErrKind, large: localfile.ErrTooLarge, filepath.Join(dir, "missing"): os.ErrNotExist,
	} {
		if _, err := localfile.Read(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("Read %s: %v, want %v", path, err, want)
		}
		if err := localfile.Check(path); err == nil {
			t.Errorf("Check %s: nothing wrong", path)
		}
		if _, err := localfile.ReadRegular(path); err == nil {
			t.Errorf("ReadRegular %s: nothing wrong", path)
		}
	}
}

// What comes of a file that is written while it is read is one of the versions,
// or an error that says so. A write that takes longer than a file has to hold
// still cannot be distinguished from one that has ended.
func TestReadWhileWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	versions := [][]byte{bytes.Repeat([]byte("a\n"), 64<<10), bytes.Repeat([]byte("b\n"), 96<<10)}
	if err := os.WriteFile(path, versions[0], 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	var slowest atomic.Int64
	go func() {
		defer close(ended)
		for i := 0; ctx.Err() == nil; i++ {
			// In place, in two parts.
			started := time.Now()
			f, err := os.Create(path)
			if err != nil {
				t.Error(err)
				return
			}
			v := versions[i%2]
			f.Write(v[:len(v)/2])
			f.Write(v[len(v)/2:])
			f.Close()
			slowest.Store(max(slowest.Load(), int64(time.Since(started))))
		}
	}()
	var torn []int
	for range 2 {
		got, err := localfile.Read(t.Context(), path)
		switch {
		case errors.Is(err, localfile.ErrChanging):
		case err != nil:
			t.Error(err)
		case !bytes.Equal(got, versions[0]) && !bytes.Equal(got, versions[1]):
			torn = append(torn, len(got))
		}
	}
	cancel()
	<-ended
	if slowest := time.Duration(slowest.Load()); len(torn) > 0 && slowest < 20*time.Millisecond {
		t.Errorf("%d bytes that are neither version, and no write took more than %s", torn, slowest)
	}
}
