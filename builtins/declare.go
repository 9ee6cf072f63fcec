package builtins

import (
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/cluster"
)

// clusterFunctions are the functions that declare clusters.
func clusterFunctions() []Function {
	return []Function{
		{
			Name:     "k8s_cluster",
			declares: true,
			Params: []Param{
				{"context", typeStr, sl.String(""), "The kubeconfig context; empty is the current one."},
				{"namespace", typeStr, sl.String(""), "The namespace; empty is the context's."},
				{"name", typeStr, sl.String(""), "The cluster's name; empty makes one of the context, or default."},
				{"default_registry", typeRegistry, sl.None, "The registry where the cluster advertises none: a Registry or a host."},
				{"prefer_registry", typeStr, sl.String("discovered"), "Which registry wins: discovered, declared or none."},
				{"naming", typeNaming, sl.String("flat"), "How image names are made below the registry: flat, nested, hashed, or a function of the name."},
				{"product", typeStr, sl.String(""), "The distribution, where it is not to be found out: kind, eks, and so on."},
				{"labels", typeStrDict, noStrings(), "Labels of the printed object."},
				{"annotations", typeStrDict, noStrings(), "Annotations of the printed object."},
			},
			Returns: "Cluster",
			Doc:     "Declares a Kubernetes cluster and starts to resolve it.",
			call:    k8sCluster,
		},
		{
			Name:     "docker_cluster",
			declares: true,
			Params: []Param{
				{"host", typeStr, sl.String(""), "The daemon: unix://, tcp:// or ssh://; empty is DOCKER_HOST, then the docker context, then the platform's."},
				{"name", typeStr, sl.String(cluster.DockerName), "The cluster's name."},
				{"default_registry", typeRegistry, sl.None, "The registry to push to: a Registry or a host."},
				{"naming", typeNaming, sl.String("flat"), "How image names are made below the registry."},
				{"labels", typeStrDict, noStrings(), "Labels of the printed object."},
				{"annotations", typeStrDict, noStrings(), "Annotations of the printed object."},
			},
			Returns: "Cluster",
			Doc:     "Declares a Docker daemon as a cluster and starts to resolve it.",
			call:    dockerCluster,
		},
	}
}

func k8sCluster(c *call) (sl.Value, error) {
	prefer, err := cluster.ParseRegistryPreference(c.str("prefer_registry"))
	if err != nil {
		return nil, c.errorf("for parameter %q: %w", "prefer_registry", err)
	}
	product, err := cluster.ParseProduct(c.str("product"))
	if err != nil {
		return nil, c.errorf("for parameter %q: %w", "product", err)
	}
	name := c.str("name")
	if name == "" {
		name = cluster.NameFromContext(c.str("context"))
	}
	return c.declareCluster(cluster.Declaration{
		Name: name,
		Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{
			Kubernetes: &cluster.KubernetesClusterConnection{
				Context:   c.str("context"),
				Namespace: c.str("namespace"),
			},
		}},
		Prefer:  prefer,
		Product: product,
	})
}

func dockerCluster(c *call) (sl.Value, error) {
	return c.declareCluster(cluster.Declaration{
		Name: c.str("name"),
		Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{
			Docker: &cluster.DockerClusterConnection{Host: c.str("host")},
		}},
	})
}

// declareCluster completes a declaration with what both kinds of cluster take,
// checks it, starts its resolution and makes its value.
func (c *call) declareCluster(decl cluster.Declaration) (sl.Value, error) {
	r := c.run
	var err error
	if decl.Spec.DefaultRegistry, err = c.registryArgument(); err != nil {
		return nil, err
	}
	naming, err := c.naming()
	if err != nil {
		return nil, err
	}
	decl.Labels, decl.Annotations = c.stringMap("labels"), c.stringMap("annotations")
	if errs := decl.Validate(); len(errs) > 0 {
		return nil, c.errorf("%w", cluster.Invalid(errs))
	}
	for _, other := range r.clusters {
		if other.decl.Name == decl.Name {
			return nil, c.errorf("a cluster named %q was declared at %s already: give one of the two another name=", decl.Name, other.site.place)
		}
	}
	if len(r.clusters) >= r.options.Limits.Clusters {
		return nil, &LimitError{Limit: "clusters", Max: int64(r.options.Limits.Clusters), Where: c.fn.Name}
	}
	req := decl.Request()
	if r.options.Catalog != nil {
		if err := r.options.Catalog.Knows(req); err != nil {
			return nil, err
		}
	}
	value := &clusterValue{run: r, decl: decl, site: r.site(), naming: naming, future: r.futures.Start(req)}
	r.clusters = append(r.clusters, value)
	return value, nil
}
