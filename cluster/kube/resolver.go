package kube

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/environ"
)

// Options configure a Resolver. The zero value reads what kubectl reads.
type Options struct {
	// Kubeconfig is the one file to read, as kubectl's --kubeconfig. Empty is
	// the list in KUBECONFIG, else .kube/config in the home directory, else,
	// if none of these exist, the service account of the pod.
	Kubeconfig string
	// Config is the contents of a kubeconfig, to be used in place of any file and of
	// the pod's service account. Origin names its source, for messages,
	// such as "Secret team-a/prod-kubeconfig".
	Config []byte
	Origin string
	// Loaded is a kubeconfig that was read before, in place of reading one.
	Loaded *Loaded
	// Restricted limits what the kubeconfig may ask for. nil allows what kubectl
	// does, which is right if whoever wrote the kubeconfig also runs this process.
	Restricted *Restrictions
	// Env is the environment, as KEY=VALUE; where a key repeats, the last
	// counts. nil is the environment of the process.
	//
	// KUBECONFIG, HOME, the proxy variables and KUBERNETES_SERVICE_HOST and
	// _PORT are read from it, and credential plugins run with it. A plugin
	// that is named without a folder is looked up in the PATH of the process.
	Env []string
	// Stderr takes what credential plugins print to standard error, line by
	// line, as kubectl shows it; several may write at the same time. No status
	// holds any of it. nil discards it.
	Stderr io.Writer
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
	_ cluster.Fleet    = (*Resolver)(nil)
)

// New returns a Resolver that has not read anything yet. Close it after use.
func New(o Options) *Resolver {
	k := newKubeconfig(&o)
	if o.Loaded != nil {
		k = o.Loaded.kubeconfig
	}
	return &Resolver{
		kubeconfig:  k,
		credentials: newCredentials(environ.Or(o.Env), o.Stderr),
		trust:       newTrust(),
	}
}

// Close ends the credential plugins that still run and waits for them.
func (r *Resolver) Close() { r.credentials.close() }

// Resolve observes one cluster. ctx should have a deadline: each phase lasts until
// then. A cluster that is not reached has the message of a *[cluster.PhaseError]
// in Status.Error, and what the kubeconfig has about it beside that.
func (r *Resolver) Resolve(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	return r.ask(ctx, req, probe)
}

// Probe observes only whether a cluster answers, in which version and with which
// identity. Like Resolve, it opens a connection of its own, which no broken one of
// before can mislead.
func (r *Resolver) Probe(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	return r.ask(ctx, req, health)
}

func (r *Resolver) ask(ctx context.Context, req cluster.Request, questions questions) (cluster.Observation, error) {
	obs, c, err := r.open(ctx, req, questions)
	if c != nil {
		c.close()
	}
	return obs, err
}

// open observes a cluster and leaves the connection open: the client is nil if the
// cluster is not connected.
func (r *Resolver) open(ctx context.Context, req cluster.Request, questions questions) (cluster.Observation, *client, error) {
	conn := req.Connection.Kubernetes
	if conn == nil {
		return cluster.Observation{}, nil, fmt.Errorf("cluster %q: %s is not a kubernetes connection", req.Name, req.Connection)
	}
	if conn.SecretRef != nil || conn.ClusterProfileRef != nil {
		return cluster.Observation{}, nil, fmt.Errorf("cluster %q: %s: only a hub reads it; name a context of the kubeconfig instead", req.Name, req.Connection)
	}
	t, err := r.kubeconfig.target(ctx, conn.Context, conn.Namespace)
	obs := t.observation()
	var c *client
	if err == nil {
		obs.Status.Warnings = t.exposed()
		c, err = r.observe(ctx, t, req.Product, &obs, questions)
	}
	if err != nil {
		obs.Status.Error = err.Error()
	}
	return obs.Cleaned(), c, nil
}

// observe connects to t and completes obs. The caller closes the client, which is
// nil after an error.
func (r *Resolver) observe(ctx context.Context, t *target, product string, obs *cluster.Observation, questions questions) (*client, error) {
	if err := r.credentials.add(ctx, t); err != nil {
		obs.NoCredentials = true
		return nil, err
	}
	obs.Expires = t.expires
	c, err := newClient(t, r.trust)
	if err != nil {
		return nil, err
	}
	if err = c.connect(ctx); err == nil {
		err = questions(ctx, c, product, obs)
		obs.Unauthorized = status(err) == http.StatusUnauthorized
	}
	if err != nil {
		defer c.close()
		return nil, c.problem(err)
	}
	return c, nil
}

