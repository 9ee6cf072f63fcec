package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// checkService fails, as docker compose does, for a service that refers to a network,
// volume, secret or config which no file declares, or to an env file that is not there.
func (l *loader) checkService(fields, project map[string]any) error {
	for _, section := range []string{"networks", "volumes", "secrets", "configs"} {
		declared, _ := project[section].(map[string]any)
		for _, name := range references(section, fields[section]) {
			if _, ok := declared[name]; !ok {
				return fmt.Errorf("it refers to %q, which is none of the project's %s", name, section)
			}
		}
	}
	files, _ := fields["env_file"].([]any)
	for _, f := range files {
		file, _ := f.(map[string]any)
		name, _ := file["path"].(string)
		if required, ok := file["required"].(bool); ok && !required || name == "" || path.IsAbs(name) {
			continue
		}
		if _, err := l.Read(name); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("no env file %s", name)
		}
	}
	return nil
}

// references are the names of a section that a service uses.
func references(section string, v any) []string {
	switch v := v.(type) {
	case map[string]any: // networks
		return slices.DeleteFunc(slices.Sorted(maps.Keys(v)), func(name string) bool { return name == "default" })
	case []any:
		var names []string
		for _, item := range v {
			fields, _ := item.(map[string]any)
			source, _ := fields["source"].(string)
			if source != "" && (section != "volumes" || fields["type"] == "volume") {
				names = append(names, source)
			}
		}
		return names
	}
	return nil
}

// resolveEnvFiles makes the paths of the env files of a service relative to what the
// file's name is.
func resolveEnvFiles(fields map[string]any, dir string) {
	files, _ := fields["env_file"].([]any)
	for _, f := range files {
		file, _ := f.(map[string]any)
		if name, ok := file["path"].(string); ok && !path.IsAbs(name) && !strings.HasPrefix(name, "~") {
			file["path"] = path.Join(dir, name)
		}
	}
}
