package tiltfile

import (
	"fmt"
	"path"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/image"
)

// Build is an image that the script can build. Exactly one of Docker and
// Custom is set.
type Build struct {
	// Ref is the image as the script names it.
	Ref string `json:"ref"`
	// Local is the name to push, as seen from this machine, Cluster the one that the
	// cluster's container runtime pulls. Both are empty if the cluster is not
	// connected or there is none.
	Local   string `json:"local,omitempty"`
	Cluster string `json:"cluster,omitempty"`
	// Place is the call that declared it, as file:line:column.
	Place string `json:"place"`

	Docker *DockerBuild `json:"docker,omitempty"`
	Custom *CustomBuild `json:"custom,omitempty"`

	// LiveUpdate are the steps that change a running container, in order.
	LiveUpdate []LiveUpdateStep `json:"liveUpdate,omitempty"`
	// MatchInEnvVars also names the image in env values.
	MatchInEnvVars bool `json:"matchInEnvVars,omitempty"`
	// Entrypoint replaces the container's command, ContainerArgs its arguments. A
	// ContainerArgs that is set and empty removes them.
	Entrypoint    []string  `json:"entrypoint,omitempty"`
	ContainerArgs *[]string `json:"containerArgs,omitempty"`
	// DependsOn are the refs of builds that this one needs: base images of its
	// Dockerfile, and image_deps.
	DependsOn []string `json:"dependsOn,omitempty"`
	// UsedBy are the resources whose manifests or services name the image.
	UsedBy []string `json:"usedBy,omitempty"`
}

// DockerBuild is a build from a Dockerfile. Paths are relative to the root of the
// run's files and slash-separated, or absolute if they are outside.
type DockerBuild struct {
	Context string `json:"context"`
	// Dockerfile is its path; it is empty if the script holds the contents.
	Dockerfile         string            `json:"dockerfile,omitempty"`
	DockerfileContents string            `json:"dockerfileContents,omitempty"`
	Target             string            `json:"target,omitempty"`
	BuildArgs          map[string]string `json:"buildArgs,omitempty"`
	Platform           string            `json:"platform,omitempty"`
	Network            string            `json:"network,omitempty"`
	// Only are the paths of the context that the build sees, relative to it; empty
	// is all. Ignore are patterns of what it does not see.
	Only       []string `json:"only,omitempty"`
	Ignore     []string `json:"ignore,omitempty"`
	SSH        []string `json:"ssh,omitempty"`
	Secrets    []string `json:"secrets,omitempty"`
	ExtraTags  []string `json:"extraTags,omitempty"`
	CacheFrom  []string `json:"cacheFrom,omitempty"`
	ExtraHosts []string `json:"extraHosts,omitempty"`
	Pull       bool     `json:"pull,omitempty"`
	// Bases are the images of the Dockerfile that other builds make.
	Bases []Base `json:"bases,omitempty"`
}

// Base is an image that a Dockerfile starts or copies from, and that another build
// makes.
type Base struct {
	// Image is as the Dockerfile names it, its arguments expanded.
	Image string `json:"image"`
	// Build is the ref of the build.
	Build string `json:"build"`
}

// CustomBuild is a build by a command of the script.
type CustomBuild struct {
	Command Command  `json:"command"`
	Deps    []string `json:"deps,omitempty"`
	Ignore  []string `json:"ignore,omitempty"`
	// Tag is the one that the command sets on the image; empty is one that Tilt makes.
	Tag string `json:"tag,omitempty"`
	// OutputsRefTo is the file that the command writes the reference to.
	OutputsRefTo     string `json:"outputsRefTo,omitempty"`
	DisablePush      bool   `json:"disablePush,omitempty"`
	SkipsLocalDocker bool   `json:"skipsLocalDocker,omitempty"`
}

