package tiltfile

import (
	"fmt"
	"path"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/internal/suggest"
)

func (b *imageBuild) errorf(format string, args ...any) error {
	kind := "docker_build"
	if b.Custom != nil {
		kind = "custom_build"
	}
	return fmt.Errorf(kind+": "+format, args...)
}

// images are the builds that a script declares, in the order of the calls.
type images struct {
	builds []*imageBuild
	byName map[string][]*imageBuild // by the name of the ref, without its tag
	places map[image.Ref]string     // the calls that builds and live updates of images are from
	// registry is the call of default_registry.
	registry string
}

// imageBuild is a build with what is needed until the script is done.
type imageBuild struct {
	Build
	site site
	ref  image.Ref
	// watched are the paths whose change starts the build, bases the images that its
	// Dockerfile starts from, deps the refs that image_deps names.
	watched     []string
	bases, deps []string
	// needs are the builds that make them.
	needs []*imageBuild
}

// claim fails if another call has claimed the ref: to build the image, or to update it
// live in what a k8s_custom_deploy runs.
func (i *images) claim(ref image.Ref, name, place string) error {
	if first, ok := i.places[ref]; ok {
		return fmt.Errorf("duplicate build of %q: the first is at %s", name, first)
	}
	if i.places == nil {
		i.places = map[image.Ref]string{}
	}
	i.places[ref] = place
	return nil
}

// add adds a build. It fails if there is one of the same ref.
func (i *images) add(b *imageBuild) error {
	name := b.ref.Name()
	if err := i.claim(b.ref, b.Ref, b.Place); err != nil {
		return err
	}
	if i.byName == nil {
		i.byName = map[string][]*imageBuild{}
	}
	i.builds, i.byName[name] = append(i.builds, b), append(i.byName[name], b)
	return nil
}

// find returns the build that makes an image, as a manifest names it: nil if there
// is none. A ref with a tag makes that tag only.
func (i *images) find(ref image.Ref) *imageBuild {
	for _, b := range i.byName[ref.Name()] {
		if b.ref.Match(ref) {
			return b
		}
	}
	return nil
}

// named is find for a name as a script or a Dockerfile writes it; one that does not
// parse is no build's.
func (i *images) named(name string) *imageBuild {
	ref, err := image.Parse(name)
	if err != nil {
		return nil
	}
	return i.find(ref)
}

// imageFunctions declare images to build.
func imageFunctions() []row {
	return []row{
		{Name: "docker_build", Returns: "None", Doc: "Declares an image that is built from a Dockerfile.", Declares: true, Define: dockerBuild},
		{Name: "custom_build", Returns: "None", Doc: "Declares an image that a command builds.", Declares: true, Define: customBuild},
		{Name: "default_registry", Returns: "None", Doc: "Declares the registry that images are pushed to, unless the cluster advertises one.", Declares: true, Define: defaultRegistry},
	}
}

// buildParams are what both kinds of build take.
type buildParams struct {
	ref           table.Arg[string]
	liveUpdate    table.Arg[[]madeStep]
	inEnv         table.Arg[bool]
	ignore        table.Arg[[]string]
	entrypoint    table.Arg[command]
	containerArgs table.Arg[[]string]
}

// updates declares the parameters for a change of the files, which follow each other.
func (b *buildParams) updates(p *params, ignore string) {
	b.liveUpdate = optional(p, "live_update", typeSteps, "Steps that change a running container.")
	b.inEnv = optional(p, "match_in_env_vars", typeBool, "Whether env values that name the image are named for the cluster too.")
	b.ignore = optional(p, "ignore", typePatterns, ignore)
}

// commands declares the parameters for what runs, a string for the container's shell.
func (b *buildParams) commands(p *params) {
	b.entrypoint = optional(p, "entrypoint", typeCommand, "What the container runs, in place of the image's entrypoint.")
	b.containerArgs = table.Optional(p, "container_args", typeList, table.Unset, "The arguments of what the container runs.")
}

