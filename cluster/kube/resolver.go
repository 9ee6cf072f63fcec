package kube

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/environ"
)

// Options configure a Resolver. The zero value reads what kubectl reads.
type Options struct {
	// Kubeconfig is the one file to read, as kubectl's --kubeconfig. Empty is
	// the list in KUBECONFIG, else .kube/config in the home directory, else,
	// where none of these exist, the service account of the pod.
	Kubeconfig string
	// Env is the environment, as KEY=VALUE; where a key repeats, the last
	// counts. nil is the environment of the process.
	//
	// KUBECONFIG, HOME, the proxy variables and KUBERNETES_SERVICE_HOST and
	// _PORT are read from it, and credential plugins run with it. A plugin
	// that is named without a folder is looked up in the PATH of the process.
	Env []string
}

// Resolver observes Kubernetes clusters. One run has one Resolver: it reads the
// kubeconfig and runs each credential plugin at most once, both on first use.
// It is safe for concurrent use.
type Resolver struct {
	kubeconfig  *kubeconfig
	credentials *credentials
	trust       *trust
}

var (
	_ cluster.Resolver = (*Resolver)(nil)
	_ cluster.Catalog  = (*Resolver)(nil)
)

// New returns a Resolver that has not read anything yet. Close it after use.
func New(o Options) *Resolver {
	env := environ.Or(o.Env)
	return &Resolver{
		kubeconfig:  &kubeconfig{explicit: o.Kubeconfig, env: env, serviceAccount: serviceAccountDir},
		credentials: newCredentials(env),
		trust:       newTrust(),
	}
}

// Close ends the credential plugins that still run and waits for them.
func (r *Resolver) Close() { r.credentials.close() }

// Resolve observes one cluster. Give ctx a deadline: each phase goes on until
// then. A cluster that is not reached has the text of a *[cluster.PhaseError]
// in Status.Error, and what the kubeconfig told about it beside that.
func (r *Resolver) Resolve(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	conn := req.Connection.Kubernetes
	if conn == nil {
		return cluster.Observation{}, fmt.Errorf("cluster %q: %s is no kubernetes connection", req.Name, req.Connection)
	}
	started := time.Now()
	t, err := r.kubeconfig.target(ctx, conn.Context, conn.Namespace)
	obs := t.observation()
	if err == nil {
		obs.Warnings = t.exposed()
		err = r.observe(ctx, t, req.Product, &obs)
	}
	if err != nil {
		obs.Status.Error = timed(err, started).Error()
	}
	return obs, nil
}

// observe connects to t and completes obs.
func (r *Resolver) observe(ctx context.Context, t *target, product string, obs *cluster.Observation) error {
	if err := r.credentials.add(ctx, t); err != nil {
		return err
	}
	c, err := newClient(t, r.trust)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.connect(ctx); err != nil {
		return c.problem(err)
	}
	if err := probe(ctx, c, product, obs); err != nil {
		return c.problem(err)
	}
	return nil
}

// timed adds how long it took to fail.
func timed(err error, started time.Time) error {
	var e *cluster.PhaseError
	if !errors.As(err, &e) {
		return err
	}
	timed := *e
	timed.Elapsed = time.Since(started)
	return &timed
}

// Knows returns nil: every request can be tried.
func (r *Resolver) Knows(cluster.Request) error { return nil }

// CurrentContext returns the kubeconfig's current context and its namespace.
// Both are empty where there is no kubeconfig, or no current context in it.
func (r *Resolver) CurrentContext() (name, namespace string, err error) {
	return r.kubeconfig.currentContext()
}

// Contexts returns the names of the kubeconfig's contexts, sorted.
func (r *Resolver) Contexts() ([]string, error) { return r.kubeconfig.contexts() }
