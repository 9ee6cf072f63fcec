package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// projectName is the file that marks the folder of a project.
const projectName = "sextant.yaml"

// maxProject is how large that file may be.
const maxProject = 64 << 10

// project is what sextant.yaml in this folder, or in the nearest folder above it,
// sets for every command. Flags and their environment variables override it.
type project struct {
	// root is the folder that scripts cannot leave: the one of sextant.yaml, or the
	// one below it that the file names.
	root string
	// file is the script if the command line names none, "" for the default.
	file string
	// dialect is that of the script, "" for the one of its name.
	dialect dialect.Dialect
	// timeout is the deadline of each cluster, 0 for the default.
	timeout time.Duration
}

// findProject looks for sextant.yaml from dir upwards. It returns nil if there is
// none.
func findProject(ctx context.Context, dir string) (*project, error) {
	for {
		path := filepath.Join(dir, projectName)
		if _, err := os.Lstat(path); err == nil {
			if localfile.Foreign(path) {
				return nil, usagef("%s belongs to another user: it could choose the script that runs here; name the script, or take the file over with chown", path)
			}
			if err := localfile.Check(path); err != nil {
				return nil, usageError{err}
			}
			data, err := localfile.ReadBeside(ctx, path)
			if err != nil {
				return nil, usagef("%s: %w", projectName, err)
			}
			return parseProject(path, data)
		} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return nil, usagef("%s: %w", projectName, err)
		}
		above := filepath.Dir(dir)
		if above == dir {
			return nil, nil
		}
		dir = above
	}
}

// projectKeys are the keys of sextant.yaml, each with what sets it.
var projectKeys = map[string]func(p *project, dir, value string) error{
	"root": func(p *project, dir, value string) error {
		if !filepath.IsLocal(value) {
			return fmt.Errorf("%q is not below the folder of %s", value, projectName)
		}
		p.root = filepath.Join(dir, value)
		return nil
	},
	"file": func(p *project, dir, value string) error {
		if !filepath.IsLocal(value) {
			return fmt.Errorf("%q is not below the folder of %s", value, projectName)
		}
		p.file = filepath.Join(dir, value)
		return nil
	},
	"dialect": func(p *project, _, value string) (err error) {
		p.dialect, err = dialect.Parse(value)
		return err
	},
	"timeout": func(p *project, _, value string) (err error) {
		if p.timeout, err = time.ParseDuration(value); err != nil || p.timeout <= 0 {
			return fmt.Errorf("%q is not a duration such as 500ms, 10s or 2m", value)
		}
		return nil
	},
}

func projectKeyNames() []string { return slices.Sorted(maps.Keys(projectKeys)) }

// parseProject reads the content of the sextant.yaml at path.
func parseProject(path string, data []byte) (*project, error) {
	p := &project{root: filepath.Dir(path)}
	if len(data) > maxProject {
		return nil, usagef("%s: it is larger than %d bytes", path, maxProject)
	}
	var document yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, usagef("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, usagef("%s: it has a second document, want one", path)
	}
	if len(document.Content) == 0 {
		return p, nil
	}
	top := document.Content[0]
	fail := func(n *yaml.Node, format string, args ...any) error {
		return usagef("%s:%d:%d: %w", path, n.Line, n.Column, fmt.Errorf(format, args...))
	}
	if top.Kind != yaml.MappingNode {
		return nil, fail(top, "want a mapping with the keys %s", strings.Join(projectKeyNames(), ", "))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		set, ok := projectKeys[key.Value]
		switch {
		case !ok:
			return nil, fail(key, "unknown key %q%s", key.Value, suggest.DidYouMean(key.Value, projectKeyNames()))
		case seen[key.Value]:
			return nil, fail(key, "duplicate key %q", key.Value)
		case value.Kind != yaml.ScalarNode || value.Tag == "!!null":
			return nil, fail(value, "%s: want a string", key.Value)
		}
		seen[key.Value] = true
		if err := set(p, filepath.Dir(path), value.Value); err != nil {
			return nil, fail(value, "%s: %w", key.Value, err)
		}
	}
	if p.file != "" && !p.contains(p.file) {
		return nil, usagef("%s: file is not below root", path)
	}
	return p, nil
}

// contains reports whether the root of the project holds the file at path.
func (p *project) contains(path string) bool {
	rel, err := filepath.Rel(p.root, path)
	return err == nil && filepath.IsLocal(rel)
}
