package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"maps"
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

// TestWriteRefusesWhatIsNoFile: whoever made the folder does not choose which file
// changes, and nothing waits for the other end of a pipe.
func TestWriteRefusesWhatIsNoFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"file link": "target", "dangling": "none", "folder link": ".", "device": "/dev/null"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	pipe(t, filepath.Join(dir, "pipe"))
	for _, name := range []string{"file link", "dangling", "folder link", "device", "folder", "pipe"} {
		err := Write(filepath.Join(dir, name), []byte("new"), 0o644)
		if !errors.Is(err, ErrKind) || !strings.Contains(err.Error(), filepath.Join(dir, name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "old" {
		t.Errorf("behind the link is %q, %v", got, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 7 {
		t.Errorf("in the folder: %v, %v", entries, err)
	}
	if err := Write("/dev/null", []byte("x"), 0o644); err != nil {
		t.Errorf("a device by its own name: %v", err)
	}
}

// TestWriteInStaysInside: no link on the way leads out of the root.
func TestWriteInStaysInside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := WriteIn(root, "link/file", []byte("x"), 0o644); err == nil {
		t.Error("it wrote through a link of a folder")
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 0 {
		t.Errorf("outside: %v, %v", entries, err)
	}
}

// noted is a folder that notes what is done in it, and fails one step.
type noted struct {
	folder
	steps []string
	fails string
}

func (n *noted) step(name string, do func() error) error {
	n.steps = append(n.steps, name)
	if n.fails == name {
		return errors.New("no " + name)
	}
	return do()
}

func (n *noted) create(name string, perm fs.FileMode) (f file, err error) {
	err = n.step("create", func() error { f, err = n.folder.create(name, perm); return err })
	return notedFile{f, n}, err
}
func (n *noted) rename(from, to string) error {
	return n.step("rename", func() error { return n.folder.rename(from, to) })
}
func (n *noted) chmod(name string, perm fs.FileMode) error {
	return n.step("chmod", func() error { return n.folder.chmod(name, perm) })
}
func (n *noted) remove(name string) error {
	return n.step("remove", func() error { return n.folder.remove(name) })
}

type notedFile struct {
	file
	n *noted
}

func (f notedFile) Sync() error { return f.n.step("sync", f.file.Sync) }

// TestWriteSyncsBeforeItRenames: the disk has the new content before the name is
// its, and a step that fails leaves the old file and nothing else.
func TestWriteSyncsBeforeItRenames(t *testing.T) {
	for fails, want := range map[string]string{
		"":       "create sync chmod rename",
		"sync":   "create sync remove",
		"chmod":  "create sync chmod remove",
		"rename": "create sync chmod rename remove",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		n := &noted{folder: rootFolder{root}, fails: fails}
		err = write(n, "file", []byte("new"), 0o644)
		if got := strings.Join(n.steps, " "); got != want || (err == nil) != (fails == "") {
			t.Errorf("failing %q: %s, %v, want %s", fails, got, err, want)
		}
		text := map[bool]string{true: "new", false: "old"}[fails == ""]
		got, rerr := os.ReadFile(filepath.Join(dir, "file"))
		entries, derr := os.ReadDir(dir)
		if err := errors.Join(rerr, derr, root.Close()); err != nil || string(got) != text || len(entries) != 1 {
			t.Errorf("failing %q: %q, %v, %v", fails, got, entries, err)
		}
	}
}

// TestWriteIsWhole: readers find one whole version at any time.
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

// brittle is a folder in which one rename or create, counted from 1, fails.
type brittle struct {
	folder
	renames, creates int
}

func (b *brittle) rename(from, to string) error {
	if b.renames--; b.renames == 0 {
		return errors.New("no rename")
	}
	return b.folder.rename(from, to)
}

func (b *brittle) create(name string, perm fs.FileMode) (file, error) {
	if b.creates--; b.creates == 0 {
		return nil, errors.New("no create")
	}
	return b.folder.create(name, perm)
}

// TestWriteAll: all files are written, or none is changed, wherever it fails.
func TestWriteAll(t *testing.T) {
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	files := []File{{"a", text("new a")}, {"b", text("new b")}, {"c", text("new c")}}
	refused := []File{files[0], {"b", func(io.Writer) error { return errors.New("no text") }}, files[2]}
	for _, tt := range []struct {
		name             string
		renames, creates int
		files            []File
		want             string // part of the error, or empty
	}{
		{name: "all is well", files: files},
		{name: "a text that cannot be made", files: refused, want: "write b: no text"},
		{name: "no room for the first", creates: 1, files: files, want: "write a: no create"},
		{name: "no room for the last", creates: 3, files: files, want: "write c: no create"},
		{name: "the first old file stays in the way", renames: 1, files: files, want: "write a: no rename"},
		{name: "the first new file", renames: 2, files: files, want: "write a: no rename"},
		{name: "the second, which is new", renames: 3, files: files, want: "write b: no rename"},
		{name: "the last old file", renames: 4, files: files, want: "write c: no rename"},
		{name: "the last new file", renames: 5, files: files, want: "write c: no rename"},
		{name: "a folder in the way", files: append([]File{files[0]}, File{"folder", text("")}), want: ErrKind.Error()},
	} {
		dir := t.TempDir()
		old := map[string]string{"a": "old a", "c": "old c", "beside": "beside"}
		for name, text := range old {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		err = writeAll(&brittle{rootFolder{root}, tt.renames, tt.creates}, tt.files, 0o644)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		want := old
		if err == nil {
			want = map[string]string{"a": "new a", "b": "new b", "c": "new c", "beside": "beside"}
		}
		got := map[string]string{}
		entries, derr := os.ReadDir(dir)
		for _, e := range entries {
			if !e.IsDir() {
				text, rerr := os.ReadFile(filepath.Join(dir, e.Name()))
				got[e.Name()], derr = string(text), errors.Join(derr, rerr)
			}
		}
		if err := errors.Join(derr, root.Close()); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", tt.name, got, err, want)
		}
	}
}