// newBuild makes a build of what both kinds take and checks it.
func (r *Run) newBuild(c *call, p buildParams) (*imageBuild, error) {
	b := &imageBuild{site: r.script.site(c), Build: Build{
		Ref: p.ref.Of(c), Place: r.script.here(c).String(), MatchInEnvVars: p.inEnv.Of(c),
		Entrypoint: p.entrypoint.Of(c).args,
	}}
	if p.containerArgs.Given(c) {
		args := p.containerArgs.Of(c)
		if args == nil {
			args = []string{}
		}
		b.ContainerArgs = &args
	}
	var err error
	if b.ref, err = image.Parse(b.Ref); err != nil {
		return nil, p.ref.Errorf(c, "%w", err)
	}
	b.LiveUpdate, err = r.steps.use(c, p.liveUpdate.Of(c))
	return b, err
}

func dockerBuild(p *params) body {
	var common buildParams
	common.ref = table.Required(p, "ref", typeStr, "The image.")
	context := table.Required(p, "context", typePath, "The folder of the build.")
	buildArgs := optional(p, "build_args", typeDict, "Values of the Dockerfile's ARG.")
	file := optional(p, "dockerfile", typePath, "The Dockerfile; without it Dockerfile in context.")
	contents := table.Optional(p, "dockerfile_contents", typeText, table.Unset, "The contents of the Dockerfile, in place of a file.")
	cache := optional(p, "cache", table.Any, "No effect, as in Tilt.")
	common.updates(p, "Patterns of files that the build does not see.")
	only := optional(p, "only", typePatterns, "The paths of the context that the build sees; none is all.")
	common.commands(p)
	target := optional(p, "target", typeStr, "The stage to build.")
	ssh := optional(p, "ssh", typeStrs, "SSH agents or keys of the build.")
	secret := optional(p, "secret", typeStrs, "Secrets of the build.")
	network := optional(p, "network", typeStr, "The network of RUN.")
	extraTag := optional(p, "extra_tag", typeStrs, "More names of the image.")
	cacheFrom := optional(p, "cache_from", typeStrs, "Images whose layers are a cache.")
	pull := optional(p, "pull", typeBool, "Whether base images are always pulled.")
	platform := optional(p, "platform", typeStr, "The platform to build for.")
	extraHosts := optional(p, "extra_hosts", typeStrs, "More hosts, name:address each.")
	return func(r *Run, c *call) (sl.Value, error) {
		_ = cache.Of(c)
		b, err := r.newBuild(c, common)
		if err != nil {
			return nil, err
		}
		d := &DockerBuild{
			Context: r.paths.recorded(c, context.Of(c)), BuildArgs: nonEmpty(buildArgs.Of(c)), Target: target.Of(c),
			Platform: platform.Of(c), Network: network.Of(c), Ignore: common.ignore.Of(c), Only: only.Of(c),
			SSH: ssh.Of(c), Secrets: secret.Of(c), ExtraTags: extraTag.Of(c), CacheFrom: cacheFrom.Of(c),
			ExtraHosts: extraHosts.Of(c), Pull: pull.Of(c),
		}
		if d.Platform == "" { // as docker build does
			d.Platform, _ = r.env.lookup("DOCKER_DEFAULT_PLATFORM")
		}
		text := contents.Of(c).text
		switch {
		case contents.Given(c) && file.Given(c):
			return nil, c.Errorf("got both dockerfile and dockerfile_contents: give one")
		case contents.Given(c):
			d.DockerfileContents = text
		default:
			named := path.Join(r.paths.absolute(c, context.Of(c)), "Dockerfile")
			if file.Given(c) {
				named = file.Of(c)
			}
			d.Dockerfile = r.paths.recorded(c, named)
			if text, err = r.dockerfileText(c, named); err != nil {
				return nil, err
			}
		}
		for _, p := range d.Only {
			if strings.Contains(p, "*") {
				return nil, only.Errorf(c, "%q is a pattern: want paths of the context", p)
			}
		}
		for _, tag := range d.ExtraTags {
			if _, err := image.Parse(tag); err != nil {
				return nil, extraTag.Errorf(c, "%w", err)
			}
		}
		b.Docker = d
		b.watched = []string{d.Context}
		made := parseDockerfile(text, d.BuildArgs)
		if text != "" && made.instructions == 0 {
			return nil, c.Errorf("the Dockerfile has no instructions")
		}
		b.bases = made.bases
		if err := r.images.add(b); err != nil {
			return nil, c.Errorf("%w", err)
		}
		return sl.None, nil
	}
}

