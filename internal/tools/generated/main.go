package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generated:", err)
		os.Exit(1)
	}
}

func run(root string) (err error) {
	before, err := snapshot(root)
	if err != nil {
		return err
	}
	copied, err := os.MkdirTemp("", "generated-")
	if err != nil {
		return fmt.Errorf("copy the module: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(copied)) }()
	if err := write(copied, before); err != nil {
		return err
	}
	cmd := exec.Command("go", "generate", "./...")
	cmd.Dir, cmd.Stdout, cmd.Stderr = copied, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go generate: %w", err)
	}
	after, err := snapshot(copied)
	if err != nil {
		return err
	}
	if stale := differing(before, after); len(stale) > 0 {
		return fmt.Errorf("out of date: %s: run: make generate", strings.Join(stale, ", "))
	}
	return nil
}

// snapshot reads every file below root, by its path from there. What no
// generator reads or writes is left out: the folders of version control and of
// builds.
func snapshot(root string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", ".cache", "bin"}, entry.Name()) {
			return filepath.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the module's files: %w", err)
	}
	return files, nil
}

func write(root string, files map[string][]byte) error {
	for name, data := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("copy the module: %w", err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("copy the module: %w", err)
		}
	}
	return nil
}

// differing names the files that are new, gone or other than they were.
func differing(before, after map[string][]byte) []string {
	var names []string
	for name, data := range before {
		if now, kept := after[name]; !kept || !bytes.Equal(now, data) {
			names = append(names, name)
		}
	}
	for name := range after {
		if _, old := before[name]; !old {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
