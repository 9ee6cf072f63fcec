package tiltfile

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

// LiveUpdateStep is one step of a live update. Exactly one field is set.
type LiveUpdateStep struct {
	FallBackOn       []string `json:"fallBackOn,omitempty"`
	InitialSync      bool     `json:"initialSync,omitempty"`
	Sync             *Sync    `json:"sync,omitempty"`
	Run              *RunStep `json:"run,omitempty"`
	RestartContainer bool     `json:"restartContainer,omitempty"`
}

// Sync copies files into a container.
type Sync struct {
	Local  string `json:"local"`
	Remote string `json:"remote"`
}

// RunStep runs a command in a container; Trigger are the files whose change causes
// it, empty for any.
type RunStep struct {
	Args    []string `json:"args"`
	Trigger []string `json:"trigger,omitempty"`
}
