package compose

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/tree"
)

// read reads a file that another includes or extends.
func (l *loader) read(name string) (File, error) {
	if l.files++; l.files > maxFiles {
		return File{}, fmt.Errorf("%s: the project reads more than %d files", name, maxFiles)
	}
	data, err := l.Read(name)
	return File{Name: name, Data: data}, err
}

// include adds what a document includes to it.
func (l *loader) include(f File, d document, in *scope, depth int) error {
	items, ok := d.content["include"].([]any)
	if !ok && d.content["include"] != nil {
		return fmt.Errorf("%s: include is not a list", f.Name)
	}
	delete(d.content, "include")
	for _, item := range items {
		files, inner, err := l.included(item, in)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		merged, err := l.merge(files, inner, depth+1)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(filepath.FromSlash(in.dir), filepath.FromSlash(inner.dir))
		if err == nil {
			err = rebaseServices(merged, filepath.ToSlash(dir))
		}
		if err == nil {
			_, err = sound(func() (map[string]any, error) { return d.content, d.take(merged) })
		}
		if err != nil {
			return fmt.Errorf("%s: include: %w", f.Name, err)
		}
	}
	return nil
}

// included reads the files of an include, and returns what they are read with: their
// variables are those of the file that includes them, then those of their own env files.
func (l *loader) included(item any, in *scope) ([]File, *scope, error) {
	fields, _ := item.(map[string]any)
	if name, ok := item.(string); ok {
		fields = map[string]any{"path": name}
	}
	names, envFiles := stringsOf(fields["path"]), stringsOf(fields["env_file"])
	if len(names) == 0 {
		return nil, nil, errors.New("include names no file")
	}
	var files []File
	for _, name := range names {
		f, err := l.read(path.Join(in.dir, name))
		if err != nil {
			return nil, nil, fmt.Errorf("include: %w", err)
		}
		files = append(files, f)
	}
	dir := path.Dir(files[0].Name)
	if own, _ := fields["project_directory"].(string); own != "" {
		dir = path.Join(in.dir, own)
	}
	envFiles = slices.DeleteFunc(envFiles, func(name string) bool { return name == "/dev/null" })
	for i, name := range envFiles {
		envFiles[i] = path.Join(in.dir, name)
	}
	if fields["env_file"] == nil && dir != in.dir {
		envFiles = []string{""}
	}
	inner, err := newScope(dir, in.lookup, l.Read, envFiles...)
	if err != nil {
		return nil, nil, fmt.Errorf("include: %w", err)
	}
	return files, inner, nil
}

// take adds the sections of what is included. An entry that the document has itself is
// merged into the included one, unless it is the same.
func (d document) take(included map[string]any) error {
	for _, section := range []string{"services", "jobs", "volumes", "networks", "secrets", "configs", "models"} {
		from, err := mapping(included[section], section)
		if err != nil {
			return err
		}
		if len(from) == 0 {
			continue
		}
		to, err := mapping(d.content[section], section)
		if err != nil {
			return err
		}
		if to == nil {
			to = map[string]any{}
			d.content[section] = to
		}
		for name, entry := range from {
			own, ok := to[name]
			if !ok {
				to[name] = entry
				continue
			}
			if reflect.DeepEqual(own, entry) {
				continue // two files include one
			}
			d.marks.apply(map[string]any{section: map[string]any{name: entry}})
			if to[name], err = override.MergeYaml(entry, own, tree.NewPath(section, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// rebaseServices makes the paths of services relative to the folder that dir is relative to.
// A build without a context has the folder itself.
func rebaseServices(content map[string]any, dir string) error {
	services, err := mapping(content["services"], "services")
	if err != nil {
		return err
	}
	for _, s := range services {
		fields, _ := s.(map[string]any)
		if build, ok := fields["build"].(map[string]any); ok && build["context"] == nil {
			build["context"] = "."
		}
		rebase(fields, dir)
	}
	return nil
}
