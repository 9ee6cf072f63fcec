package compose

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"

	"github.com/compose-spec/compose-go/v2/override"
)

// extension is where a service extends another.
type extension struct {
	document
	in    *scope
	dir   string // which the names of files are relative to
	name  string // of the service
	depth int
}

// extend merges a service into the one that it extends.
func (l *loader) extend(at extension, fields map[string]any) (map[string]any, error) {
	base, file := "", ""
	switch e := fields["extends"].(type) {
	case nil:
		return fields, nil
	case string:
		base = e
	case map[string]any:
		base, _ = e["service"].(string)
		file, _ = e["file"].(string)
	}
	if base == "" || at.depth > maxNested {
		return nil, errors.New("extends names no service, or services extend each other")
	}
	own := maps.Clone(fields)
	delete(own, "extends")
	next := extension{at.document, at.in, at.dir, base, at.depth + 1}
	var err error
	if file != "" {
		name := path.Join(at.dir, file)
		if next.document, err = l.extended(name, at.in); err != nil {
			return nil, err
		}
		next.dir = path.Dir(name)
	}
	services, err := mapping(next.content["services"], "services")
	if err != nil {
		return nil, err
	}
	extended, err := mapping(services[base], "services."+base)
	if _, ok := services[base]; err != nil || !ok {
		return nil, fmt.Errorf("extends %q, which is not a service", base)
	}
	if extended == nil {
		return own, nil
	}
	if extended, err = l.extend(next, extended); err != nil {
		return nil, err
	}
	// The merge changes the service that is extended, and others may extend it too.
	extended = clone(extended).(map[string]any)
	if file != "" {
		rebase(extended, path.Dir(file))
	}
	at.marks.apply(map[string]any{"services": map[string]any{at.name: extended}})
	return sound(func() (map[string]any, error) { return override.ExtendService(extended, own) })
}

// extended returns the contents of a file that services extend.
func (l *loader) extended(name string, in *scope) (document, error) {
	if d, known := in.extended[name]; known {
		return d, nil
	}
	f, err := l.read(name)
	if err != nil {
		return document{}, err
	}
	documents, err := l.parse(f, in)
	if err != nil {
		return document{}, err
	}
	merged := document{content: map[string]any{}}
	for _, d := range documents {
		d.marks.apply(merged.content)
		if merged.content, err = mergeInto(merged.content, d.content); err != nil {
			return document{}, fmt.Errorf("%s: %w", name, err)
		}
		merged.marks = d.marks
	}
	if merged.content, err = unique(merged.content); err != nil {
		return document{}, fmt.Errorf("%s: %w", name, err)
	}
	in.extended[name] = merged
	return merged, nil
}

// clone copies a value of YAML.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for key, e := range v {
			c[key] = clone(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = clone(e)
		}
		return c
	}
	return v
}

// rebase makes the paths of a service, as a file in dir has them, relative to the
// folder that dir is relative to.
func rebase(fields map[string]any, dir string) {
	switch build := fields["build"].(type) {
	case string:
		fields["build"] = contextIn(dir, build)
	case map[string]any:
		if context, ok := build["context"].(string); ok {
			build["context"] = contextIn(dir, context)
		}
	}
	for _, key := range []string{"env_file", "label_file"} {
		rebaseFiles(fields, key, dir)
	}
}

// rebaseFiles is rebase for a field that names files.
func rebaseFiles(fields map[string]any, key, dir string) {
	switch files := fields[key].(type) {
	case string:
		fields[key] = fileIn(dir, files)
	case []any:
		for i, f := range files {
			switch f := f.(type) {
			case string:
				files[i] = fileIn(dir, f)
			case map[string]any:
				if name, ok := f["path"].(string); ok {
					f["path"] = fileIn(dir, name)
				}
			}
		}
	}
}

// contextIn is the context of a build as a file in dir has it.
func contextIn(dir, context string) string {
	if isRemote(context) || path.IsAbs(context) || strings.HasPrefix(context, "~") || strings.HasPrefix(context, "service:") {
		return context
	}
	return path.Join(dir, context)
}

// isRemote reports whether a context is no folder.
func isRemote(context string) bool {
	return strings.Contains(context, "://") || strings.HasPrefix(context, "github.com/") || strings.HasPrefix(context, "git@")
}

// fileIn is the path of a file of variables or labels as a file in dir has it.
func fileIn(dir, name string) string {
	if path.IsAbs(name) || strings.HasPrefix(name, "~") {
		return name
	}
	return path.Join(dir, name)
}