// Named returns the request with the current context named, if the kubeconfig has
// one, so that equal connections can be recognised: see [cluster.Share]. A ctx without
// a deadline gets [cluster.DefaultTimeout].
func (r *Resolver) Named(ctx context.Context, req cluster.Request) cluster.Request {
	k := req.Connection.Kubernetes
	if k == nil || k.Context != "" || k.SecretRef != nil || k.ClusterProfileRef != nil {
		return req
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cluster.DefaultTimeout)
		defer cancel()
	}
	config, err := r.kubeconfig.load(ctx)
	if err != nil || config.Contexts[config.CurrentContext] == nil {
		return req // Resolve reports why
	}
	k = k.DeepCopy()
	k.Context = config.CurrentContext
	req.Connection.Kubernetes = k
	return req
}

// Knows returns nil: every request can be tried.
func (r *Resolver) Knows(cluster.Request) error { return nil }

// CurrentContext returns the kubeconfig's current context and its namespace.
// Both are empty if there is no kubeconfig, or no current context in it.
func (r *Resolver) CurrentContext() (name, namespace string, err error) {
	return r.kubeconfig.currentContext()
}

// Fleet returns a declaration of every context. A kubeconfig has no labels.
func (r *Resolver) Fleet() ([]cluster.Declaration, error) {
	names, err := r.Contexts()
	if err != nil {
		return nil, err
	}
	all := make([]cluster.Declaration, len(names))
	for i, name := range names {
		all[i] = cluster.Declaration{Name: cluster.NameFromContext(name), Spec: cluster.ClusterSpec{
			Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{Context: name}},
		}}
	}
	slices.SortStableFunc(all, func(a, b cluster.Declaration) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// CurrentProduct returns the current context and its distribution by the
// kubeconfig alone, without connecting; empty if there is no context.
func (r *Resolver) CurrentProduct() (name, product string, err error) {
	name, _, err = r.kubeconfig.currentContext()
	if err != nil || name == "" {
		return "", "", err
	}
	config, err := r.kubeconfig.loadNow()
	if err != nil || config.Contexts[name] == nil {
		return "", "", err
	}
	context := config.Contexts[name]
	product, _ = cluster.IdentifyProduct(context, config.Clusters[context.Cluster], "")
	return name, product, nil
}

// Contexts returns the names of the kubeconfig's contexts, sorted.
func (r *Resolver) Contexts() ([]string, error) { return r.kubeconfig.contexts() }

// Pinned returns a kubeconfig that holds one context and what it refers to,
// with that context current and certificate files taken in; "" is the current
// context. A namespace takes the place of the context's, unless it is empty. The
// kubeconfig holds the user's secrets.
func (r *Resolver) Pinned(name, namespace string) ([]byte, error) {
	ctx, done := context.WithTimeout(context.Background(), cluster.DefaultTimeout)
	defer done()
	t, err := r.kubeconfig.target(ctx, name, namespace)
	if err != nil {
		return nil, err
	}
	if namespace != "" {
		t.context.Namespace = namespace
	}
	// Data overrides a file, and FlattenConfig takes no two of one thing.
	for file, data := range map[*string][]byte{
		&t.cluster.CertificateAuthority: t.cluster.CertificateAuthorityData,
		&t.user.ClientCertificate:       t.user.ClientCertificateData,
		&t.user.ClientKey:               t.user.ClientKeyData,
	} {
		if len(data) > 0 {
			*file = ""
		}
	}
	config := clientcmdapi.NewConfig()
	config.CurrentContext = t.name
	config.Contexts[t.name] = t.context
	config.Clusters[t.context.Cluster] = t.cluster
	config.AuthInfos[t.context.AuthInfo] = t.user
	if err := clientcmdapi.FlattenConfig(config); err != nil {
		return nil, fmt.Errorf("pin context %q: %w", t.name, err)
	}
	text, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("pin context %q: %w", t.name, err)
	}
	return text, nil
}

// Reach is what an observation of a context would connect to and start.
type Reach struct {
	// Hosts are the names or addresses, without ports, of the server and of a proxy.
	Hosts []string
	// Plugin reports whether the user's credentials come from a program.
	Plugin bool
}

// Reach reads the kubeconfig and connects to nothing; "" is the current context.
func (r *Resolver) Reach(ctx context.Context, name string) (Reach, error) {
	t, err := r.kubeconfig.target(ctx, name, "")
	if err != nil {
		return Reach{}, err
	}
	reach := Reach{Plugin: t.user.Exec != nil}
	if t.server != nil {
		reach.Hosts = append(reach.Hosts, t.server.Hostname())
	}
	if t.proxy != nil {
		reach.Hosts = append(reach.Hosts, t.proxy.Hostname())
	}
	return reach, nil
}
