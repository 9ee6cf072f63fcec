package localfile_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

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
// or an error that says so.
func TestReadWhileWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	versions := [][]byte{bytes.Repeat([]byte("a\n"), 64<<10), bytes.Repeat([]byte("b\n"), 96<<10)}
	if err := os.WriteFile(path, versions[0], 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ctx.Err() == nil; i++ {
			// In place, in two parts.
			f, err := os.Create(path)
			if err != nil {
				t.Error(err)
				return
			}
			v := versions[i%2]
			f.Write(v[:len(v)/2])
			f.Write(v[len(v)/2:])
			f.Close()
		}
	}()
	for range 2 {
		got, err := localfile.Read(t.Context(), path)
		switch {
		case errors.Is(err, localfile.ErrChanging):
		case err != nil:
			t.Error(err)
		case !bytes.Equal(got, versions[0]) && !bytes.Equal(got, versions[1]):
			t.Errorf("%d bytes that are neither version", len(got))
		}
	}
	cancel()
	<-ended
}