// dockerfileText reads a Dockerfile.
func (r *Run) dockerfileText(c *call, named string) (string, error) {
	_, data, err := r.paths.read(c, named)
	if err != nil {
		return "", c.Errorf("cannot read the Dockerfile: %w", err)
	}
	return string(data), nil
}

func nonEmpty(pairs table.Pairs) map[string]string {
	if len(pairs) == 0 {
		return nil
	}
	return pairs.Map()
}

func customBuild(p *params) body {
	var common buildParams
	common.ref = table.Required(p, "ref", typeStr, "The image.")
	cmd := table.Required(p, "command", typeCommand, "The command; EXPECTED_REF in its environment is the name to build.")
	deps := table.Required(p, "deps", typePaths, "The files whose change starts the build.")
	tag := optional(p, "tag", typeStr, "The tag of the image that the command builds.")
	disablePush := optional(p, "disable_push", typeBool, "Whether the image is not pushed.")
	skips := optional(p, "skips_local_docker", typeBool, "Whether the command pushes the image itself.")
	common.updates(p, "Patterns of files of deps whose change does not start the build.")
	common.commands(p)
	batVal := optional(p, "command_bat_val", typeBat, "The command on Windows; an old name of command_bat.")
	outputs := optional(p, "outputs_image_ref_to", typeStr, "The file that the command writes the image's name to.")
	bat := optional(p, "command_bat", typeBat, "The command on Windows.")
	imageDeps := optional(p, "image_deps", manyOf(typeImage), "Images that the build needs.")
	env := optional(p, "env", typeDict, "Variables to add to the environment.")
	dir := optional(p, "dir", typeStr, "The folder to run in.")
	return func(r *Run, c *call) (sl.Value, error) {
		b, err := r.newBuild(c, common)
		if err != nil {
			return nil, err
		}
		windows := bat.Of(c).args
		if windows == nil {
			windows = batVal.Of(c).args
		}
		switch {
		case len(cmd.Of(c).args) == 0 && len(windows) == 0:
			return nil, cmd.Errorf(c, "it is empty")
		case tag.Of(c) != "" && outputs.Of(c) != "":
			return nil, c.Errorf("got both tag and outputs_image_ref_to: give one")
		}
		b.Custom = &CustomBuild{
			Command:     Command{Args: cmd.Of(c).args, BatArgs: windows, Dir: r.paths.recorded(c, dir.Of(c)), Env: nonEmpty(env.Of(c))},
			Deps:        r.paths.recordedAll(c, deps.Of(c)),
			Ignore:      common.ignore.Of(c),
			Tag:         tag.Of(c),
			DisablePush: disablePush.Of(c), SkipsLocalDocker: skips.Of(c),
		}
		if out := outputs.Of(c); out != "" {
			b.Custom.OutputsRefTo = r.paths.recorded(c, out)
		}
		b.watched, b.deps = b.Custom.Deps, imageDeps.Of(c)
		if err := r.images.add(b); err != nil {
			return nil, c.Errorf("%w", err)
		}
		return sl.None, nil
	}
}

func defaultRegistry(p *params) body {
	host := table.Required(p, "host", typeStr, "The registry, as seen from this machine.")
	fromCluster := optional(p, "host_from_cluster", typeStr, "The registry as the cluster names it; empty is host.")
	singleName := optional(p, "single_name", typeStr, "The one repository that takes every image, told apart by tags.")
	return func(r *Run, c *call) (sl.Value, error) {
		if first := r.images.registry; first != "" {
			return nil, c.Errorf("it was called at %s already", first)
		}
		r.images.registry = r.script.here(c).String()
		if err := r.host.DefaultRegistry(c, &cluster.RegistryHosting{
			Host: host.Of(c), HostFromContainerRuntime: fromCluster.Of(c), SingleName: singleName.Of(c),
		}); err != nil {
			return nil, err
		}
		return sl.None, nil
	}
}

