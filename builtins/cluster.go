package builtins

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/starlark/convert"
)

// clusterValue is a declared cluster as scripts see it. Its declaration never
// changes; its observation is awaited where something observed is read.
type clusterValue struct {
	run    *Run
	decl   cluster.Declaration
	site   site
	naming image.Naming
	future *cluster.Future

	obs    *cluster.Observation
	status sl.Value
	images *imageNames
	// wanted are the images to look for in manifests, others the names of those
	// found that are not among them, received whether there were manifests.
	wanted   []*wanted
	others   map[string]bool
	received bool
	objects  *manifest.Index
	// usedRegistry tells that the script read something of the registry.
	usedRegistry bool
}

var (
	_ sl.HasAttrs = (*clusterValue)(nil)
	_ sl.Value    = (*clusterValue)(nil)
)

// NotReadyError says that a script needed a cluster that is not connected.
type NotReadyError struct {
	// Name is the cluster's, Place where it was declared.
	Name, Place string
	// Reason is its status.error.
	Reason string
}

func (e *NotReadyError) Error() string {
	return fmt.Sprintf("cluster %q (%s) is not ready: %s", e.Name, e.Place, e.Reason)
}

// LimitError says that a script asked for more than it may.
type LimitError struct {
	// Limit says of what: "clusters", "file size", "output", or "manifests".
	Limit string
	// Max is the limit, Where what went over it.
	Max   int64
	Where string
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: over the limit of %d for %s", e.Where, e.Max, e.Limit)
}

func clusterAttributes() []Attribute {
	return []Attribute{
		{"Cluster", "name", "str", false, "The cluster's name.", (*clusterValue).getName},
		{"Cluster", "spec", "ClusterSpec", false, "The declaration: spec.connection.kubernetes.context, spec.default_registry.host and so on.", (*clusterValue).getSpec},
		{"Cluster", "labels", "dict[str, str]", false, "The declared labels.", (*clusterValue).getLabels},
		{"Cluster", "annotations", "dict[str, str]", false, "The declared annotations.", (*clusterValue).getAnnotations},
		{"Cluster", "status", "ClusterStatus", true, "What was observed; reading it never fails, status.error tells.", (*clusterValue).getStatus},
		{"Cluster", "connected", "bool", true, "Whether the cluster answered.", (*clusterValue).getConnected},
		{"Cluster", "registry", "Registry | None", true, "The registry in effect: the discovered one, else the declared one, else None.", (*clusterValue).getRegistry},
		{"Cluster", "registry_source", "str", true, "Where the registry comes from: configmap, microk8s, node-annotation, declared or none.", (*clusterValue).getRegistrySource},
		{"Cluster", "architectures", "list[str]", true, "Every node architecture seen, sorted.", (*clusterValue).getArchitectures},
	}
}

var (
	clusterRows    = sync.OnceValue(clusterAttributes)
	clusterMethods = sync.OnceValue(methods)
)

func methods() []Function { return slices.Concat(imageMethods(), rewriteMethods()) }

// observe waits for the observation.
func (c *clusterValue) observe() (*cluster.Observation, error) {
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
		reason := cmp.Or(obs.Status.Error, "the resolver neither connected nor said why not")
		return nil, &NotReadyError{Name: c.decl.Name, Place: c.site.place, Reason: reason}
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

// final returns the declaration as it stands at the end of the run.
func (c *clusterValue) final() *cluster.Declaration {
	d := c.decl
	if d.Spec.DefaultRegistry == nil {
		d.Spec.DefaultRegistry = c.run.registry.hosting
	}
	return &d
}

// effectiveRegistry waits and picks the registry in effect.
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
	return cluster.EffectiveRegistry(decl, *obs), nil
}

// object waits and makes the API object.
func (c *clusterValue) object() (cluster.Cluster, error) {
	obs, err := c.observe()
	if err != nil {
		return cluster.Cluster{}, err
	}
	return c.final().Object(*obs), nil
}

// warn says what resolution found and could not use.
func (c *clusterValue) warn() {
	for _, w := range slices.Concat(c.obs.Warnings, cluster.RegistryWarnings(c.final(), *c.obs, c.usedRegistry)) {
		c.run.warnf(c.site.place, "cluster %q: %s", c.decl.Name, w)
	}
}

func (c *clusterValue) getName() (sl.Value, error) { return sl.String(c.decl.Name), nil }

func (c *clusterValue) getSpec() (sl.Value, error) {
	record, err := recordOf(&c.decl.Spec)
	if err != nil {
		return nil, err
	}
	return &specValue{record, c}, nil
}

func (c *clusterValue) getLabels() (sl.Value, error) { return frozen(c.decl.Labels) }

func (c *clusterValue) getAnnotations() (sl.Value, error) { return frozen(c.decl.Annotations) }

// frozen makes a dict that a script cannot change, since that would change
// nothing of the cluster.
func frozen(m map[string]string) (sl.Value, error) {
	v, err := convert.FromGo(m)
	if err == nil {
		v.Freeze()
	}
	return v, err
}

func (c *clusterValue) getStatus() (sl.Value, error) {
	obs, err := c.observe()
	if err != nil || c.status != nil {
		return c.status, err
	}
	// Scripts may read status.connection.kubernetes.context of any Kubernetes
	// cluster, also of one whose kubeconfig could not be read.
	s := obs.Status.DeepCopy()
	if s.Connection == nil {
		s.Connection = &cluster.ClusterConnectionStatus{}
	}
	if s.Connection.Kubernetes == nil && c.decl.Spec.Connection.Kubernetes != nil {
		s.Connection.Kubernetes = &cluster.KubernetesClusterConnectionStatus{}
	}
	record, err := recordOf(s)
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
	var archs []string
	if list := obs.Annotations[cluster.AnnotationArchitectures]; list != "" {
		archs = strings.Split(list, ",")
	} else if a := obs.Status.Arch; a != "" && a != cluster.ArchUnknown {
		archs = []string{a}
	}
	slices.Sort(archs)
	return stringList(archs), nil
}

// Attr reads an attribute or method by its row of the table.
func (c *clusterValue) Attr(name string) (sl.Value, error) {
	for _, row := range clusterRows() {
		if row.Name == name {
			return row.get(c)
		}
	}
	for _, row := range clusterMethods() {
		if row.Name == "Cluster."+name {
			return row.bind(c.run).BindReceiver(c), nil
		}
	}
	return nil, nil
}

func (c *clusterValue) AttrNames() []string {
	names := attributeNames(clusterRows())
	for _, row := range clusterMethods() {
		names = append(names, strings.TrimPrefix(row.Name, "Cluster."))
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

// apiObject makes a cluster encode as its API object.
func (c *clusterValue) apiObject() (any, error) {
	c.declaration("cluster " + c.decl.Name)
	return c.object()
}
