package builtins

import (
	"errors"
	"fmt"
	"slices"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
)

// contextFunctions ask the kubeconfig, or the recording in its place.
func contextFunctions() []row {
	current := func(name, doc string, pick func(context, namespace string) string) row {
		return row{Name: name, Returns: "str", Doc: doc, Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
			if r.options.Catalog == nil {
				return sl.String(pick("", "")), nil
			}
			context, namespace, err := r.options.Catalog.CurrentContext()
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			r.kubeconfig.Current = &cluster.CurrentContext{Context: context, Namespace: namespace}
			return sl.String(pick(context, namespace)), nil
		})}
	}
	return []row{
		current("k8s_context", "Returns the kubeconfig's current context, without connecting; empty if there is none.",
			func(context, _ string) string { return context }),
		current("k8s_namespace", "Returns the namespace of the current context, without connecting.",
			func(_, namespace string) string { return namespace }),
		{
			Name: "k8s_contexts", Returns: "list[str]", Doc: "Returns every context of the kubeconfig, sorted, without connecting.",
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
				if r.options.Catalog == nil {
					return stringList(nil), nil
				}
				names, err := r.options.Catalog.Contexts()
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				r.kubeconfig.Contexts = append([]string{}, names...)
				return stringList(names), nil
			}),
		},
		{
			Name: "allow_k8s_contexts", Returns: "None", Declares: true,
			Doc: "Allows contexts beyond local development clusters to be used as the current one.",
			Define: func(p *params) body {
				contexts := table.Required(p, "contexts", table.OneOrMore, "The contexts that images may be named for.")
				return func(r *Run, c *call) (sl.Value, error) {
					for _, name := range contexts.Of(c) {
						if !slices.Contains(r.allowed, name) {
							r.allowed = append(r.allowed, name)
						}
					}
					return sl.None, nil
				}
			},
		},
	}
}

// ContextNotAllowedError stops a script from naming images for a cluster that
// it reached only because the kubeconfig's current context pointed there.
type ContextNotAllowedError struct {
	// Name is the cluster's.
	Name string
	// At is the position of the declaration.
	At diag.Position
	// Context is the current context, Product what runs there.
	Context, Product string
}

func (e *ContextNotAllowedError) Error() string {
	return fmt.Sprintf("cluster %q (%s) is whatever the kubeconfig's current context is, now %q (%s), which is no local development cluster: "+
		"if you mean it, name it with k8s_cluster(%q) or add allow_k8s_contexts(%q)",
		e.Name, e.At, e.Context, e.Product, e.Context, e.Context)
}

// usesCurrentContext reports whether the kubeconfig decides which cluster this
// is, and not the script. A cluster kept on a hub has its own.
func (c *clusterValue) usesCurrentContext() bool {
	k := c.decl.Spec.Connection.Kubernetes
	return k != nil && k.Context == "" && k.SecretRef == nil && k.ClusterProfileRef == nil
}

// guard fails where the script has not said that it means this cluster. A
// context named in the script is consent; so is a local development cluster.
func (c *clusterValue) guard(obs *cluster.Observation) error {
	if !c.usesCurrentContext() {
		return nil
	}
	e := &ContextNotAllowedError{Name: c.decl.Name, At: c.site.at, Product: cluster.ProductUnknown}
	if conn := obs.Status.Connection; conn != nil && conn.Kubernetes != nil {
		e.Context, e.Product = conn.Kubernetes.Context, conn.Kubernetes.Product
	}
	if cluster.LocalProduct(e.Product) || slices.Contains(c.run.allowed, e.Context) {
		return nil
	}
	return e
}

// mayReceive holds the guard for manifests. It waits for the cluster only where its
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

// mayReach holds the guard for a command, which could reach a cluster that did not
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

// Target returns the cluster of a name as a program may reach it, and fails if it is
// not connected or if the guard holds it; "" is the only one that manifests are for.
// The run must have ended well.
func (r *Run) Target(name string) (*cluster.Cluster, error) {
	if name == "" {
		deliveries, err := r.deliveriesOf("")
		if err != nil {
			return nil, err
		}
		if len(deliveries) == 0 {
			return nil, errors.New("the script has no manifests: add k8s_yaml()")
		}
		name = deliveries[0].cluster.decl.Name
	}
	if err := r.has(name); err != nil {
		return nil, err
	}
	c := r.named(name)
	if _, err := c.ready(); err != nil {
		return nil, err
	}
	if err := c.mayReach(); err != nil {
		return nil, err
	}
	object, err := c.object()
	return &object, err
}