// Command is a program to run, never run by this package.
type Command struct {
	// Args are the program and its arguments. A command that the script passes as one
	// string is run by sh -c.
	Args []string `json:"args"`
	// BatArgs are Args on Windows; empty is Args.
	BatArgs []string          `json:"batArgs,omitempty"`
	Dir     string            `json:"dir,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
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
	b.containerArgs = optional(p, "container_args", typeList, "The arguments of what the container runs.")
}

// build makes a build of what both kinds take and checks it.
func (b *buildParams) build(c *call, script *script, steps *steps) (*imageBuild, error) {
	made := &imageBuild{site: script.site(c), Build: Build{
		Ref: b.ref.Of(c), Place: script.here(c).String(), MatchInEnvVars: b.inEnv.Of(c),
		Entrypoint: b.entrypoint.Of(c).args,
	}}
	if b.containerArgs.Given(c) {
		args := b.containerArgs.Of(c) // not nil, even if it is empty
		made.ContainerArgs = &args
	}
	var err error
	if made.ref, err = image.Parse(made.Ref); err != nil {
		return nil, b.ref.Errorf(c, "%w", err)
	}
	made.LiveUpdate, err = steps.use(c, b.liveUpdate.Of(c))
	return made, err
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
		b, err := common.build(c, &r.script, &r.steps)
		if err != nil {
			return nil, err
		}
		b.Docker = &DockerBuild{
			Context: r.paths.recorded(c, context.Of(c)), BuildArgs: nonEmpty(buildArgs.Of(c)), Target: target.Of(c),
			Platform: r.platform(platform.Of(c)), Network: network.Of(c), Ignore: common.ignore.Of(c), Only: only.Of(c),
			SSH: nonBlank(ssh.Of(c)), Secrets: nonBlank(secret.Of(c)), ExtraTags: extraTag.Of(c), CacheFrom: nonBlank(cacheFrom.Of(c)),
			ExtraHosts: nonBlank(extraHosts.Of(c)), Pull: pull.Of(c),
		}
		if contents.Given(c) && file.Given(c) {
			return nil, c.Errorf("got both dockerfile and dockerfile_contents: give one")
		}
		dockerfile := contents.Of(c).text
		if contents.Given(c) {
			b.Docker.DockerfileContents = dockerfile
		} else if dockerfile, err = r.readDockerfile(c, b.Docker, context.Of(c), file); err != nil {
			return nil, err
		}
		if err := checkOnly(b.Docker.Only); err != nil {
			return nil, only.Errorf(c, "%w", err)
		}
		if err := checkTags(b.Docker.ExtraTags); err != nil {
			return nil, extraTag.Errorf(c, "%w", err)
		}
		return sl.None, r.images.addDocker(c, b, dockerfile)
	}
}

// platform returns the platform to build for, as docker build does if none is given.
func (r *Run) platform(given string) string {
	if given == "" {
		given, _ = r.env.lookup("DOCKER_DEFAULT_PLATFORM")
	}
	return given
}

// readDockerfile records which file is the Dockerfile of a build, by default the one in
// its context, and reads it.
func (r *Run) readDockerfile(c *call, b *DockerBuild, context string, file table.Arg[string]) (string, error) {
	name := path.Join(r.paths.absolute(c, context), "Dockerfile")
	if file.Given(c) {
		name = file.Of(c)
	}
	b.Dockerfile = r.paths.recorded(c, name)
	_, data, err := r.paths.read(c, name)
	if err != nil {
		return "", c.Errorf("cannot read the Dockerfile: %w", err)
	}
	return string(data), nil
}

// checkOnly fails for what is no path of the context.
func checkOnly(paths []string) error {
	for _, p := range paths {
		if strings.Contains(p, "*") {
			return fmt.Errorf("%q is a pattern: want paths of the context", p)
		}
	}
	return nil
}

// checkTags fails for what is no name of an image.
func checkTags(tags []string) error {
	for _, tag := range tags {
		if _, err := image.Parse(tag); err != nil {
			return err
		}
	}
	return nil
}

// addDocker adds a build with the images that its Dockerfile starts from.
func (i *images) addDocker(c *call, b *imageBuild, dockerfile string) error {
	parsed := parseDockerfile(dockerfile, b.Docker.BuildArgs)
	if dockerfile != "" && parsed.instructions == 0 {
		return c.Errorf("the Dockerfile has no instructions")
	}
	b.watched, b.bases = []string{b.Docker.Context}, parsed.bases
	if err := i.add(b); err != nil {
		return c.Errorf("%w", err)
	}
	return nil
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
		b, err := common.build(c, &r.script, &r.steps)
		if err != nil {
			return nil, err
		}
		windows := bat.Of(c)
		if windows.args == nil {
			windows = batVal.Of(c)
		}
		recorded := r.paths.command(c, cmd.Of(c), windows, dir.Of(c), env.Of(c))
		switch {
		case recorded == nil:
			return nil, cmd.Errorf(c, "it is empty")
		case tag.Of(c) != "" && outputs.Of(c) != "":
			return nil, c.Errorf("got both tag and outputs_image_ref_to: give one")
		}
		b.Custom = &CustomBuild{
			Command:     *recorded,
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

func nonEmpty(pairs table.Pairs) map[string]string {
	if len(pairs) == 0 {
		return nil
	}
	return pairs.Map()
}
