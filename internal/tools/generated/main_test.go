package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiffering(t *testing.T) {
	before := map[string][]byte{"same": []byte("x"), "stale": []byte("old"), "lost": nil}
	after := map[string][]byte{"same": []byte("x"), "stale": []byte("new"), "added": nil}
	if diff := cmp.Diff([]string{"added", "lost", "stale"}, differing(before, after)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// A generator that changes a file makes it stale; the module stays as it was.
func TestRun(t *testing.T) {
	root := t.TempDir()
	files := map[string][]byte{
		"go.mod":   []byte("module example.test/m\n\ngo 1.26.0\n"),
		"a.go":     []byte("package a\n\n//go:generate go run ./gen\n"),
		"out":      []byte("old"),
		"bin/tool": []byte("not read"),
		"gen/main.go": []byte("package main\n\nimport \"os\"\n\nfunc main() {\n" +
			"\tif err := os.WriteFile(\"out\", []byte(\"new\"), 0o644); err != nil {\n\t\tpanic(err)\n\t}\n}\n"),
	}
	if err := write(root, files); err != nil {
		t.Fatal(err)
	}
	delete(files, "bin/tool")

	if err := run(root); err == nil || err.Error() != "out of date: out: run: make generate" {
		t.Errorf("a stale file: got %v", err)
	}
	after, err := snapshot(root)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string][]byte)
	for name, data := range files {
		want[filepath.FromSlash(name)] = data
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("the module (-want +got):\n%s", diff)
	}

	if err := os.WriteFile(filepath.Join(root, "out"), []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(root); err != nil {
		t.Errorf("a current file: %v", err)
	}
}
