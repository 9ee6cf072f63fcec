package compose

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/transform"
	"go.yaml.in/yaml/v3"
)

// File is one compose file, with the folder that its paths are relative to.
type File struct {
	Name string // for messages, and to find files beside it
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

// Service is one service.
type Service struct {
	Name      string
	Image     string // as the files say; empty for one that only builds
	DependsOn []string
	Ports     []int // published on this machine
	Build     *Build
}

// Build is how a service's image is built. Paths are as Options.Files name files.
type Build struct {
	Context, Dockerfile, DockerfileInline, Target string
	Args                                          map[string]string
	Platform                                      string
}

// topLevel are the sections of a compose file.
var topLevel = []string{"name", "version", "services", "networks", "volumes", "secrets", "configs", "include", "models"}

// maxNested is how deep files may include and services extend each other.
const maxNested = 100

// maxVariables is how many variables a string may have: to replace them takes the
// square of them.
const maxVariables = 1000

// loader reads one project.
type loader struct {
	Options
	env map[string]string
}

// Load reads a project.
func Load(o Options) (*Project, error) {
	l := &loader{Options: o}
	dir := path.Dir(o.Files[0].Name)
	if err := l.readEnv(dir); err != nil {
		return nil, err
	}
	merged, err := l.merge(o.Files, 0)
	if err != nil {
		return nil, err
	}
	p := &Project{Name: l.projectName(merged, dir)}
	services, err := mapping(merged["services"], "services")
	if err != nil {
		return nil, err
	}
	active := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		fields, err := mapping(services[name], "services."+name)
		if err != nil {
			return nil, err
		}
		if !l.isActive(fields) {
			continue
		}
		s, err := newService(name, fields)
		if err != nil {
			return nil, fmt.Errorf("service %q: %w", name, err)
		}
		if err := l.checkService(fields, merged); err != nil {
			return nil, fmt.Errorf("service %q: %w", name, err)
		}
		active[name] = true
		p.Services = append(p.Services, s)
	}
	for _, s := range p.Services {
		for _, dep := range s.DependsOn {
			if services[dep] == nil {
				return nil, fmt.Errorf("service %q depends on %q, which is no service", s.Name, dep)
			}
		}
	}
	for i := range p.Services { // one that no profile starts is not waited for
		p.Services[i].DependsOn = slices.DeleteFunc(p.Services[i].DependsOn, func(dep string) bool { return !active[dep] })
	}
	return p, nil
}

// readEnv reads the variables of the env file.
func (l *loader) readEnv(dir string) error {
	name := l.EnvFile
	if name == "" {
		name = path.Join(dir, ".env")
	}
	data, err := l.Read(name)
	if l.EnvFile == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if l.env, err = dotenv.UnmarshalBytesWithLookup(data, dotenv.LookupFn(l.Lookup)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (l *loader) lookup(key string) (string, bool) {
	if v, ok := l.Lookup(key); ok {
		return v, true
	}
	v, ok := l.env[key]
	return v, ok
}

// merge reads files and merges each into those before.
func (l *loader) merge(files []File, depth int) (map[string]any, error) {
	merged := map[string]any{}
	for _, f := range files {
		one, err := l.file(f, depth)
		if err != nil {
			return nil, err
		}
		if merged, err = override.Merge(merged, one); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	merged, err := override.EnforceUnicity(merged)
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
	for name, v := range services {
		fields, err := mapping(v, "services."+name)
		if err == nil {
			services[name], err = l.extend(f, services, fields, 0)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: service %q: %w", f.Name, name, err)
		}
	}
	included := raw["include"]
	delete(raw, "include")
	canonical, err := transform.Canonical(raw, false)
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
		other := File{Name: path.Join(path.Dir(f.Name), file)}
		var err error
		if other.Data, err = l.Read(other.Name); err != nil {
			return nil, err
		}
		raw, err := l.parse(other)
		if err != nil {
			return nil, err
		}
		if services, err = mapping(raw["services"], "services"); err != nil {
			return nil, err
		}
		f = other
	}
	extended, err := mapping(services[base], "services."+base)
	if err != nil || services[base] == nil {
		return nil, fmt.Errorf("extends %q, which is no service", base)
	}
	if extended, err = l.extend(f, services, extended, depth+1); err != nil {
		return nil, err
	}
	return override.ExtendService(maps.Clone(extended), own)
}

// include adds what the file includes to it.
func (l *loader) include(f File, included any, into map[string]any, depth int) (map[string]any, error) {
	items, _ := included.([]any)
	for _, item := range items {
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
			file := File{Name: path.Join(path.Dir(f.Name), name)}
			var err error
			if file.Data, err = l.Read(file.Name); err != nil {
				return nil, fmt.Errorf("%s: include: %w", f.Name, err)
			}
			files = append(files, file)
		}
		merged, err := l.merge(files, depth+1)
		if err != nil {
			return nil, err
		}
		delete(merged, "name")
		if into, err = override.Merge(merged, into); err != nil {
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
		resolveEnvFiles(fields, dir)
		build, ok := fields["build"].(map[string]any)
		if !ok {
			continue
		}
		context, _ := build["context"].(string)
		if !strings.Contains(context, "://") && !path.IsAbs(context) {
			build["context"] = path.Join(dir, context)
		}
	}
	return nil
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
func (l *loader) projectName(merged map[string]any, dir string) string {
	name := l.Name
	if name == "" {
		name, _ = l.lookup("COMPOSE_PROJECT_NAME")
	}
	if name == "" {
		name, _ = merged["name"].(string)
	}
	if name == "" {
		if dir == "." {
			dir = l.Root
		}
		name = path.Base(dir)
	}
	return cmp.Or(Normalize(name), "default") // of the root of a file system, say
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

func newService(name string, fields map[string]any) (Service, error) {
	s := Service{Name: name}
	s.Image, _ = fields["image"].(string)
	depends, err := mapping(fields["depends_on"], "depends_on")
	if err != nil {
		return s, err
	}
	s.DependsOn = slices.Sorted(maps.Keys(depends))
	ports, _ := fields["ports"].([]any)
	for _, p := range ports {
		port, _ := p.(map[string]any)
		first, _, _ := strings.Cut(fmt.Sprint(port["published"]), "-")
		if n, err := strconv.Atoi(first); err == nil {
			s.Ports = append(s.Ports, n)
		}
	}
	build, err := mapping(fields["build"], "build")
	if err != nil {
		return s, err
	}
	if build != nil {
		s.Build = newBuild(build)
		if platform, ok := fields["platform"].(string); ok && s.Build.Platform == "" {
			s.Build.Platform = platform
		}
	}
	if s.Image == "" && s.Build == nil && fields["provider"] == nil {
		return s, errors.New("it has neither an image nor a build")
	}
	return s, nil
}

func newBuild(build map[string]any) *Build {
	text := func(key string) string {
		s, _ := build[key].(string)
		return s
	}
	b := &Build{Context: text("context"), Dockerfile: text("dockerfile"), DockerfileInline: text("dockerfile_inline"), Target: text("target")}
	if platforms := stringsOf(build["platforms"]); len(platforms) > 0 {
		b.Platform = platforms[0]
	}
	switch args := build["args"].(type) {
	case map[string]any:
		b.Args = map[string]string{}
		for k, v := range args {
			if v != nil {
				b.Args[k] = fmt.Sprint(v)
			}
		}
	case []any:
		b.Args = map[string]string{}
		for _, a := range args {
			k, v, _ := strings.Cut(fmt.Sprint(a), "=")
			b.Args[k] = v
		}
	}
	return b
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
