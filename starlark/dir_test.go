package starlark

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sextant-dev/sextant/diag"
)

// tree makes a folder beside a file that must stay out of reach, and opens it.
func tree(t *testing.T) (*Dir, string) {
	t.Helper()
	top := t.TempDir()
	root := filepath.Join(top, "root")
	write(t, filepath.Join(top, "secret"), "s3cret")
	write(t, filepath.Join(root, "f.star"), "load('lib/g.star', 'x')")
	write(t, filepath.Join(root, "lib", "g.star"), "x = 1")
	d, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, root
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDirIsAFileSystem(t *testing.T) {
	d, _ := tree(t)
	if err := fstest.TestFS(d, "f.star", "lib/g.star"); err != nil {
		t.Error(err)
	}
}

func TestDirRunsScripts(t *testing.T) {
	d, _ := tree(t)
	e := Engine{Files: d}
	if err := e.Run(t.Context(), "f.star"); err != nil {
		t.Error(err)
	}
}

func TestOpenDirOfNoFolder(t *testing.T) {
	d, root := tree(t)
	if _, err := OpenDir(filepath.Join(root, "nope")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist in it", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open("f.star"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: got %v, want fs.ErrClosed in it", err)
	}
}

// TestDirStaysInside tries each method with each way out.
func TestDirStaysInside(t *testing.T) {
	d, root := tree(t)
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatalf("this test needs symbolic links: %v", err)
		}
	}
	link(filepath.Join("..", "secret"), "out")
	link(filepath.Join(root, "..", "secret"), "absolute")
	link("..", "up")
	link("out", "twice")
	link(filepath.Join("lib", "g.star"), "inside")
	for _, name := range []string{"..", "../secret", "lib/../../secret", filepath.ToSlash(filepath.Join(root, "f.star")), "out", "absolute", "up/secret", "up", "twice"} {
		attempts := map[string]func() error{
			"Open":     func() error { _, err := d.Open(name); return err },
			"ReadFile": func() error { _, err := d.ReadFile(name); return err },
			"ReadDir":  func() error { _, err := d.ReadDir(name); return err },
			"Stat":     func() error { _, err := d.Stat(name); return err },
		}
		for method, attempt := range attempts {
			if err := attempt(); !errors.Is(err, ErrOutside) {
				t.Errorf("%s(%q): got %v, want ErrOutside", method, name, err)
			}
		}
	}
	e := Engine{Files: d}
	if err := e.Run(t.Context(), "out"); err == nil || err.Error() != "cannot run out: the path leaves the root folder of the scripts" {
		t.Errorf("got %v", err)
	}
	text, err := d.ReadFile("inside")
	if err != nil || string(text) != "x = 1" {
		t.Errorf("a link inside gives %q, %v", text, err)
	}
	for _, name := range []string{"", "./f.star", "lib//g.star", "lib/"} {
		if _, err := d.Open(name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Open(%q): got %v, want fs.ErrInvalid", name, err)
		}
	}
}

func TestDirOfHugeFile(t *testing.T) {
	d, root := tree(t)
	// A sparse file takes no room on disk; reading it all would take memory.
	if err := os.Truncate(filepath.Join(root, "lib", "g.star"), 1<<40); err != nil {
		t.Skipf("the disk has no sparse files: %v", err)
	}
	e := Engine{Files: d}
	err := e.Run(t.Context(), "f.star")
	var limit *diag.LimitError
	if !errors.As(err, &limit) || limit.Limit != diag.LimitFileSize {
		t.Errorf("got %v, want a *diag.LimitError of the file size", err)
	}
}

func TestDirWrongKinds(t *testing.T) {
	d, _ := tree(t)
	if _, err := d.ReadFile("lib"); err == nil {
		t.Error("a folder is read as a file")
	}
	if _, err := d.ReadDir("f.star"); err == nil {
		t.Error("a file is listed as a folder")
	}
	e := Engine{Files: d}
	if err := e.Run(t.Context(), "lib"); err == nil || !strings.Contains(err.Error(), "is a folder, not a regular file") {
		t.Errorf("got %v", err)
	}
}
