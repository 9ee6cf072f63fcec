package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
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

// merge reads files and merges each into those before. Paths stay relative to the scope's
// folder.
func (l *loader) merge(files []File, in *scope, depth int) (map[string]any, error) {
	merged := map[string]any{}
	for _, f := range files {
		if depth > maxNested {
			return nil, fmt.Errorf("%s: files include each other more than %d deep", f.Name, maxNested)
		}
		documents, err := l.parse(f, in)
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			if merged, err = l.add(merged, f, d, in, depth); err != nil {
				return nil, err
			}
		}
	}
	merged, err := unique(merged)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", files[0].Name, err)
	}
	return merged, nil
}

// add merges one document of a file, with what it includes and what its services extend,
// into those before, in the canonical form.
func (l *loader) add(before map[string]any, f File, d document, in *scope, depth int) (map[string]any, error) {
	if version, given := d.content["version"]; given {
		if _, ok := version.(string); !ok {
			return nil, fmt.Errorf("%s: version is not a string: quote it, or leave it out", f.Name)
		}
	}
	if err := l.include(f, d, in, depth); err != nil {
		return nil, err
	}
	d.marks.apply(before)
	services, err := mapping(d.content["services"], "services")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	known, _ := mapping(before["services"], "")
	for _, name := range slices.Sorted(maps.Keys(services)) { // of two errors, always the same
		if !isServiceName(name) {
			return nil, fmt.Errorf("%s: service %q: a name has letters, digits, dots, dashes and underscores only", f.Name, name)
		}
		fields, err := mapping(services[name], "services."+name)
		if err == nil {
			fields, err = l.extend(extension{d, in, in.dir, name, 0}, fields)
		}
		if err == nil {
			earlier, _ := mapping(known[name], "")
			err = checkFields(fields, earlier)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: service %q: %w", f.Name, name, err)
		}
		services[name] = fields
	}
	merged, err := mergeInto(before, d.content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return merged, nil
}

// mergeInto merges a document into those before, in the canonical form. It takes time for
// the document alone: a file may have many.
func mergeInto(before, content map[string]any) (map[string]any, error) {
	canonical, err := sound(func() (map[string]any, error) { return transform.Canonical(content, false) })
	if err != nil {
		return nil, err
	}
	return sound(func() (map[string]any, error) { return override.Merge(before, canonical) })
}

// unique removes duplicate ports and the like, once all documents are merged.
func unique(merged map[string]any) (map[string]any, error) {
	return sound(func() (map[string]any, error) { return override.EnforceUnicity(merged) })
}

// document is one document of a file, its variables replaced.
type document struct {
	content map[string]any
	marks   marks
}

// parse reads the documents of a file and replaces variables.
func (l *loader) parse(f File, in *scope) ([]document, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(f.Data))
	var documents []document
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		d := document{content: map[string]any{}}
		if err == nil {
			d.marks, err = findMarks(&node)
		}
		if err == nil {
			err = node.Decode(&d.content)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s", f.Name, strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "yaml: "))
		}
		for _, key := range slices.Sorted(maps.Keys(d.content)) {
			if !slices.Contains(topLevel, key) && !strings.HasPrefix(key, "x-") {
				return nil, fmt.Errorf("%s: %q is not a section of a compose file", f.Name, key)
			}
		}
		if d.content, err = interpolate(d.content, in); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		documents = append(documents, d)
	}
}

func interpolate(content map[string]any, in *scope) (map[string]any, error) {
	return interpolation.Interpolate(content, interpolation.Options{
		LookupValue: in.lookup,
		Substitute: func(text string, lookup template.Mapping) (string, error) {
			if strings.Count(text, "$") > maxVariables {
				return "", fmt.Errorf("a string with more than %d variables", maxVariables)
			}
			return template.SubstituteWithOptions(text, lookup, template.WithoutLogging)
		},
	})
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

// mapping is a section that is a mapping, nil for one that is empty.
func mapping(v any, what string) (map[string]any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return v, nil
	}
	return nil, fmt.Errorf("%s is not a mapping", what)
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
