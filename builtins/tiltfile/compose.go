package tiltfile

import (
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

// composeState is what docker_compose and dc_resource declare.
type composeState struct {
	projects []*composeProject
}

// composeProject is a project of one or more docker_compose calls.
type composeProject struct {
	site    site
	files   []compose.File
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
		files, err := r.composeFiles(c, config.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		if len(files) == 0 {
			return nil, config.Errorf(c, "it names no file")
		}
		next := &composeProject{site: r.script.site(c), files: files, wait: wait.Of(c), options: compose.Options{
			Files: files, Name: name.Of(c), Profiles: profiles.Of(c), Root: path.Base(r.paths.root()),
			Lookup: r.env.lookup, Read: r.readBeside,
		}}
		if file := envFile.Of(c); file != "" {
			if next.options.EnvFile, err = r.paths.resolve(c, file); err != nil {
				return nil, c.Errorf("%w", err)
			}
		}
		if next.made, err = compose.Load(next.options); err != nil {
			return nil, c.Errorf("%w", err)
		}
		if err := r.addProject(next); err != nil {
			return nil, c.Errorf("%w", err)
		}
		return sl.None, nil
	}
}

// readBeside reads a file that a compose file names.
func (r *Run) readBeside(name string) ([]byte, error) {
	name, err := r.paths.name(path.Join(r.paths.root(), name))
	if err != nil {
		return nil, err
	}
	return r.host.ReadFile(name)
}

// composeFiles reads what configPaths names.
func (r *Run) composeFiles(c *call, v sl.Value) ([]compose.File, error) {
	if items, ok := sequence(v); ok {
		var all []compose.File
		for _, item := range items {
			more, err := r.composeFiles(c, item)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
		return all, nil
	}
	inline := path.Join(r.paths.dir(c), "blob")
	if file, ok := sl.AsString(v); ok {
		name, data, err := r.paths.read(c, file)
		return []compose.File{{Name: name, Data: data}}, err
	}
	if d, ok := v.(*sl.Dict); ok {
		data, err := r.host.EncodeYAML(d)
		return []compose.File{{Name: inline, Data: data}}, err
	}
	text, err := builtins.AsText(v)
	if err != nil {
		return nil, fmt.Errorf("got %s, want str, blob, dict or a list of them", v.Type())
	}
	return []compose.File{{Name: inline, Data: []byte(text)}}, nil
}

// addProject adds a project, or the files of one that is there already.
func (r *Run) addProject(next *composeProject) error {
	for _, p := range r.compose.projects {
		if p.made.Name != next.made.Name {
			continue
		}
		o := next.options
		o.Files = append(slices.Clone(p.options.Files), next.files...)
		o.Profiles = append(slices.Clone(p.options.Profiles), o.Profiles...)
		o.Name, o.EnvFile = or(o.Name, p.options.Name), or(o.EnvFile, p.options.EnvFile)
		made, err := compose.Load(o)
		if err != nil {
			return err
		}
		p.options, p.made, p.wait = o, made, p.wait || next.wait
		return r.addServices(p, next.site)
	}
	r.compose.projects = append(r.compose.projects, next)
	return r.addServices(next, next.site)
}

// addServices makes resources of the services that have none yet.
func (r *Run) addServices(p *composeProject, at site) error {
	for _, s := range p.made.Services {
		named := s.Image
		if named == "" {
			named = p.made.Name + "-" + s.Name // as docker compose names what it builds
		}
		if _, err := image.Parse(named); err != nil && named == s.Image {
			return fmt.Errorf("service %q: image %q: %w", s.Name, named, err)
		}
		res := p.find(s.Name)
		if res == nil {
			res = &Resource{Name: s.Name, Kind: KindCompose, Place: at.at.String(), AutoInit: true, Compose: &ComposeResource{Project: p.made.Name, Service: s.Name}}
			p.resources = append(p.resources, res)
			r.declared.add(&declared{Resource: res, site: at})
		}
		res.Compose.Image, res.Compose.PublishedPorts = named, s.Ports
	}
	return nil
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
		if len(r.compose.projects) == 0 {
			return nil, c.Errorf("the script has called no docker_compose yet")
		}
		var found []*Resource
		var project *composeProject
		var services []string
		for _, p := range r.compose.projects {
			if want := projectName.Of(c); want != "" && compose.Normalize(want) != p.made.Name {
				continue
			}
			for _, res := range p.resources {
				services = append(services, res.Compose.Service)
				if res.Compose.Service == name.Of(c) {
					found, project = append(found, res), p
				}
			}
		}
		switch len(found) {
		case 1:
		case 0:
			return nil, c.Errorf("no service %q%s", name.Of(c), suggest.OrOneOf(name.Of(c), services))
		default:
			return nil, c.Errorf("several projects have a service %q: give project_name", name.Of(c))
		}
		res := found[0]
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

// finishCompose records the projects, and that services wait for those that they
// depend on, when the script is done.
func (r *Run) finishCompose() {
	for _, p := range r.compose.projects {
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
					service.Build.Dockerfile = path.Join(b.Context, or(b.Dockerfile, "Dockerfile"))
				}
			}
			out.Services = append(out.Services, service)
			res := p.find(s.Name)
			res.Compose.Image = or(p.images[s.Name], res.Compose.Image)
			for _, dep := range s.DependsOn {
				if other := p.find(dep); !slices.Contains(res.DependsOn, other.Name) {
					res.DependsOn = append(res.DependsOn, other.Name)
				}
			}
		}
		r.projects = append(r.projects, out)
	}
}
