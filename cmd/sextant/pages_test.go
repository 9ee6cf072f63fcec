package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/sextant-dev/sextant/cmd/sextant/internal/console"
)

// TestPages holds docs/commands, a page for each command, and docs/man, the same
// as man pages, to the commands. Accept changes with: go test ./cmd/sextant -update
func TestPages(t *testing.T) {
	root := newRootCommand(&app{stdout: io.Discard, console: console.New(io.Discard)})
	leaveOutMachine(root)
	date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	header := &doc.GenManHeader{Title: "SEXTANT", Section: "1", Source: "sextant", Manual: "Sextant", Date: &date}
	for folder, generate := range map[string]func(dir string) error{
		"../../docs/commands": func(dir string) error { return doc.GenMarkdownTree(root, dir) },
		"../../docs/man":      func(dir string) error { return doc.GenManTree(root, header, dir) },
	} {
		made := t.TempDir()
		if err := generate(made); err != nil {
			t.Fatal(err)
		}
		got, want := pages(t, made), pages(t, folder)
		if cmp.Equal(got, want) {
			continue
		}
		if !*update {
			t.Errorf("%s is not what the commands describe: %s; accept it with: go test ./cmd/sextant -run TestPages -update", folder, strings.Join(differing(got, want), ", "))
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range got {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// leaveOutMachine drops from the pages what is only cobra's.
func leaveOutMachine(cmd *cobra.Command) {
	cmd.DisableAutoGenTag = true
	for _, child := range cmd.Commands() {
		leaveOutMachine(child)
	}
}

func pages(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = strings.ReplaceAll(string(data), "\r\n", "\n")
	}
	return files
}

// differing returns the names of the pages that differ, sorted.
func differing(got, want map[string]string) []string {
	names := map[string]bool{}
	for _, pages := range []map[string]string{got, want} {
		for name := range pages {
			if got[name] != want[name] {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
