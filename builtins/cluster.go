package builtins

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
)

// clusterValue is a declared cluster as scripts see it. Its declaration never
// changes; its observation is awaited where something observed is read.
type clusterValue struct {
	run    *Run
	decl   cluster.Declaration
	site   site
	naming image.Naming
	future *cluster.Future

	obs     *cluster.Observation
	status  sl.Value
	images  *imageNames
	wanted  wantedImages
	objects *manifest.Index
	// read is set once the script itself has waited for the observation.
	read bool
	// usedRegistry reports whether the script read something of the registry.
	usedRegistry bool
}

var (
	_ sl.HasAttrs = (*clusterValue)(nil)
	_ sl.Value    = (*clusterValue)(nil)
)

// NotReadyError reports that a script needed a cluster that is not connected.
type NotReadyError struct {
	// Name is the cluster's.
	Name string
	// At is the position of the declaration.
	At diag.Position
	// Reason is its status.error.
	Reason string
}

func (e *NotReadyError) Error() string {
	return fmt.Sprintf("cluster %q (%s) is not ready: %s", e.Name, e.At, e.Reason)
}

var clusterAttributes = sync.OnceValue(func() *table.Attributes[*clusterValue] {
	type row = table.Getter[*clusterValue]
	return table.NewAttributes("Cluster",
		row{Name: "name", Type: "str", Doc: "The cluster's name.", Get: table.Text(func(c *clusterValue) string { return c.decl.Name })},
		row{Name: "spec", Type: "ClusterSpec", Doc: "The declaration: spec.connection.kubernetes.context, spec.default_registry.host and so on.", Get: (*clusterValue).getSpec},
		row{Name: "labels", Type: "dict[str, str]", Doc: "The declared labels.", Get: (*clusterValue).getLabels},
		row{Name: "annotations", Type: "dict[str, str]", Doc: "The declared annotations.", Get: (*clusterValue).getAnnotations},
		row{Name: "status", Type: "ClusterStatus", Waits: true, Doc: "What was observed; reading it never fails: status.error is why a cluster is not connected.", Get: (*clusterValue).getStatus},
		row{Name: "connected", Type: "bool", Waits: true, Doc: "Whether the cluster answered.", Get: (*clusterValue).getConnected},
		row{Name: "registry", Type: "Registry | None", Waits: true, Doc: "The registry in effect: the discovered one, else the declared one, else None. It fails if that is unknown.", Get: (*clusterValue).getRegistry},
		row{Name: "registry_source", Type: "str", Waits: true, Doc: "Where the registry comes from: configmap, microk8s, node-annotation, declared or none. It fails if it is unknown, as registry does.", Get: (*clusterValue).getRegistrySource},
		row{Name: "architectures", Type: "list[str]", Waits: true, Doc: "The architectures of the nodes that pods run on, sorted.", Get: (*clusterValue).getArchitectures},
		row{Name: "platforms", Type: "list[str]", Waits: true, Doc: "The platforms to build images for, such as linux/arm64; it fails if they are unknown.", Get: (*clusterValue).getPlatforms},
	)
})

// observe waits for the observation.
func (c *clusterValue) observe() (*cluster.Observation, error) {
	c.read = c.read || !c.run.ended
	if c.obs == nil {
		obs, err := c.future.Wait(c.run.ctx)
		if err != nil {
			return nil, err
		}
		obs = c.decl.Apply(obs)
		c.obs = &obs
	}
	return c.obs, nil
}

// ready waits for the observation and fails where the cluster is not
// connected.
func (c *clusterValue) ready() (*cluster.Observation, error) {
	obs, err := c.observe()
	if err != nil {
		return nil, err
	}
	if !obs.Status.Connected() {
		reason := cmp.Or(obs.Status.Error, "the resolver neither connected nor reported why not")
		return nil, &NotReadyError{Name: c.decl.Name, At: c.site.at, Reason: reason}
	}
	return obs, nil
}

// declaration returns the declaration with the registry that
// default_registry() declared, where the cluster has none of its own. From
// here on that registry is settled: what names the reading.
func (c *clusterValue) declaration(what string) *cluster.Declaration {
	if c.decl.Spec.DefaultRegistry != nil {
		return &c.decl
	}
	c.run.registry.settle(what, c.run.here())
	return c.final()
}

// final returns the declaration as it is at the end of the run.
func (c *clusterValue) final() *cluster.Declaration {
	d := c.decl
	if d.Spec.DefaultRegistry == nil {
		d.Spec.DefaultRegistry = c.run.registry.hosting
	}
	return &d
}

// effectiveRegistry waits and returns the registry in effect. It fails if the
// cluster is not connected, or if that registry is unknown.
func (c *clusterValue) effectiveRegistry(what string) (cluster.ChosenRegistry, error) {
	obs, err := c.ready()
	if err != nil {
		return cluster.ChosenRegistry{}, err
	}
	c.usedRegistry = true
	decl := &c.decl
	if decl.Prefer != cluster.PreferNone { // else nothing depends on default_registry()
		decl = c.declaration(what)
	}
	chosen, err := cluster.EffectiveRegistry(decl, *obs)
	if err != nil {
		return chosen, fmt.Errorf("%s: %w", c.site.at, err)
	}
	return chosen, nil
}

