package builtins

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
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
	matchers wantedMatchers // of wanted
	others   map[string]bool
	received bool
	objects  *manifest.Index
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
		row{Name: "status", Type: "ClusterStatus", Waits: true, Doc: "What was observed; reading it never fails, status.error tells.", Get: (*clusterValue).getStatus},
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
		reason := cmp.Or(obs.Status.Error, "the resolver neither connected nor said why not")
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

// warnings returns what resolution found and could not use.
func (c *clusterValue) warnings() []string {
	all := slices.Concat(c.obs.Status.Warnings, cluster.RegistryWarnings(c.final(), *c.obs, c.usedRegistry))
	if found := c.obs.Status.Product(); c.decl.Product != "" && found != "" && found != c.decl.Product {
		all = append(all, fmt.Sprintf("product=%q is not used: it is %s (%s), which no script can make a local development cluster",
			c.decl.Product, found, c.obs.Status.ProductReason))
	}
	return all
}

// warnClusters reports the warnings of all clusters. What several have in common,
// such as a kubeconfig that everybody can read, is one warning.
func (r *Run) warnClusters() {
	type group struct {
		at    diag.Position
		names []string
	}
	groups := map[string]*group{}
	var order []string
	for _, c := range r.concerned() {
		for _, text := range c.warnings() {
			if groups[text] == nil {
				groups[text] = &group{at: c.site.at}
				order = append(order, text)
			}
			groups[text].names = append(groups[text].names, c.decl.Name)
		}
	}
	const shown = 3
	for _, text := range order {
		g := groups[text]
		switch n := len(g.names); {
		case n == 1:
			r.warnf(g.at, "cluster %q: %s", g.names[0], text)
		case n <= shown:
			r.warnf(g.at, "clusters %s: %s", suggest.Quoted(g.names), text)
		default:
			r.warnf(g.at, "clusters %s and %d more: %s", suggest.Quoted(g.names[:shown]), n-shown, text)
		}
	}
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
	return stringList(architectures(&obs.Status)), nil
}

// architectures returns the known architectures, sorted.
func architectures(s *cluster.ClusterStatus) []string {
	archs := slices.Clone(s.Architectures)
	if len(archs) == 0 && s.Arch != "" && s.Arch != cluster.ArchUnknown {
		archs = []string{s.Arch}
	}
	slices.Sort(archs)
	return archs
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

// clusterFunctions are the functions that declare clusters.
func clusterFunctions() []row {
	return []row{
		{Name: "k8s_cluster", Returns: "Cluster", Doc: "Declares a Kubernetes cluster and starts to resolve it.", Declares: true, Define: k8sCluster},
		{Name: "docker_cluster", Returns: "Cluster", Doc: "Declares a Docker daemon as a cluster and starts to resolve it.", Declares: true, Define: dockerCluster},
		{
			Name: "clusters", Returns: "list[Cluster]", Declares: true, Define: fleetClusters,
			Doc: "Declares the clusters that have certain labels, sorted by name: of a hub (--clusters-from), of a recording, or every context of the kubeconfig, which has no labels. One that the script has declared is taken as it is.",
		},
	}
}

// preferenceOf accepts which registry wins.
var preferenceOf = table.OneOf(table.Parsed(cluster.ParseRegistryPreference), "",
	string(cluster.PreferDiscovered), string(cluster.PreferDeclared), string(cluster.PreferNone))

// productOf accepts the name of a distribution.
var productOf = table.OneOf(table.Parsed(cluster.ParseProduct), "", cluster.Products()...)

// clusterArgs are the parameters that both kinds of cluster take.
type clusterArgs struct {
	registry            table.Arg[*cluster.RegistryHosting]
	naming              table.Arg[naming]
	labels, annotations table.Arg[table.Pairs]
}

func (a *clusterArgs) metadata(p *params) {
	a.labels = table.Optional(p, "labels", table.StrDict, table.EmptyDict, "Labels of the printed object.")
	a.annotations = table.Optional(p, "annotations", table.StrDict, table.EmptyDict, "Annotations of the printed object.")
}

func k8sCluster(p *params) body {
	var args clusterArgs
	context := table.Optional(p, "context", table.Str, sl.String(""), "The kubeconfig context; empty is the current one.")
	namespace := table.Optional(p, "namespace", table.Str, sl.String(""), "The namespace; empty is the context's.")
	name := table.Optional(p, "name", table.Str, sl.String(""), "The cluster's name; empty makes one of the context, or default.")
	args.registry = table.Optional(p, "default_registry", registryOf, sl.None, "The registry where the cluster advertises none: a Registry or a host.")
	prefer := table.Optional(p, "prefer_registry", preferenceOf, sl.String("discovered"), "Which registry wins.")
	args.naming = table.Optional(p, "naming", namingOf, sl.String("flat"), "How image names are made below the registry: by a scheme, or a function of the name.")
	product := table.Optional(p, "product", productOf, sl.String(""), "The distribution, if it cannot be discovered.")
	args.metadata(p)
	return func(r *Run, c *call) (sl.Value, error) {
		return r.declareCluster(c, &args, cluster.Declaration{
			Name: cmp.Or(name.Of(c), cluster.NameFromContext(context.Of(c))),
			Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{
				Kubernetes: &cluster.KubernetesClusterConnection{Context: context.Of(c), Namespace: namespace.Of(c)},
			}},
			Prefer:  prefer.Of(c),
			Product: product.Of(c),
		})
	}
}