// link fills in which builds need which, when the script is done.
func (i *images) link() error {
	for _, b := range i.builds {
		for n, name := range slices.Concat(b.bases, b.deps) {
			base := i.named(name)
			if base == nil && n >= len(b.bases) {
				return b.site.fault(b.errorf("image_deps: nothing builds %q", name))
			}
			if base == nil || base == b {
				continue // an image that is pulled, or one that only the build knows, with variables
			}
			if !slices.Contains(b.needs, base) {
				b.DependsOn, b.needs = append(b.DependsOn, base.Ref), append(b.needs, base)
			}
			if n < len(b.bases) {
				b.Docker.Bases = append(b.Docker.Bases, Base{Image: name, Build: base.Ref})
			}
		}
	}
	return nil
}

// typeImage is the name of an image.
var typeImage = parsed(func(s string) (string, error) {
	if _, err := image.Parse(s); err != nil {
		return "", err
	}
	return s, nil
})

// closure returns builds and those that they need, each once.
func closure(of ...*imageBuild) []*imageBuild {
	var all []*imageBuild
	visited := map[*imageBuild]bool{}
	for next := of; len(next) > 0; {
		b := next[0]
		if next = next[1:]; visited[b] {
			continue
		}
		visited[b] = true
		all = append(all, b)
		next = append(next, b.needs...)
	}
	return all
}

// checkCycles fails for a build that needs itself, by however many others, if a
// resource uses it.
func (i *images) checkCycles() error {
	var used []*imageBuild
	for _, b := range i.builds {
		if len(b.UsedBy) > 0 {
			used = append(used, b)
		}
	}
	path := firstCycle(used, func(b *imageBuild) []*imageBuild { return b.needs })
	if path == nil {
		return nil
	}
	refs := make([]string, len(path))
	for i, b := range path {
		refs[i] = b.Ref
	}
	last := path[len(path)-2]
	return last.site.fault(last.errorf("images need each other: %s", strings.Join(refs, " -> ")))
}

// checkLiveUpdates checks the live updates of the builds that resources use, and of
// those that these need.
func (r *Run) checkLiveUpdates() error {
	kubernetes := map[string]bool{}
	for _, d := range r.declared.all {
		kubernetes[d.Name] = d.Kind == KindKubernetes
		if d.Kubernetes == nil || d.Kubernetes.CustomDeploy == nil {
			continue
		}
		custom := d.Kubernetes.CustomDeploy
		if err := checkWatched(r.paths.root(), custom.LiveUpdate, custom.Deps); err != nil {
			return d.site.fault(fmt.Errorf("k8s_custom_deploy: %w", err))
		}
	}
	var used, inKubernetes []*imageBuild
	for _, b := range r.images.builds {
		if len(b.UsedBy) > 0 {
			used = append(used, b)
		}
		if slices.ContainsFunc(b.UsedBy, func(name string) bool { return kubernetes[name] }) {
			inKubernetes = append(inKubernetes, b)
		}
	}
	for _, b := range closure(inKubernetes...) {
		if slices.ContainsFunc(b.LiveUpdate, func(s LiveUpdateStep) bool { return s.RestartContainer }) {
			return b.site.fault(b.errorf("restart_container works for compose services only, and %s runs the image in Kubernetes: use docker_build_with_restart of ext://restart_process",
				suggest.Quoted(r.images.users(b))))
		}
	}
	for _, b := range closure(used...) {
		if checkWatched(r.paths.root(), b.LiveUpdate, b.watched) == nil {
			continue
		}
		var watched []string
		for _, needed := range closure(b) {
			watched = append(watched, needed.watched...)
		}
		if err := checkWatched(r.paths.root(), b.LiveUpdate, watched); err != nil {
			return b.site.fault(b.errorf("%w", err))
		}
	}
	return r.steps.checkUsed()
}

// users returns the resources that use a build, or else those of a build that needs it.
func (i *images) users(b *imageBuild) []string {
	if len(b.UsedBy) > 0 {
		return b.UsedBy
	}
	for _, other := range i.builds {
		if len(other.UsedBy) > 0 && slices.Contains(closure(other), b) {
			return other.UsedBy
		}
	}
	return nil
}
