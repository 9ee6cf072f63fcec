package main

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/diag"
)

// TestCheckIsSilent: nothing is reported of the scripts that the repository shows
// as good ones. The script of examples/embed uses functions of its own program,
// whose test checks it.
func TestCheckIsSilent(t *testing.T) {
	checked := 0
	err := filepath.WalkDir("../../examples", func(path string, d fs.DirEntry, err error) error {
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
		c := checking{relative: true}
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
	if checked < 12 {
		t.Errorf("%d scripts, want at least 12", checked)
	}
}

// TestCheckOfTiltfiles: check finds no mistake in a golden Tiltfile that evaluates,
// nor in what it loads.
func TestCheckOfTiltfiles(t *testing.T) {
	scripts, err := filepath.Glob("../../testdata/tiltfiles/*/Tiltfile")
	if err != nil || len(scripts) < 40 {
		t.Fatalf("%d scripts, want at least 40: %v", len(scripts), err)
	}
	for _, path := range scripts {
		if isFile(filepath.Join(filepath.Dir(path), "want.error")) {
			continue // check may know that it fails
		}
		c := checking{relative: true}
		if err := c.all(t.Context(), []string{path}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, d := range c.list {
			if d.Severity == diag.Error {
				t.Errorf("%s: %s", d.Start, d.Summary)
			}
		}
	}
}