func dockerCluster(p *params) body {
	var args clusterArgs
	host := table.Optional(p, "host", table.Str, sl.String(""), "The daemon: unix://, tcp:// or ssh://; empty is DOCKER_HOST, then the docker context, then the platform's.")
	name := table.Optional(p, "name", table.Str, sl.String(cluster.DockerName), "The cluster's name.")
	args.registry = table.Optional(p, "default_registry", registryOf, sl.None, "The registry to push to: a Registry or a host.")
	args.naming = table.Optional(p, "naming", namingOf, sl.String("flat"), "How image names are made below the registry.")
	args.metadata(p)
	return func(r *Run, c *call) (sl.Value, error) {
		return r.declareCluster(c, &args, cluster.Declaration{
			Name: name.Of(c),
			Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{
				Docker: &cluster.DockerClusterConnection{Host: host.Of(c)},
			}},
		})
	}
}

func fleetClusters(p *params) body {
	selector := table.Optional(p, "selector", table.Parsed(cluster.ParseSelector), sl.String(""), "A label selector, such as env=prod or env in (dev, test); empty is every cluster.")
	naming := table.Optional(p, "naming", namingOf, sl.String("flat"), "How image names are made below the registry: by a scheme, or a function of the name.")
	return func(r *Run, c *call) (sl.Value, error) {
		fleet, ok := r.options.Catalog.(cluster.Fleet)
		if !ok {
			return nil, c.Errorf("the clusters of this run cannot be listed: name each with k8s_cluster()")
		}
		all, err := fleet.Fleet()
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		var values []sl.Value
		for _, decl := range all {
			if !selector.Of(c).Matches(decl.Labels) {
				continue
			}
			if other := r.named(decl.Name); other != nil && other.decl.Spec.Connection.String() == decl.Spec.Connection.String() {
				values = append(values, other)
				continue
			}
			value, err := r.declare(c, decl, naming.Of(c))
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		return sl.NewList(values), nil
	}
}

// declareCluster completes a declaration with what both kinds of cluster take,
// checks it, starts its resolution and makes its value.
func (r *Run) declareCluster(c *call, args *clusterArgs, decl cluster.Declaration) (sl.Value, error) {
	decl.Spec.DefaultRegistry = args.registry.Of(c)
	decl.Labels, decl.Annotations = args.labels.Of(c).Map(), args.annotations.Of(c).Map()
	return r.declare(c, decl, args.naming.Of(c))
}

// declare checks a declaration, starts its resolution and makes its value.
func (r *Run) declare(c *call, decl cluster.Declaration, names naming) (sl.Value, error) {
	if err := r.checkDeclaration(c, &decl); err != nil {
		return nil, err
	}
	req := decl.Request()
	if r.options.Catalog != nil {
		if err := r.options.Catalog.Knows(req); err != nil {
			return nil, err
		}
	}
	return r.addCluster(decl, names, r.futures.Start(req)), nil
}

// checkDeclaration returns an error if a cluster cannot be declared.
func (r *Run) checkDeclaration(c *call, decl *cluster.Declaration) error {
	if errs := decl.Validate(); len(errs) > 0 {
		return c.Errorf("%w", cluster.Invalid(errs))
	}
	if other := r.named(decl.Name); other != nil {
		return c.Errorf("a cluster named %q was declared at %s already: give one of the two another name=", decl.Name, other.site.at)
	}
	if len(r.clusters) >= r.options.Limits.Clusters {
		return &diag.LimitError{Limit: diag.LimitClusters, Max: uint64(r.options.Limits.Clusters), Where: c.Name()}
	}
	return nil
}

// addCluster makes the value of a declaration, whose observation is under way.
func (r *Run) addCluster(decl cluster.Declaration, names naming, future *cluster.Future) *clusterValue {
	value := &clusterValue{run: r, decl: decl, site: r.site(), naming: names.of(r), future: future}
	r.add(value)
	return value
}

// recordRow is the row of a field of an API type: its name is the JSON name in
// snake case.
func recordRow(name, typ, doc string) table.Getter[*convert.Record] {
	return table.Getter[*convert.Record]{
		Name: name, Type: typ, Doc: doc,
		Get: func(r *convert.Record) (sl.Value, error) { return r.Attr(name) },
	}
}

// recordsOf makes the attributes of the API type T.
func recordsOf[T any](rows ...table.Getter[*convert.Record]) *table.Attributes[*convert.Record] {
	return table.NewAttributes(reflect.TypeFor[T]().Name(), rows...)
}

// recordAttributes are the attributes of the records that cluster.spec and
// cluster.status are made of.
var recordAttributes = sync.OnceValue(func() []*table.Attributes[*convert.Record] {
	return []*table.Attributes[*convert.Record]{
		recordsOf[cluster.ClusterSpec](
			recordRow("connection", "ClusterConnection", "How the cluster is reached."),
			recordRow("default_registry", "Registry | None", "The declared registry: the cluster's own, else that of default_registry()."),
		),
		recordsOf[cluster.ClusterConnection](
			recordRow("kubernetes", "KubernetesClusterConnection | None", "The connection of a Kubernetes cluster."),
			recordRow("docker", "DockerClusterConnection | None", "The connection of a Docker daemon."),
		),
		recordsOf[cluster.KubernetesClusterConnection](
			recordRow("context", "str", "The declared context; empty is the kubeconfig's current one."),
			recordRow("namespace", "str", "The declared namespace; empty is the context's."),
			recordRow("secret_ref", "SecretReference | None", "The Secret with the kubeconfig, of a cluster kept on a hub."),
			recordRow("cluster_profile_ref", "ClusterProfileReference | None", "The ClusterProfile, of a cluster kept on a hub."),
		),
		recordsOf[cluster.SecretReference](
			recordRow("name", "str", "The Secret's name."),
			recordRow("key", "str", "The key of the kubeconfig in the Secret's data."),
		),
		recordsOf[cluster.ClusterProfileReference](
			recordRow("name", "str", "The ClusterProfile's name."),
		),
		recordsOf[cluster.DockerClusterConnection](
			recordRow("host", "str", "The declared host; empty is that of the environment."),
		),
		recordsOf[cluster.ClusterStatus](
			recordRow("arch", "str", "The architecture most nodes have, as GOARCH names it, or unknown."),
			recordRow("architectures", "list[str]", "The architectures of the nodes that pods run on, sorted."),
			recordRow("arch_reason", "str", "What qualifies arch: forbidden, no-nodes, mixed, or unreadable and the cause."),
			recordRow("conditions", "list[Condition]", "The conditions of a status that is kept up to date; empty if it was read once."),
			recordRow("connected_at", "time.time | None", "When the first answer came; None where the cluster is not connected."),
			recordRow("connection", "ClusterConnectionStatus", "What the connection turned out to be."),
			recordRow("endpoint", "str", "The address that was asked."),
			recordRow("error", "str", "Why the cluster is not connected; empty if it is."),
			recordRow("identity", "str", "The UID of namespace kube-system, or the Docker daemon's ID; empty if it could not be read."),
			recordRow("observed_generation", "int", "The metadata.generation that the status is about, or 0."),
			recordRow("product_reason", "str", "The rule that named the product: declared, kubeconfig, server-version or no-rule."),
			recordRow("registry", "RegistryHosting | None", "The registry that the cluster advertises, with the attributes of Registry; Cluster.registry is the one in effect."),
			recordRow("registry_reason", "str", "What qualifies registry_source: forbidden, or why it is unknown, or empty."),
			recordRow("registry_source", "str", "Where the advertised registry comes from, or unknown; Cluster.registry_source is that of the one in effect."),
			recordRow("version", "str", "The server's own version."),
			recordRow("warnings", "list[str]", "Lines for the user: what was found and could not be used, or is not safe."),
		),
		table.NewAttributes("Condition",
			recordRow("type", "str", "What the condition is about: Connected."),
			recordRow("status", "str", "True, False or Unknown."),
			recordRow("observed_generation", "int", "The metadata.generation that the condition is about, or 0."),
			recordRow("last_transition_time", "time.time | None", "When the status last changed."),
			recordRow("reason", "str", "The cause in one word."),
			recordRow("message", "str", "The cause in one line."),
		),
		recordsOf[cluster.ClusterConnectionStatus](
			recordRow("kubernetes", "KubernetesClusterConnectionStatus | None", "What the kubeconfig says of a Kubernetes cluster."),
		),
		recordsOf[cluster.KubernetesClusterConnectionStatus](
			recordRow("cluster", "str", "The context's cluster entry."),
			recordRow("context", "str", "The context that was used."),
			recordRow("namespace", "str", "The declared namespace, else the context's, else default."),
			recordRow("product", "str", "The distribution, as kind, eks or unknown."),
		),
	}
})

// recordOf makes the record of a pointer to a struct.
func recordOf(v any) (*convert.Record, error) {
	value, err := convert.FromGo(v)
	if err != nil {
		return nil, err
	}
	record, ok := value.(*convert.Record)
	if !ok {
		return nil, fmt.Errorf("%T makes a %s, not a record", v, value.Type())
	}
	return record, nil
}

// specValue is the spec record of a cluster, but for default_registry: that
// one may come from default_registry(), which may yet be called.
type specValue struct {
	*convert.Record
	cluster *clusterValue
}

// statusValue is the status record of a cluster. Scripts may read more of it
// than the API object has, which encoding leaves out.
type statusValue struct {
	*convert.Record
	status *cluster.ClusterStatus
}

var (
	_ sl.HasAttrs   = (*specValue)(nil)
	_ sl.Comparable = (*specValue)(nil)
	_ sl.HasAttrs   = (*statusValue)(nil)
	_ sl.Comparable = (*statusValue)(nil)
)

// Attr reads an attribute of the declaration.
func (s *specValue) Attr(name string) (sl.Value, error) {
	if name != "default_registry" {
		return s.Record.Attr(name)
	}
	return registryOrNone(s.cluster.declaration("the declared registry of cluster " + s.cluster.decl.Name).Spec.DefaultRegistry), nil
}

// whole is the spec with its registry, which is settled by that.
func (s *specValue) whole() *cluster.ClusterSpec {
	return &s.cluster.declaration("the spec of cluster " + s.cluster.decl.Name).Spec
}

// Object makes a spec encode as the API's.
func (s *specValue) Object() (any, error) { return s.whole(), nil }

// String shows the spec as it is. Printing alone settles nothing.
func (s *specValue) String() string {
	record, err := recordOf(&s.cluster.final().Spec)
	if err != nil {
		return s.Record.String()
	}
	return record.String()
}

// CompareSameType makes equal declarations equal.
func (s *specValue) CompareSameType(op syntax.Token, other sl.Value, depth int) (bool, error) {
	own, err := recordOf(s.whole())
	if err != nil {
		return false, err
	}
	others, err := recordOf(other.(*specValue).whole())
	if err != nil {
		return false, err
	}
	return own.CompareSameType(op, others, depth)
}

// Object makes a status encode as the API's.
func (s *statusValue) Object() (any, error) { return s.status, nil }

// CompareSameType makes equal observations equal.
func (s *statusValue) CompareSameType(op syntax.Token, other sl.Value, depth int) (bool, error) {
	return s.Record.CompareSameType(op, other.(*statusValue).Record, depth)
}
