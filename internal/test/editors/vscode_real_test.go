//go:build real && linux

package editors

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// TestVSCode builds the extension, checks its types and style, and its grammar on
// a script whose comments name the kind of each word.
func TestVSCode(t *testing.T) {
	npm := realcluster.Program(t, "npm")
	dir := t.TempDir()
	err := filepath.WalkDir(filepath.Join(root, "editors/vscode"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist") {
			return fs.SkipDir
		}
		to, err := filepath.Rel(filepath.Join(root, "editors/vscode"), path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(dir, to), 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, to), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"ci", "--no-audit", "--no-fund", "--fetch-retries=5"}, {"run", "build"}, {"run", "lint"}, {"test"}, {"run", "package"}} {
		cmd := exec.CommandContext(t.Context(), npm, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("npm %v: %v\n%s", args, err, out)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "sextant.vsix")); err != nil || info.Size() < 50_000 {
		t.Errorf("no extension was made: %v, %v", info, err)
	}
}
