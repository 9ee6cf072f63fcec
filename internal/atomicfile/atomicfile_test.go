package atomicfile

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// TestWrite: the content is there, permissions stay, and nothing is left beside.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for i, text := range []string{"new", "longer than before", ""} {
		if i == 1 {
			if err := os.Chmod(path, 0o604); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, serr := os.Stat(path)
		if err != nil || serr != nil || string(got) != text {
			t.Fatalf("got %q, %v, %v, want %q", got, err, serr, text)
		}
		want := []os.FileMode{0o640, 0o604, 0o604}[i]
		if mode := info.Mode().Perm(); mode != want && runtime.GOOS != "windows" {
			t.Errorf("%q has mode %v, want %v", text, mode, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("beside the file: %v, %v", entries, err)
	}
	if err := Write(filepath.Join(dir, "none", "file"), nil, 0o644); err == nil {
		t.Error("it writes into a folder that is not there")
	}
}

// TestWriteThroughALink replaces the file and keeps the link.
func TestWriteThroughALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(target)
	info, lerr := os.Lstat(link)
	if err != nil || lerr != nil || string(got) != "new" || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("target %q, %v; link %v, %v", got, err, info.Mode(), lerr)
	}
}

// TestWriteIsWhole: readers find one whole text at any time.
func TestWriteIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	texts := []string{strings.Repeat("a", 100_000), strings.Repeat("b", 50_000)}
	if err := Write(path, []byte(texts[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	done := make(chan struct{})
	writing.Go(func() {
		defer close(done)
		for i := range 200 {
			if err := Write(path, []byte(texts[i%2]), 0o644); err != nil {
				t.Error(err)
			}
		}
	})
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		got, err := os.ReadFile(path)
		if err != nil && runtime.GOOS != "windows" { // there a reader may have to wait
			t.Error(err)
		}
		if err == nil && string(got) != texts[0] && string(got) != texts[1] {
			t.Fatalf("half a file of %d bytes", len(got))
		}
	}
	writing.Wait()
}
