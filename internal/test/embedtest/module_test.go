package embedtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../../.." // of the repository

// TestSeparateModule copies examples/embed into a module of its own, outside of
// the repository and offline, and runs the tool and its tests there. So what an
// embedder needs is exported, and the example can be copied as it says.
func TestSeparateModule(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples/embed"))); err != nil {
		t.Fatal(err)
	}
	writeModule(t, dir)

	want, err := os.ReadFile(filepath.Join(dir, "testdata/plan.txt"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, command, ok := strings.Cut(string(readme), "\ngo run ")
	command, _, _ = strings.Cut(command, " # ")
	if !ok || !strings.Contains(command, "-clusters") {
		t.Fatal("the README of the example has no command that replays")
	}
	got := goCommand(t, dir, append([]string{"run", raceFlag}, strings.Fields(command)...)...)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("what the tool prints in its own module (-want +got):\n%s", diff)
	}
	goCommand(t, dir, "test", raceFlag, "./...")
}

// writeModule makes dir a module that requires Sextant from its folder, in
// the versions that Sextant requires.
func writeModule(t *testing.T, dir string) {
	t.Helper()
	repository, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	const name = "github.com/sextant-dev/sextant"
	rest, ok := bytes.CutPrefix(ours, []byte("module "+name+"\n"))
	if !ok {
		t.Fatal("go.mod does not begin with the module's name")
	}
	mod := fmt.Sprintf("module example.com/planner\n%s\nrequire %s v0.0.0\n\nreplace %s => %q\n", rest, name, name, repository)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644); err != nil {
		t.Fatal(err)
	}
}

// goCommand runs the go command in a module and returns what it printed to
// standard output.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local",
		"GORACE=atexit_sleep_ms=10") // else each process stays for a second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String()
}
