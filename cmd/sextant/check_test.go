package main

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckIsSilent: nothing is reported of the scripts that the repository shows
// as good ones. The script of examples/embed uses functions of its own program,
// whose test checks it.
func TestCheckIsSilent(t *testing.T) {
	checked := 0
	for _, root := range []string{"../../examples", "../../testdata/tiltfiles"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() || !isScriptName(d.Name()) {
				return nil
			}
			if strings.Contains(filepath.ToSlash(path), "examples/embed/") || isFile(filepath.Join(filepath.Dir(path), "want.error")) {
				return nil
			}
			checked++
			if isFile(filepath.Join(filepath.Dir(path), "want.error")) && strings.Contains(root, "tiltfiles") {
				return nil // its script fails, and check may know that it does
			}
			c := checking{relative: true, seen: map[string]bool{}}
			if err := c.all(t.Context(), []string{path}); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			for _, d := range c.list {
				t.Errorf("%s: %s: %s", d.Start, d.Severity, d.Summary)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if checked < 30 {
		t.Errorf("%d scripts, want at least 30", checked)
	}
}
