package builtins

import (
	"fmt"
	"slices"

	"github.com/sextant-dev/sextant/cluster"
)

// ContextNotAllowedError stops a script from naming images for a cluster that
// it reached only because the kubeconfig's current context pointed there.
type ContextNotAllowedError struct {
	// Name is the cluster's, Place where it was declared.
	Name, Place string
	// Context is the current context, Product what runs there.
	Context, Product string
}

func (e *ContextNotAllowedError) Error() string {
	return fmt.Sprintf("cluster %q (%s) is whatever the kubeconfig's current context is, now %q (%s), which is no local development cluster: "+
		"if you mean it, name it with k8s_cluster(%q) or add allow_k8s_contexts(%q)",
		e.Name, e.Place, e.Context, e.Product, e.Context, e.Context)
}

// usesCurrentContext reports whether the kubeconfig decides which cluster this
// is, and not the script.
func (c *clusterValue) usesCurrentContext() bool {
	k := c.decl.Spec.Connection.Kubernetes
	return k != nil && k.Context == ""
}

// guard fails where the script has not said that it means this cluster. A
// context named in the script is consent; so is a local development cluster.
func (c *clusterValue) guard(obs *cluster.Observation) error {
	if !c.usesCurrentContext() {
		return nil
	}
	e := &ContextNotAllowedError{Name: c.decl.Name, Place: c.site.place, Product: cluster.ProductUnknown}
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
