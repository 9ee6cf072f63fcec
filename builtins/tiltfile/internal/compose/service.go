package compose

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Service is one service.
type Service struct {
	Name      string
	Image     string // as the files have it; empty for one that only builds
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

// File is where the Dockerfile is: in the context, if that is a folder.
func (b *Build) File() string {
	name := cmp.Or(b.Dockerfile, "Dockerfile")
	if path.IsAbs(name) || isRemote(b.Context) {
		return name
	}
	return path.Join(b.Context, name)
}

func newService(name string, fields map[string]any, lookup func(string) (string, bool)) (Service, error) {
	s := Service{Name: name}
	if err := checkStrings(fields, "", "image", "platform"); err != nil {
		return s, err
	}
	s.Image, _ = fields["image"].(string)
	var err error
	if s.DependsOn, err = dependencies(fields); err != nil {
		return s, err
	}
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
	if err := checkStrings(build, "build.", "context", "dockerfile", "dockerfile_inline", "target"); err != nil {
		return s, err
	}
	if build != nil {
		s.Build = newBuild(build, lookup)
		if s.Build.Dockerfile != "" && s.Build.DockerfileInline != "" {
			return s, errors.New("its build has both dockerfile and dockerfile_inline")
		}
		if platform, ok := fields["platform"].(string); ok && s.Build.Platform == "" {
			s.Build.Platform = platform
		}
	}
	if s.Image == "" && s.Build == nil && fields["provider"] == nil {
		return s, errors.New("it has neither an image nor a build")
	}
	return s, nil
}

// dependencies are the services that one depends on, as it declares or by what it shares
// with them.
func dependencies(fields map[string]any) ([]string, error) {
	declared, err := mapping(fields["depends_on"], "depends_on")
	if err != nil {
		return nil, err
	}
	all := slices.Collect(maps.Keys(declared))
	for _, link := range stringsOf(fields["links"]) {
		service, _, _ := strings.Cut(link, ":")
		all = append(all, service)
	}
	for _, key := range []string{"network_mode", "ipc", "pid", "uts", "cgroup"} {
		of, _ := fields[key].(string)
		if service, ok := strings.CutPrefix(of, "service:"); ok {
			all = append(all, service)
		}
	}
	for _, from := range stringsOf(fields["volumes_from"]) {
		if service, _, _ := strings.Cut(from, ":"); service != "container" {
			all = append(all, service)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// checkStrings fails for one of some fields that is neither a string nor left out.
func checkStrings(fields map[string]any, path string, keys ...string) error {
	for _, key := range keys {
		if v := fields[key]; v != nil {
			if _, ok := v.(string); !ok {
				return fmt.Errorf("%s%s is not a string", path, key)
			}
		}
	}
	return nil
}

// newBuild reads a build. An argument without a value has that of the variable of its name,
// and is left out if there is none.
func newBuild(build map[string]any, lookup func(string) (string, bool)) *Build {
	text := func(key string) string {
		s, _ := build[key].(string)
		return s
	}
	b := &Build{Context: text("context"), Dockerfile: text("dockerfile"), DockerfileInline: text("dockerfile_inline"), Target: text("target")}
	if platforms := stringsOf(build["platforms"]); len(platforms) > 0 {
		b.Platform = platforms[0]
	}
	set := func(name, value string, given bool) {
		if !given {
			value, given = lookup(name)
		}
		if given {
			b.Args[name] = value
		}
	}
	switch args := build["args"].(type) {
	case map[string]any:
		b.Args = map[string]string{}
		for k, v := range args {
			set(k, fmt.Sprint(v), v != nil)
		}
	case []any:
		b.Args = map[string]string{}
		for _, a := range args {
			set(strings.Cut(fmt.Sprint(a), "="))
		}
	}
	return b
}

// checkService fails, as docker compose does, for a service that refers to a network,
// volume, secret, config or model which no file declares, or to a file of variables or
// labels that is not there.
func (l *loader) checkService(fields, project map[string]any) error {
	build, _ := fields["build"].(map[string]any)
	for _, section := range []string{"networks", "volumes", "secrets", "configs", "models"} {
		declared, _ := project[section].(map[string]any)
		names := references(section, fields[section])
		if section == "secrets" {
			names = append(names, references(section, build[section])...)
		}
		for _, name := range names {
			if _, ok := declared[name]; !ok {
				return fmt.Errorf("it refers to %q, which is none of the project's %s", name, section)
			}
		}
	}
	for _, name := range stringsOf(fields["label_file"]) {
		if !path.IsAbs(name) && l.isMissing(name) {
			return fmt.Errorf("no label file %s", name)
		}
	}
	files, _ := fields["env_file"].([]any)
	for _, f := range files {
		file, _ := f.(map[string]any)
		name, _ := file["path"].(string)
		if required, ok := file["required"].(bool); ok && !required || name == "" || path.IsAbs(name) {
			continue
		}
		if l.isMissing(name) {
			return fmt.Errorf("no env file %s", name)
		}
	}
	return nil
}

// references are the names of a section that a service uses.
func references(section string, v any) []string {
	switch v := v.(type) {
	case map[string]any: // networks and models
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
