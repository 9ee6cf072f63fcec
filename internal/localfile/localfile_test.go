package localfile_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
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
