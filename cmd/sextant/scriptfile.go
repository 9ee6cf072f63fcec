package main

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/suggest"
	"github.com/sextant-dev/sextant/starlark"
)

// What runs if the command line names no script: a Clusterfile, or else a Tiltfile.
const (
	defaultScript = "Clusterfile"
	otherScript   = "Tiltfile"
)

// standardInput is the FILE that names standard input, and the name of its script.
const (
	standardInput = "-"
	inputName     = "<stdin>"
)

// scriptFile is a script and the files it can reach.
type scriptFile struct {
	files   fs.FS
	root    string   // the absolute path of files
	name    string   // the script, relative to root
	project *project // nil if there is no sextant.yaml
	close   func() error
}

//go:embed current.star
var currentContext embed.FS

// open finds the script to run.
func (r *scriptRun) open(ctx context.Context) (*scriptFile, error) {
	if r.file != "" || !r.orCurrent && r.session == nil {
		return openScript(ctx, r.file, r.flags.root)
	}
	p, err := projectOf(ctx, "")
	if err != nil {
		return nil, err
	}
	if r.session != nil {
		return openFolder(r.flags.root, p)
	}
	file := scriptOrDefault("", p)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return &scriptFile{files: currentContext, root: "/", name: "current.star", project: p, close: func() error { return nil }}, nil
	}
	return openScript(ctx, file, r.flags.root)
}

// projectOf returns the project of a script, "" for the one of the current folder.
func projectOf(ctx context.Context, file string) (*project, error) {
	dir := "."
	if file != standardInput {
		dir = filepath.Dir(file)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, failure{err}
	}
	return findProject(ctx, dir)
}

// scriptOrDefault is the script that the command line names, or the default one.
func scriptOrDefault(file string, p *project) string {
	switch {
	case file != "":
		return file
	case isFile(defaultScript):
		return defaultScript
	case isFile(otherScript):
		return otherScript
	case p != nil && p.file != "":
		return p.file
	}
	return defaultScript
}

// isFile reports whether path is a file that is there.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// checkRoot refuses a root that is not a folder; "" is the default.
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

// openFolder opens a root without a script.
func openFolder(root string, p *project) (*scriptFile, error) {
	if err := checkRoot(root); err != nil {
		return nil, err
	}
	if root == "" && p != nil {
		root = p.root
	}
	dir, err := filepath.Abs(cmp.Or(root, "."))
	if err != nil {
		return nil, failure{err}
	}
	files, err := starlark.OpenDir(dir)
	if err != nil {
		return nil, usagef("cannot open the root: %w", err)
	}
	return &scriptFile{files: files, root: dir, project: p, close: files.Close}, nil
}

// openScript opens a script, "" for the default one and "-" for standard input,
// and its root: the folder that --root names, else that of the project, else the
// script's own.
func openScript(ctx context.Context, file, root string) (*scriptFile, error) {
	if file == standardInput {
		return openInput(ctx, root)
	}
	named := func(err error) error { return err }
	if file == "" {
		p, err := projectOf(ctx, "")
		if err != nil {
			return nil, err
		}
		if p != nil && p.file != "" {
			named = func(err error) error { return usagef("%w; the key file of %s names it", err, projectName) }
		}
		file = scriptOrDefault("", p)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, failure{err}
	}
	// Nothing beside a script is read before it is known to be here.
	if info, err := localfile.Stat(file); errors.Is(err, localfile.ErrOutside) {
		return nil, usageError{err}
	} else if errors.Is(err, fs.ErrNotExist) {
		return nil, named(noFile(file))
	} else if err == nil && info.IsDir() {
		return nil, named(usagef("%s is a folder: name the script in it", file))
	}
	p, err := projectOf(ctx, file)
	if err != nil {
		return nil, err
	}
	if root == "" && (p == nil || !p.contains(path)) {
		root = filepath.Dir(path)
	}
	script, err := openFolder(root, p)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(script.root, path)
	if err != nil || !filepath.IsLocal(name) {
		script.close()
		return nil, usagef("%s is not below --root %s", file, root)
	}
	script.name = filepath.ToSlash(name)
	return script, nil
}

// noFile is the error of a script that is not there: the nearest file that is, or
// how to make one.
func noFile(file string) error {
	dir, name := filepath.Split(file)
	if name == "..." {
		return usagef("no file %s: name the folder, which means everything below it", file)
	}
	var scripts []string
	if entries, err := os.ReadDir(cmp.Or(dir, ".")); err == nil {
		for _, e := range entries {
			if isScriptName(e.Name()) {
				scripts = append(scripts, e.Name())
			}
		}
	}
	if suggestion := suggest.Name(name, scripts); suggestion != "" {
		return usagef("no file %s (did you mean %q?)", file, dir+suggestion)
	}
	if name == defaultScript {
		return usagef("no file %s: name a script, or make one with: sextant init", file)
	}
	return usagef("no file %s", file)
}

// openInput reads a script from standard input. Its paths are relative to the
// root: that of --root, else of the project, else the current folder.
func openInput(ctx context.Context, root string) (*scriptFile, error) {
	p, err := projectOf(ctx, standardInput)
	if err != nil {
		return nil, err
	}
	source, err := io.ReadAll(io.LimitReader(os.Stdin, localfile.Limit+1))
	if err == nil && len(source) > localfile.Limit {
		err = localfile.ErrTooLarge
	}
	if err != nil {
		return nil, failure{fmt.Errorf("standard input: %w", err)}
	}
	script, err := openFolder(root, p)
	if err != nil {
		return nil, err
	}
	script.name = inputName
	script.files = inputFS{script.files, source}
	return script, nil
}

// inputFS is a file system with the script of standard input beside its files.
type inputFS struct {
	fs.FS
	source []byte
}

func (f inputFS) Open(name string) (fs.File, error) {
	if name == inputName {
		return inputFile{bytes.NewReader(f.source)}, nil
	}
	return f.FS.Open(name)
}

// inputFile is the script of standard input, a regular file.
type inputFile struct{ *bytes.Reader }

func (f inputFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f inputFile) Close() error               { return nil }
func (f inputFile) Name() string               { return inputName }
func (f inputFile) Mode() fs.FileMode          { return 0o444 }
func (f inputFile) ModTime() time.Time         { return time.Time{} }
func (f inputFile) IsDir() bool                { return false }
func (f inputFile) Sys() any                   { return nil }
