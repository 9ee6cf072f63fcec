package compose

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// File is one compose file.
type File struct {
	Name string // for messages; that of the first has the folder that paths are relative to
	Data []byte
}

// Options are what a project is read with.
type Options struct {
	// Files are merged in their order. At least one.
	Files []File
	// Name is the project's, empty for that of the files or of their folder.
	Name string
	// EnvFile holds variables, empty for .env beside the first file, if there is one.
	EnvFile  string
	Profiles []string
	// Root is the name of the root folder, which names a project there.
	Root string
	// Lookup returns a variable of the environment, which wins over EnvFile.
	Lookup func(key string) (string, bool)
	// Read reads a file that another names.
	Read func(name string) ([]byte, error)
}

// Project is what compose files declare.
type Project struct {
	Name     string
	Services []Service // by name
}

// loader reads one project.
type loader struct {
	Options
	*scope
	missing map[string]bool // the files that isMissing was asked about
	files   int             // how many were read that others name
}

// Merged is the files of a project, merged. Its services need not be complete: the
// files may be for a project of more.
type Merged struct {
	Name    string // of the project
	loader  *loader
	content map[string]any
}

// Merge reads files and merges them.
func Merge(o Options) (*Merged, error) {
	l := &loader{Options: o, missing: map[string]bool{}}
	content, err := l.contents()
	if err != nil {
		return nil, err
	}
	return &Merged{l.projectName(content), l, content}, nil
}

// Load reads a project.
func Load(o Options) (*Project, error) {
	m, err := Merge(o)
	if err != nil {
		return nil, err
	}
	return m.Project()
}

// Project returns the project that the files declare.
func (m *Merged) Project() (*Project, error) {
	l, p := m.loader, &Project{Name: m.Name}
	services, err := mapping(m.content["services"], "services")
	if err != nil {
		return nil, err
	}
	jobs, err := mapping(m.content["jobs"], "jobs")
	if err != nil {
		return nil, err
	}
	active := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		fields, err := mapping(services[name], "services."+name)
		if err != nil {
			return nil, err
		}
		if _, ok := jobs[name]; ok {
			return nil, fmt.Errorf("service %q: a job has that name", name)
		}
		if !l.isActive(fields) {
			continue
		}
		s, err := newService(name, fields, l.lookup)
		if err != nil {
			return nil, fmt.Errorf("service %q: %w", name, err)
		}
		if err := l.checkService(fields, m.content); err != nil {
			return nil, fmt.Errorf("service %q: %w", name, err)
		}
		active[name] = true
		p.Services = append(p.Services, s)
	}
	for _, s := range p.Services {
		for _, dep := range s.DependsOn {
			if services[dep] == nil {
				return nil, fmt.Errorf("service %q depends on %q, which is not a service", s.Name, dep)
			}
		}
	}
	for i := range p.Services { // one that no profile starts is not waited for
		p.Services[i].DependsOn = slices.DeleteFunc(p.Services[i].DependsOn, func(dep string) bool { return !active[dep] })
	}
	return p, nil
}

// contents are those of the files, merged.
func (l *loader) contents() (map[string]any, error) {
	var err error
	if l.scope, err = newScope(path.Dir(l.Files[0].Name), l.Lookup, l.Read, l.EnvFile); err != nil {
		return nil, err
	}
	merged, err := l.merge(l.Files, l.scope, 0)
	if err != nil {
		return nil, err
	}
	return merged, rebaseServices(merged, l.dir)
}

// isMissing reports whether a file does not exist. Services often share an env file,
// which is then read once.
func (l *loader) isMissing(name string) bool {
	missing, known := l.missing[name]
	if !known {
		_, err := l.Read(name)
		missing = errors.Is(err, fs.ErrNotExist)
		l.missing[name] = missing
	}
	return missing
}

// isActive reports whether a profile starts the service.
func (l *loader) isActive(fields map[string]any) bool {
	own := stringsOf(fields["profiles"])
	active := l.Profiles
	if v, ok := l.lookup("COMPOSE_PROFILES"); ok && len(active) == 0 {
		active = strings.Split(v, ",")
	}
	return len(own) == 0 || slices.Contains(active, "*") ||
		slices.ContainsFunc(own, func(p string) bool { return slices.Contains(active, p) })
}

// projectName is the name of the project: the one asked for, that of the
// environment, that of the files, that of the folder.
func (l *loader) projectName(merged map[string]any) string {
	name := l.Name
	if name == "" {
		name, _ = l.lookup("COMPOSE_PROJECT_NAME")
	}
	if name == "" {
		name, _ = merged["name"].(string)
	}
	if name == "" && l.dir == "." {
		name = l.Root
	}
	if name == "" {
		name = path.Base(l.dir)
	}
	return cmp.Or(Normalize(name), "default") // of the root of a file system
}

// Normalize makes a name that a project may have.
func Normalize(name string) string {
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}
	return strings.TrimLeft(strings.Map(keep, strings.ToLower(name)), "-_")
}