// object waits and makes the API object.
func (c *clusterValue) object() (cluster.Cluster, error) {
	obs, err := c.observe()
	if err != nil {
		return cluster.Cluster{}, err
	}
	return c.final().Object(*obs), nil
}

// index knows the objects of the cluster's manifests; the cluster is ready.
func (c *clusterValue) index() *manifest.Index {
	if c.objects == nil {
		namespace := ""
		if conn := c.obs.Status.Connection; conn != nil && conn.Kubernetes != nil {
			namespace = conn.Kubernetes.Namespace
		}
		c.objects = manifest.NewIndex(namespace)
	}
	return c.objects
}

func (c *clusterValue) getSpec() (sl.Value, error) {
	record, err := recordOf(&c.decl.Spec)
	if err != nil {
		return nil, err
	}
	return &specValue{record, c}, nil
}

func (c *clusterValue) getLabels() (sl.Value, error) { return frozen(c.decl.Labels) }

func (c *clusterValue) getAnnotations() (sl.Value, error) { return frozen(c.decl.Annotations) }

func (c *clusterValue) getStatus() (sl.Value, error) {
	obs, err := c.observe()
	if err != nil || c.status != nil {
		return c.status, err
	}
	// Scripts may read status.connection.kubernetes.context of any Kubernetes
	// cluster, also of one whose kubeconfig could not be read.
	s := obs.Status // not to change the observation itself
	if s.Connection == nil || s.Connection.Kubernetes == nil {
		s.Connection = &cluster.ClusterConnectionStatus{}
		if c.decl.Spec.Connection.Kubernetes != nil {
			s.Connection.Kubernetes = &cluster.KubernetesClusterConnectionStatus{}
		}
	}
	record, err := recordOf(&s)
	if err != nil {
		return nil, err
	}
	c.status = &statusValue{record, &obs.Status}
	return c.status, nil
}

func (c *clusterValue) getConnected() (sl.Value, error) {
	obs, err := c.observe()
	if err != nil {
		return nil, err
	}
	return sl.Bool(obs.Status.Connected()), nil
}

func (c *clusterValue) getRegistry() (sl.Value, error) {
	chosen, err := c.effectiveRegistry("the registry of cluster " + c.decl.Name)
	if err != nil {
		return nil, err
	}
	return registryOrNone(chosen.Hosting), nil
}

func (c *clusterValue) getRegistrySource() (sl.Value, error) {
	chosen, err := c.effectiveRegistry("the registry source of cluster " + c.decl.Name)
	if err != nil {
		return nil, err
	}
	return sl.String(chosen.Source), nil
}

func (c *clusterValue) getArchitectures() (sl.Value, error) {
	obs, err := c.observe()
	if err != nil {
		return nil, err
	}
	return stringList(architectures(&obs.Status)), nil
}

// architectures returns the known architectures, sorted.
func architectures(s *cluster.ClusterStatus) []string {
	archs := slices.Clone(s.Architectures)
	if len(archs) == 0 && s.Arch != "" && s.Arch != cluster.ArchUnknown {
		archs = []string{s.Arch}
	}
	slices.Sort(archs)
	return slices.Compact(archs)
}

func (c *clusterValue) getPlatforms() (sl.Value, error) {
	obs, err := c.ready()
	if err != nil {
		return nil, err
	}
	platforms := architectures(&obs.Status)
	if len(platforms) == 0 {
		reason := cmp.Or(obs.Status.ArchReason, "nothing reported one")
		return nil, fmt.Errorf("cluster %q (%s): its architectures are unknown (%s): name the platforms in the script, or see status.arch_reason", c.decl.Name, c.site.at, reason)
	}
	for i, arch := range platforms {
		if arch == "" || arch == cluster.ArchUnknown || strings.ContainsAny(arch, "/ ") {
			return nil, fmt.Errorf("cluster %q (%s): %q is not an architecture: name the platforms in the script", c.decl.Name, c.site.at, arch)
		}
		platforms[i] = "linux/" + arch
	}
	return stringList(platforms), nil
}

// Attr reads an attribute or method by its row of the table.
func (c *clusterValue) Attr(name string) (sl.Value, error) {
	if v, err := clusterAttributes().Get(c, name); v != nil || err != nil {
		return v, err
	}
	if method := clusterMethods().Bind("Cluster."+name, c, c.run.enter); method != nil {
		return method.BindReceiver(c), nil
	}
	return nil, nil
}

func (c *clusterValue) AttrNames() []string {
	names := clusterAttributes().Names()
	for _, f := range clusterMethods().Functions() {
		names = append(names, strings.TrimPrefix(f.Name, "Cluster."))
	}
	slices.Sort(names)
	return names
}

// String, Hash and the rest of the value's own never wait.
func (c *clusterValue) String() string        { return fmt.Sprintf("Cluster(%q)", c.decl.Name) }
func (c *clusterValue) Type() string          { return "Cluster" }
func (c *clusterValue) Freeze()               {}
func (c *clusterValue) Truth() sl.Bool        { return true }
func (c *clusterValue) Hash() (uint32, error) { return sl.String(c.decl.Name).Hash() }

// Object makes a cluster encode as its API object.
func (c *clusterValue) Object() (any, error) {
	c.declaration("cluster " + c.decl.Name)
	return c.object()
}
