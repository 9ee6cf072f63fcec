package tiltfile

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/builtins/tiltfile/internal/compose"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// composeFunctions read compose files.
func composeFunctions() []row {
	return []row{
		{Name: "docker_compose", Returns: "None", Doc: "Reads compose files and declares a resource for each service.", Declares: true, Define: dockerCompose},
		{Name: "dc_resource", Returns: "None", Doc: "Configures the resource of a compose service.", Declares: true, Define: dcResource},
	}
}

// typeComposeFiles are paths, blobs, or dicts.
var typeComposeFiles = table.Any

func dockerCompose(p *params) body {
	config := table.Required(p, "configPaths", typeComposeFiles, "Paths, blobs or dicts, or a list of them.")
	envFile := optional(p, "env_file", typeStr, "The file of variables, in place of .env.")
	name := optional(p, "project_name", typeStr, "The name of the project.")
	profiles := optional(p, "profiles", typeStrs, "The profiles to start.")
	wait := optional(p, "wait", typeBool, "Whether Tilt waits until services are healthy.")
	return func(r *Run, c *call) (sl.Value, error) {
		files, err := r.compose.files(c, config.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		if len(files) == 0 {
			return nil, config.Errorf(c, "it names no file")
		}
		next := &composeProject{site: r.script.site(c), wait: wait.Of(c), options: compose.Options{
			Files: files, Name: name.Of(c), Profiles: profiles.Of(c), Root: path.Base(r.paths.root()),
			Lookup: r.env.lookup, Read: r.compose.readBeside,
		}}
		if file := envFile.Of(c); file != "" {
			if next.options.EnvFile, err = r.paths.resolve(c, file); err != nil {
				return nil, c.Errorf("%w", err)
			}
		}
		if err := r.compose.add(next); err != nil {
			return nil, c.Errorf("%w", err)
		}
		return sl.None, nil
	}
}

func dcResource(p *params) body {
	name := table.Required(p, "name", typeStr, "The service.")
	ref := optional(p, "image", typeImage, "The image of the service, in place of that of its compose files, to find its build by.")
	mode := optional(p, "trigger_mode", typeTriggerMode, "When it is updated.")
	resourceDeps := table.Optional(p, "resource_deps", typeList, table.Unset, "The resources that must be ready before.")
	inferLinks := table.Optional(p, "infer_links", none(typeBool), sl.True, "Whether Tilt shows links to published ports.")
	links := optional(p, "links", oneOrMore(typeLink), "Links to show.")
	labels := optional(p, "labels", oneOrMore(typeLabel), "Labels that group resources.")
	autoInit := table.Optional(p, "auto_init", none(typeBool), sl.True, "Whether it starts when Tilt does.")
	projectName := optional(p, "project_name", typeStr, "The project, if several have the service.")
	newName := optional(p, "new_name", typeStr, "The new name of the resource.")
	return func(r *Run, c *call) (sl.Value, error) {
		_ = inferLinks.Of(c)
		project, res, err := r.compose.service(name.Of(c), projectName.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		if ref.Given(c) {
			project.setImage(res.Compose.Service, ref.Of(c))
		}
		if n := newName.Of(c); n != "" {
			if _, err := typeName.Convert(sl.String(n)); err != nil {
				return nil, newName.Errorf(c, "%w", err)
			}
			res.Name = n
		}
		if mode.Given(c) {
			res.TriggerMode = string(mode.Of(c))
		}
		if autoInit.Given(c) {
			res.AutoInit = autoInit.Of(c)
		}
		res.DependsOn = append(res.DependsOn, resourceDeps.Of(c)...)
		res.Links = append(res.Links, links.Of(c)...)
		res.Labels = append(res.Labels, labels.Of(c)...)
		return sl.None, nil
	}
}

// composeProjects are the projects that a script declares, in the order of the calls.
type composeProjects struct {
	host     builtins.Host
	paths    *paths
	declared *declarations // where the services go
	all      []*composeProject
}

// readBeside reads a file that a compose file names.
func (s *composeProjects) readBeside(name string) ([]byte, error) {
	name, err := s.paths.name(path.Join(s.paths.root(), name))
	if err != nil {
		return nil, err
	}
	return s.host.ReadFile(name)
}

// files reads what configPaths names: one file, or a list of them.
func (s *composeProjects) files(c *call, v sl.Value) ([]compose.File, error) {
	items, ok := sequence(v)
	if !ok {
		items = []sl.Value{v}
	}
	var all []compose.File
	for _, item := range items {
		one, err := s.file(c, item)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// file reads a file by its path, or one that the script makes.
func (s *composeProjects) file(c *call, v sl.Value) (compose.File, error) {
	if file, ok := sl.AsString(v); ok {
		name, data, err := s.paths.read(c, file)
		return compose.File{Name: name, Data: data}, err
	}
	inline := path.Join(s.paths.dir(c), "blob")
	if d, ok := v.(*sl.Dict); ok {
		data, err := s.host.EncodeYAML(d)
		return compose.File{Name: inline, Data: data}, err
	}
	text, err := builtins.AsText(v)
	if err != nil {
		return compose.File{}, fmt.Errorf("got %s, want str, blob, dict or a list of them", v.Type())
	}
	return compose.File{Name: inline, Data: []byte(text)}, nil
}

// add adds a project, or the files of one that is there already, which may change its
// services and need not be a project of their own.
func (s *composeProjects) add(next *composeProject) error {
	merged, err := compose.Merge(next.options)
	if err != nil {
		return err
	}
	for _, p := range s.all {
		if p.made.Name != merged.Name {
			continue
		}
		o := next.options
		o.Files = slices.Concat(p.options.Files, o.Files)
		o.Profiles = slices.Concat(p.options.Profiles, o.Profiles)
		o.Name, o.EnvFile = cmp.Or(o.Name, p.options.Name), cmp.Or(o.EnvFile, p.options.EnvFile)
		made, err := compose.Load(o)
		if err != nil {
			return err
		}
		p.options, p.made, p.wait = o, made, p.wait || next.wait
		return s.declare(p, next.site)
	}
	if next.made, err = merged.Project(); err != nil {
		return err
	}
	s.all = append(s.all, next)
	return s.declare(next, next.site)
}

// declare makes resources of the services of a project that have none yet.
func (s *composeProjects) declare(p *composeProject, at site) error {
	for _, service := range p.made.Services {
		named := service.Image
		if named == "" {
			named = p.made.Name + "-" + service.Name // as docker compose names what it builds
		}
		if _, err := image.Parse(named); err != nil && named == service.Image {
			return fmt.Errorf("service %q: image %q: %w", service.Name, named, err)
		}
		res := p.find(service.Name)
		if res == nil {
			res = &Resource{Name: service.Name, Kind: KindCompose, Place: at.at.String(), AutoInit: true, Compose: &ComposeResource{Project: p.made.Name, Service: service.Name}}
			p.resources = append(p.resources, res)
			s.declared.add(&declared{Resource: res, site: at})
		}
		res.Compose.Image, res.Compose.PublishedPorts = named, service.Ports
	}
	return nil
}

// service returns the service of a name and its project, which is the only one that has
// it, or the one given.
func (s *composeProjects) service(name, project string) (*composeProject, *Resource, error) {
	if len(s.all) == 0 {
		return nil, nil, errors.New("the script has called no docker_compose yet")
	}
	var found []*Resource
	var in *composeProject
	var services []string
	for _, p := range s.all {
		if project != "" && compose.Normalize(project) != p.made.Name {
			continue
		}
		for _, res := range p.resources {
			services = append(services, res.Compose.Service)
			if res.Compose.Service == name {
				found, in = append(found, res), p
			}
		}
	}
	switch len(found) {
	case 1:
		return in, found[0], nil
	case 0:
		return nil, nil, fmt.Errorf("no service %q%s", name, suggest.OrOneOf(name, services))
	}
	return nil, nil, fmt.Errorf("several projects have a service %q: give project_name", name)
}

// finish returns the projects when the script is done. Their services wait for those
// that they depend on.
func (s *composeProjects) finish() []ComposeProject {
	var out []ComposeProject
	for _, p := range s.all {
		p.settle()
		out = append(out, p.recorded())
	}
	return out
}

// composeProject is a project of one or more docker_compose calls.
type composeProject struct {
	site    site
	options compose.Options
	wait    bool
	made    *compose.Project
	// resources are those of its services, by name, images those that dc_resource sets,
	// by service.
	resources []*Resource
	images    map[string]string
}

// setImage sets the image of a service, in place of that of the compose files.
func (p *composeProject) setImage(service, ref string) {
	if p.images == nil {
		p.images = map[string]string{}
	}
	p.images[service] = ref
}

// find returns the resource of a service, nil if there is none.
func (p *composeProject) find(service string) *Resource {
	for _, res := range p.resources {
		if res.Compose.Service == service {
			return res
		}
	}
	return nil
}

// settle makes services wait for those that they depend on, and sets their images.
func (p *composeProject) settle() {
	for _, s := range p.made.Services {
		res := p.find(s.Name)
		res.Compose.Image = cmp.Or(p.images[s.Name], res.Compose.Image)
		for _, dep := range s.DependsOn {
			if other := p.find(dep); !slices.Contains(res.DependsOn, other.Name) {
				res.DependsOn = append(res.DependsOn, other.Name)
			}
		}
	}
}

// recorded is the project as data.
func (p *composeProject) recorded() ComposeProject {
	out := ComposeProject{Name: p.made.Name, EnvFile: p.options.EnvFile, Profiles: p.options.Profiles, Wait: p.wait}
	for _, f := range p.options.Files {
		out.Files = append(out.Files, f.Name)
	}
	for _, s := range p.made.Services {
		service := ComposeService{Name: s.Name, Image: s.Image, DependsOn: s.DependsOn, Ports: s.Ports}
		if b := s.Build; b != nil {
			service.Build = &DockerBuild{
				Context: b.Context, DockerfileContents: b.DockerfileInline, Target: b.Target, BuildArgs: b.Args, Platform: b.Platform,
			}
			if b.DockerfileInline == "" {
				service.Build.Dockerfile = path.Join(b.Context, cmp.Or(b.Dockerfile, "Dockerfile"))
			}
		}
		out.Services = append(out.Services, service)
	}
	return out
}
