package builtins

import (
	"cmp"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
)

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
		return args.declare(r, c, cluster.Declaration{
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
		return args.declare(r, c, cluster.Declaration{
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
			if other := r.clusters.named(decl.Name); other != nil && other.decl.Spec.Connection.String() == decl.Spec.Connection.String() {
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

// declare completes a declaration with what both kinds of cluster take, and declares
// it.
func (a *clusterArgs) declare(r *Run, c *call, decl cluster.Declaration) (sl.Value, error) {
	decl.Spec.DefaultRegistry = a.registry.Of(c)
	decl.Labels, decl.Annotations = a.labels.Of(c).Map(), a.annotations.Of(c).Map()
	return r.declare(c, decl, a.naming.Of(c))
}

// declare checks a declaration, starts its resolution and makes its value.
func (r *Run) declare(c *call, decl cluster.Declaration, names naming) (*clusterValue, error) {
	if err := r.checkDeclaration(c, &decl); err != nil {
		return nil, err
	}
	return r.resolve(decl, names.of(&r.script))
}

// checkDeclaration returns an error if a cluster cannot be declared.
func (r *Run) checkDeclaration(c *call, decl *cluster.Declaration) error {
	if errs := decl.Validate(); len(errs) > 0 {
		return c.Errorf("%w", cluster.Invalid(errs))
	}
	if other := r.clusters.named(decl.Name); other != nil {
		return c.Errorf("a cluster named %q was declared at %s already: give one of the two another name=", decl.Name, other.site.at)
	}
	if len(r.clusters.all) >= r.options.Limits.Clusters {
		return &diag.LimitError{Limit: diag.LimitClusters, Max: uint64(r.options.Limits.Clusters), Where: c.Name()}
	}
	return nil
}

// resolve starts the resolution of a declaration that was checked, and makes its value.
func (r *Run) resolve(decl cluster.Declaration, naming image.Naming) (*clusterValue, error) {
	req := decl.Request()
	if err := r.contexts.knows(req); err != nil {
		return nil, err
	}
	return r.addCluster(decl, naming, r.futures.Start(req)), nil
}

// addCluster makes the value of a declaration, whose observation is under way.
func (r *Run) addCluster(decl cluster.Declaration, naming image.Naming, future *cluster.Future) *clusterValue {
	value := &clusterValue{run: r, decl: decl, site: r.site(), naming: naming, future: future}
	r.clusters.add(value)
	return value
}
