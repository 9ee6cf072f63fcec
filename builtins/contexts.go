package builtins

import (
	"cmp"
	"fmt"
	"slices"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
)

// contextFunctions ask the kubeconfig, or the recording in its place.
func contextFunctions() []row {
	current := func(name, doc string, pick func(cluster.CurrentContext) string) row {
		return row{Name: name, Returns: "str", Doc: doc, Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
			now, err := r.contexts.current()
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			return sl.String(pick(now)), nil
		})}
	}
	return []row{
		current("k8s_context", "Returns the kubeconfig's current context, without connecting; empty if there is none.",
			func(now cluster.CurrentContext) string { return now.Context }),
		current("k8s_namespace", "Returns the namespace of the current context, without connecting.",
			func(now cluster.CurrentContext) string { return now.Namespace }),
		{
			Name: "k8s_contexts", Returns: "list[str]", Doc: "Returns every context of the kubeconfig, sorted, without connecting.",
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
				names, err := r.contexts.names()
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return stringList(names), nil
			}),
		},
		{
			Name: "allow_k8s_contexts", Returns: "None", Declares: true,
			Doc: "Allows contexts beyond local development clusters to be used as the current one.",
			Define: func(p *params) body {
				contexts := table.Required(p, "contexts", table.OneOrMore, "The contexts that images may be named for.")
				return func(r *Run, c *call) (sl.Value, error) {
					r.contexts.allow(contexts.Of(c)...)
					return sl.None, nil
				}
			},
		},
	}
}

// contexts is what a run knows of the kubeconfig's contexts.
type contexts struct {
	catalog cluster.Catalog // nil knows none
	allowed []string        // by allow_k8s_contexts()
	// read is what the script has read of the kubeconfig itself.
	read cluster.KubeconfigFacts
}

// knows fails if the catalog knows that a cluster cannot be resolved.
func (k *contexts) knows(req cluster.Request) error {
	if k.catalog == nil {
		return nil
	}
	return k.catalog.Knows(req)
}

// current reads the current context for the script.
func (k *contexts) current() (cluster.CurrentContext, error) {
	if k.catalog == nil {
		return cluster.CurrentContext{}, nil
	}
	context, namespace, err := k.catalog.CurrentContext()
	if err != nil {
		return cluster.CurrentContext{}, err
	}
	k.read.Current = &cluster.CurrentContext{Context: context, Namespace: namespace}
	return *k.read.Current, nil
}

// names reads the names of all contexts for the script.
func (k *contexts) names() ([]string, error) {
	if k.catalog == nil {
		return nil, nil
	}
	names, err := k.catalog.Contexts()
	if err != nil {
		return nil, err
	}
	k.read.Contexts = append([]string{}, names...)
	return names, nil
}

func (k *contexts) allow(names ...string) { k.allowed = append(k.allowed, names...) }

func (k *contexts) allows(name string) bool { return slices.Contains(k.allowed, name) }

// ContextNotAllowedError stops a script from naming images for a cluster that
// it reached only because the kubeconfig's current context pointed there.
type ContextNotAllowedError struct {
	// Name is the cluster's.
	Name string
	// At is the position of the declaration.
	At diag.Position
	// Context is the current context, "" if it is unknown, as in a recording without
	// it. Product is what runs there.
	Context, Product string
}

func (e *ContextNotAllowedError) Error() string {
	if e.Context == "" {
		return fmt.Sprintf("cluster %q (%s) is whatever the kubeconfig's current context is, and that is unknown: name it with k8s_cluster(\"CONTEXT\")", e.Name, e.At)
	}
	return fmt.Sprintf("cluster %q (%s) is whatever the kubeconfig's current context is, now %q (%s), which is not a local development cluster: "+
		"if you mean it, name it with k8s_cluster(%q) or add allow_k8s_contexts(%q)",
		e.Name, e.At, e.Context, e.Product, e.Context, e.Context)
}

// usesCurrentContext reports whether the kubeconfig decides which cluster this
// is, and not the script. A cluster kept on a hub has its own.
func (c *clusterValue) usesCurrentContext() bool {
	k := c.decl.Spec.Connection.Kubernetes
	return k != nil && k.Context == "" && k.SecretRef == nil && k.ClusterProfileRef == nil
}

// guard fails if the script has not consented to this cluster. A
// context named in the script is consent; so is a local development cluster.
func (c *clusterValue) guard(obs *cluster.Observation) error {
	if !c.usesCurrentContext() {
		return nil
	}
	e := &ContextNotAllowedError{Name: c.decl.Name, At: c.site.at, Product: cluster.ProductUnknown}
	if conn := obs.Status.Connection; conn != nil && conn.Kubernetes != nil {
		// A context can have any name: it does not make a hosted cluster a local one.
		e.Context, e.Product = conn.Kubernetes.Context, cmp.Or(cluster.HostedProduct(obs.Status.Version), conn.Kubernetes.Product, cluster.ProductUnknown)
	}
	if cluster.LocalProduct(e.Product) || e.Context != "" && c.run.contexts.allows(e.Context) {
		return nil
	}
	return e
}

// mayReceive applies the guard to manifests. It waits for the cluster only if its
// context is the current one. One that is not connected receives nothing anyway.
func (c *clusterValue) mayReceive() error {
	if !c.usesCurrentContext() {
		return nil
	}
	if obs, err := c.observe(); err != nil || !obs.Status.Connected() {
		return err
	}
	return c.mayReach()
}

// mayReach applies the guard to a command, which could reach a cluster that did not
// answer a moment ago: then what is known of it decides.
func (c *clusterValue) mayReach() error {
	if !c.usesCurrentContext() {
		return nil
	}
	obs, err := c.observe()
	if err != nil {
		return err
	}
	return c.guard(obs)
}
