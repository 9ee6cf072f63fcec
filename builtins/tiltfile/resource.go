package tiltfile

// Kinds of [Resource].
const (
	KindKubernetes = "kubernetes"
	KindLocal      = "local"
	KindCompose    = "compose"
)

// Uncategorized is the resource that holds the objects that belong to no other.
const Uncategorized = "uncategorized"

// Resource is one thing that would run. The field of its kind is set, the others
// are nil.
type Resource struct {
	Name string `json:"name"`
	// Kind is one of the Kind constants.
	Kind string `json:"kind"`
	// Place is the call that declared it, as file:line:column.
	Place string `json:"place,omitempty"`
	// DependsOn are the names of the resources that it waits for.
	DependsOn []string `json:"dependsOn,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	Links     []Link   `json:"links,omitempty"`
	// TriggerMode is auto or manual.
	TriggerMode string `json:"triggerMode"`
	AutoInit    bool   `json:"autoInit"`
	// Enabled is false for a resource that config.set_enabled_resources leaves out.
	Enabled bool `json:"enabled"`

	Kubernetes *KubernetesResource `json:"kubernetes,omitempty"`
	Local      *LocalResource      `json:"local,omitempty"`
	Compose    *ComposeResource    `json:"compose,omitempty"`
}

// Link is a URL to show with a resource.
type Link struct {
	URL  string `json:"url"`
	Name string `json:"name,omitempty"`
}

// KubernetesResource is objects of manifests, or a deployment by commands.
type KubernetesResource struct {
	Objects []ObjectID `json:"objects,omitempty"`
	// Images are the refs of the builds that the objects name, and the images that
	// nothing builds, as the manifests name them.
	Images []string `json:"images,omitempty"`
	Builds []string `json:"builds,omitempty"`

	PortForwards      []PortForward       `json:"portForwards,omitempty"`
	ExtraPodSelectors []map[string]string `json:"extraPodSelectors,omitempty"`
	// PodReadiness is wait or ignore; empty is by the kind.
	PodReadiness string `json:"podReadiness,omitempty"`
	// DiscoveryStrategy is default or selectors-only; empty is default.
	DiscoveryStrategy string `json:"discoveryStrategy,omitempty"`

	// CustomDeploy is set for k8s_custom_deploy.
	CustomDeploy *CustomDeploy `json:"customDeploy,omitempty"`
}

// ObjectID names one object of the manifests.
type ObjectID struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// PortForward leads from a port of this machine to a pod.
type PortForward struct {
	// LocalPort is 0 for the same as ContainerPort, which is 0 for the pod's first.
	LocalPort     int    `json:"localPort,omitempty"`
	ContainerPort int    `json:"containerPort,omitempty"`
	Host          string `json:"host,omitempty"`
	Name          string `json:"name,omitempty"`
	LinkPath      string `json:"linkPath,omitempty"`
}

// CustomDeploy deploys by commands of the script.
type CustomDeploy struct {
	Apply      Command          `json:"apply"`
	Delete     Command          `json:"delete"`
	Deps       []string         `json:"deps,omitempty"`
	ImageDeps  []string         `json:"imageDeps,omitempty"`
	LiveUpdate []LiveUpdateStep `json:"liveUpdate,omitempty"`
	// ImageSelector or ContainerSelector chooses the containers of LiveUpdate.
	ImageSelector     string `json:"imageSelector,omitempty"`
	ContainerSelector string `json:"containerSelector,omitempty"`
}

// LocalResource is commands on this machine: one that ends, one that serves, or
// both.
type LocalResource struct {
	Cmd            *Command `json:"cmd,omitempty"`
	ServeCmd       *Command `json:"serveCmd,omitempty"`
	Deps           []string `json:"deps,omitempty"`
	Ignore         []string `json:"ignore,omitempty"`
	AllowParallel  bool     `json:"allowParallel,omitempty"`
	ReadinessProbe *Probe   `json:"readinessProbe,omitempty"`
}

// Probe asks whether a server is ready. Exactly one of Exec, HTTPGet and TCPSocket
// is set.
type Probe struct {
	InitialDelaySecs int `json:"initialDelaySecs,omitempty"`
	TimeoutSecs      int `json:"timeoutSecs,omitempty"`
	PeriodSecs       int `json:"periodSecs,omitempty"`
	SuccessThreshold int `json:"successThreshold,omitempty"`
	FailureThreshold int `json:"failureThreshold,omitempty"`

	Exec      []string   `json:"exec,omitzero"`
	HTTPGet   *HTTPGet   `json:"httpGet,omitempty"`
	TCPSocket *TCPSocket `json:"tcpSocket,omitempty"`
}

// HTTPGet is a request that must succeed.
type HTTPGet struct {
	Host   string `json:"host"`
	Port   int    `json:"port"`
	Scheme string `json:"scheme"`
	Path   string `json:"path,omitempty"`
}

// TCPSocket is a port that must accept a connection.
type TCPSocket struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// ComposeResource is one service of a compose project.
type ComposeResource struct {
	// Project is the name of its [ComposeProject], Service its name there.
	Project string `json:"project"`
	Service string `json:"service"`
	// Image is the image that it runs, Build the ref of the build that makes it.
	Image string `json:"image,omitempty"`
	Build string `json:"build,omitempty"`
	// PublishedPorts are those of this machine.
	PublishedPorts []int `json:"publishedPorts,omitempty"`
}

// ComposeProject is one project of docker_compose calls.
type ComposeProject struct {
	Name string `json:"name"`
	// Files are the compose files, relative to the root of the run's files.
	Files    []string         `json:"files,omitempty"`
	EnvFile  string           `json:"envFile,omitempty"`
	Profiles []string         `json:"profiles,omitempty"`
	Wait     bool             `json:"wait,omitempty"`
	Services []ComposeService `json:"services"`
}

// ComposeService is one service as its compose files declare it.
type ComposeService struct {
	Name      string       `json:"name"`
	Image     string       `json:"image,omitempty"`
	DependsOn []string     `json:"dependsOn,omitempty"`
	Ports     []int        `json:"publishedPorts,omitempty"`
	Build     *DockerBuild `json:"build,omitempty"`
}
