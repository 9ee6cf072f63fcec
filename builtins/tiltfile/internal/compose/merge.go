package compose

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/transform"
	"go.yaml.in/yaml/v3"
)

// topLevel are the sections of a compose file.
var topLevel = []string{"name", "version", "services", "jobs", "networks", "volumes", "secrets", "configs", "include", "models"}

// maxNested is how deep files may include and services extend each other.
const maxNested = 100

// maxFiles is how many files a project may read, each counted as often as it is
// included: with two includes of the next, a hundred files are as many as atoms in a
// universe.
const maxFiles = 1000

// maxVariables is how many variables a string may have: to replace them takes the
// square of them.
const maxVariables = 1000

// merge reads files and merges each into those before.
func (l *loader) merge(files []File, depth int) (map[string]any, error) {
	merged := map[string]any{}
	for _, f := range files {
		one, err := l.file(f, depth)
		if err != nil {
			return nil, err
		}
		if merged, err = sound(func() (map[string]any, error) { return override.Merge(merged, one) }); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	merged, err := sound(func() (map[string]any, error) { return override.EnforceUnicity(merged) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", files[0].Name, err)
	}
	return merged, nil
}

// file reads one file, with what it includes and what its services extend, in the
// canonical form.
func (l *loader) file(f File, depth int) (map[string]any, error) {
	if depth > maxNested {
		return nil, fmt.Errorf("%s: files include each other more than %d deep", f.Name, maxNested)
	}
	raw, err := l.parse(f)
	if err != nil {
		return nil, err
	}
	services, err := mapping(raw["services"], "services")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	for _, name := range slices.Sorted(maps.Keys(services)) { // of two errors, always the same
		if !isServiceName(name) {
			return nil, fmt.Errorf("%s: service %q: a name has letters, digits, dots, dashes and underscores only", f.Name, name)
		}
		fields, err := mapping(services[name], "services."+name)
		if err == nil {
			fields, err = l.extend(f, services, fields, 0)
		}
		if err == nil {
			err = checkFields(fields)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: service %q: %w", f.Name, name, err)
		}
		services[name] = fields
	}
	included, ok := raw["include"].([]any)
	if !ok && raw["include"] != nil {
		return nil, fmt.Errorf("%s: include is no list", f.Name)
	}
	delete(raw, "include")
	canonical, err := sound(func() (map[string]any, error) { return transform.Canonical(raw, false) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if err := resolvePaths(canonical, path.Dir(f.Name)); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return l.include(f, included, canonical, depth)
}

// parse reads a file and replaces variables.
func (l *loader) parse(f File) (map[string]any, error) {
	var raw map[string]any
	if err := yaml.Unmarshal(f.Data, &raw); err != nil {
		return nil, fmt.Errorf("%s: %s", f.Name, strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "yaml: "))
	}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		if !slices.Contains(topLevel, key) && !strings.HasPrefix(key, "x-") {
			return nil, fmt.Errorf("%s: %q is no section of a compose file", f.Name, key)
		}
	}
	raw, err := interpolation.Interpolate(raw, interpolation.Options{
		LookupValue: l.lookup,
		Substitute: func(text string, lookup template.Mapping) (string, error) {
			if strings.Count(text, "$") > maxVariables {
				return "", fmt.Errorf("a string with more than %d variables", maxVariables)
			}
			return template.SubstituteWithOptions(text, lookup, template.WithoutLogging)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return raw, nil
}

// extend merges a service into the one that it extends.
func (l *loader) extend(f File, services, fields map[string]any, depth int) (map[string]any, error) {
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
	if base == "" || depth > maxNested {
		return nil, errors.New("extends names no service, or services extend each other")
	}
	own := maps.Clone(fields)
	delete(own, "extends")
	if file != "" {
		f = File{Name: path.Join(path.Dir(f.Name), file)}
		raw, err := l.parsed(f.Name)
		if err != nil {
			return nil, err
		}
		if services, err = mapping(raw["services"], "services"); err != nil {
			return nil, err
		}
	}
	extended, err := mapping(services[base], "services."+base)
	if err != nil || services[base] == nil {
		return nil, fmt.Errorf("extends %q, which is no service", base)
	}
	if extended, err = l.extend(f, services, extended, depth+1); err != nil {
		return nil, err
	}
	// The merge changes the service that is extended, and others may extend it too.
	extended = clone(extended).(map[string]any)
	if file != "" {
		rebase(extended, path.Dir(file))
	}
	return sound(func() (map[string]any, error) { return override.ExtendService(extended, own) })
}

// sound calls a function of compose-go. These panic for some values of a wrong type.
func sound(call func() (map[string]any, error)) (out map[string]any, err error) {
	defer func() {
		if wrong := recover(); wrong != nil {
			reason := strings.ReplaceAll(fmt.Sprint(wrong), "interface {} is ", "")
			err = fmt.Errorf("a value is of a wrong type: %s", strings.TrimPrefix(reason, "interface conversion: "))
		}
	}()
	return call()
}

// isServiceName reports whether docker compose takes a name.
func isServiceName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

// read reads a file that another includes or extends.
func (l *loader) read(name string) (File, error) {
	if l.files++; l.files > maxFiles {
		return File{}, fmt.Errorf("%s: the project reads more than %d files", name, maxFiles)
	}
	data, err := l.Read(name)
	return File{Name: name, Data: data}, err
}

// parsed returns the contents of a file that services extend.
func (l *loader) parsed(name string) (map[string]any, error) {
	if raw, known := l.extended[name]; known {
		return raw, nil
	}
	f, err := l.read(name)
	if err != nil {
		return nil, err
	}
	raw, err := l.parse(f)
	if err != nil {
		return nil, err
	}
	l.extended[name] = raw
	return raw, nil
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
		if context, ok := build["context"].(string); ok || build["context"] == nil {
			build["context"] = contextIn(dir, context)
		}
	}
	switch files := fields["env_file"].(type) {
	case string:
		fields["env_file"] = envFileIn(dir, files)
	case []any:
		for i, f := range files {
			switch f := f.(type) {
			case string:
				files[i] = envFileIn(dir, f)
			case map[string]any:
				if name, ok := f["path"].(string); ok {
					f["path"] = envFileIn(dir, name)
				}
			}
		}
	}
}

// contextIn is the context of a build as a file in dir has it.
func contextIn(dir, context string) string {
	if strings.Contains(context, "://") || path.IsAbs(context) {
		return context
	}
	return path.Join(dir, context)
}

// envFileIn is the path of an env file as a file in dir has it.
func envFileIn(dir, name string) string {
	if path.IsAbs(name) || strings.HasPrefix(name, "~") {
		return name
	}
	return path.Join(dir, name)
}

// include adds what the file includes to it.
func (l *loader) include(f File, included []any, into map[string]any, depth int) (map[string]any, error) {
	for _, item := range included {
		var names []string
		switch v := item.(type) {
		case string:
			names = []string{v}
		case map[string]any:
			names = stringsOf(v["path"])
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("%s: include names no file", f.Name)
		}
		var files []File
		for _, name := range names {
			file, err := l.read(path.Join(path.Dir(f.Name), name))
			if err != nil {
				return nil, fmt.Errorf("%s: include: %w", f.Name, err)
			}
			files = append(files, file)
		}
		merged, err := l.merge(files, depth+1)
		if err != nil {
			return nil, err
		}
		delete(merged, "name")
		if into, err = sound(func() (map[string]any, error) { return override.Merge(merged, into) }); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return into, nil
}

// resolvePaths makes the paths of builds and env files relative to what the file's name
// is.
func resolvePaths(canonical map[string]any, dir string) error {
	services, err := mapping(canonical["services"], "services")
	if err != nil {
		return err
	}
	for _, s := range services {
		fields, _ := s.(map[string]any)
		rebase(fields, dir)
	}
	return nil
}

// mapping is a section that is a mapping, nil for one that is empty.
func mapping(v any, what string) (map[string]any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return v, nil
	}
	return nil, fmt.Errorf("%s is no mapping", what)
}

func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, fmt.Sprint(e))
		}
		return out
	}
	return nil
}
