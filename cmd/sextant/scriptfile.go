package main

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sextant-dev/sextant/starlark"
)

// defaultScript is what runs where the command line names no script.
const defaultScript = "Clusterfile"

// scriptFile is a script and the files it can reach.
type scriptFile struct {
	files fs.FS
	root  string // the absolute path of files
	name  string // the script, relative to root
	close func() error
}

//go:embed current.star
var currentContext embed.FS

// open finds the script to run.
func (r *scriptRun) open() (*scriptFile, error) {
	if err := checkRoot(r.flags.root); err != nil {
		return nil, err
	}
	if _, err := os.Stat(defaultScript); r.orCurrent && r.file == "" && errors.Is(err, fs.ErrNotExist) {
		return &scriptFile{files: currentContext, root: "/", name: "current.star", close: func() error { return nil }}, nil
	}
	return openScript(r.file, r.flags.root)
}

// isFile tells whether path is a file that is there.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// checkRoot refuses a root that is no folder; "" stands for one that is.
func checkRoot(root string) error {
	if root == "" {
		return nil
	}
	info, err := os.Stat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usagef("--root %s: no such folder", root)
	case err == nil && !info.IsDir():
		return usagef("--root %s: it is a file; name a folder", root)
	}
	return nil // what else is wrong with it shows as it is opened
}

// openScript opens a script, "" for ./Clusterfile, and its root, "" for the
// script's folder.
func openScript(file, root string) (*scriptFile, error) {
	if file == "" {
		file = defaultScript
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, failure{err}
	}
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("no file %s: name a script, or make a Clusterfile with k8s_cluster() in it", file)
	} else if err == nil && info.IsDir() {
		return nil, usagef("%s is a folder: name the script in it", file)
	}
	dir := filepath.Dir(path)
	if root != "" {
		if dir, err = filepath.Abs(root); err != nil {
			return nil, failure{err}
		}
	}
	name, err := filepath.Rel(dir, path)
	if err != nil || name == ".." || strings.HasPrefix(name, ".."+string(filepath.Separator)) {
		return nil, usagef("%s is not below --root %s", file, root)
	}
	files, err := starlark.OpenDir(dir)
	if err != nil {
		return nil, usagef("cannot open the root: %w", err)
	}
	return &scriptFile{files: files, root: dir, name: filepath.ToSlash(name), close: files.Close}, nil
}
