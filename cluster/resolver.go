package cluster

import (
	"context"
	"fmt"
	"net/url"
)

// Request asks for one cluster.
type Request struct {
	// Name is the declared name of the cluster.
	Name string
	// Connection says how to reach it.
	Connection ClusterConnection
	// Product is the declared product, where the script says it: some
	// distributions are asked more than others. "" leaves it to be found out.
	Product string
}

// Observation is what resolving one request found.
type Observation struct {
	// Status is the observed status. A cluster that answered has
	// Status.ConnectedAt. One that could not be reached has Status.Error and
	// whatever was known without connecting.
	Status ClusterStatus
	// Annotations are the sextant.dev/ facts beside the status.
	Annotations map[string]string
	// Warnings are lines for the user: what was found and could not be used.
	Warnings []string
}

// DeepCopy returns an observation that shares nothing with o.
func (o Observation) DeepCopy() Observation {
	c := Observation{Status: *o.Status.DeepCopy()}
	if o.Annotations != nil {
		c.Annotations = make(map[string]string, len(o.Annotations))
		for k, v := range o.Annotations {
			c.Annotations[k] = v
		}
	}
	c.Warnings = append(c.Warnings, o.Warnings...)
	return c
}

// A Resolver observes clusters. It is safe for concurrent use.
//
// Resolve returns soon after ctx is done. A cluster that cannot be reached is
// no Go error: Observation.Status.Error tells. An error means that this
// resolver cannot answer the request at all, as [Replay] does for a cluster it
// has no record of, and fails the run.
type Resolver interface {
	Resolve(ctx context.Context, req Request) (Observation, error)
}

// ResolverFunc makes a Resolver of a function.
type ResolverFunc func(ctx context.Context, req Request) (Observation, error)

// Resolve calls f.
func (f ResolverFunc) Resolve(ctx context.Context, req Request) (Observation, error) {
	return f(ctx, req)
}

// A Catalog answers what needs no connection: the kubeconfig of a live run, or
// the recording of a replayed one.
type Catalog interface {
	// CurrentContext returns the context that an empty context name means and
	// its namespace. Both are empty where there is none.
	CurrentContext() (context, namespace string, err error)
	// Contexts returns every context's name, sorted.
	Contexts() ([]string, error)
	// Knows returns an error where the request can never be answered, so that
	// a script fails at the declaration. A context that is merely missing from
	// a kubeconfig is no such case: it becomes status.error.
	Knows(req Request) error
}

// ByKind sends each request to the resolver of its kind of connection.
type ByKind struct {
	Kubernetes Resolver
	Docker     Resolver
}

var _ Resolver = ByKind{}

// Resolve asks the resolver of the request's kind.
func (k ByKind) Resolve(ctx context.Context, req Request) (Observation, error) {
	switch {
	case req.Connection.Kubernetes != nil && k.Kubernetes != nil:
		return k.Kubernetes.Resolve(ctx, req)
	case req.Connection.Docker != nil && k.Docker != nil:
		return k.Docker.Resolve(ctx, req)
	}
	return Observation{}, fmt.Errorf("cluster %q: no resolver for %s", req.Name, req.Connection)
}

// withoutPassword hides the password of an address that has one, where none
// belongs.
func withoutPassword(host string) string {
	u, err := url.Parse(host)
	if err != nil || u.User == nil {
		return host
	}
	if _, has := u.User.Password(); !has {
		return host
	}
	return u.Redacted()
}

// String describes the connection for messages: `kubernetes context "prod"`.
func (c ClusterConnection) String() string {
	switch {
	case c.Kubernetes != nil:
		text := "the current kubernetes context"
		if c.Kubernetes.Context != "" {
			text = fmt.Sprintf("kubernetes context %q", c.Kubernetes.Context)
		}
		if c.Kubernetes.Namespace != "" {
			text += fmt.Sprintf(", namespace %q", c.Kubernetes.Namespace)
		}
		return text
	case c.Docker != nil && c.Docker.Host != "":
		return fmt.Sprintf("docker host %q", withoutPassword(c.Docker.Host))
	case c.Docker != nil:
		return "the default docker host"
	}
	return "no connection"
}
