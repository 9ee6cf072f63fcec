package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// Resolve observes one cluster. Give ctx a deadline: each phase goes on until
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

// questions completes an observation with the answers of a client.
type questions func(ctx context.Context, c *client, product string, obs *cluster.Observation) error

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

// health asks for the version and the identity.
func health(ctx context.Context, c *client, _ string, obs *cluster.Observation) error {
	identifying, stop := context.WithTimeout(ctx, identityGrace)
	defer stop()
	var running sync.WaitGroup
	running.Go(func() { obs.Status.Identity = c.identity(identifying) })
	version, err := c.version(ctx)
	if err != nil {
		stop()
	}
	running.Wait()
	if err != nil {
		obs.Status.Identity = ""
		return err
	}
	now := metav1.NewMicroTime(time.Now().UTC().Truncate(time.Microsecond))
	obs.Status.Version, obs.Status.ConnectedAt = version, &now
	return nil
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

// CurrentProduct returns the current context and the distribution that the
// kubeconfig says it is, without connecting; empty if there is no context.
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

// An answer is the body of a 200, or why there is none. The nodes come decoded.
type answer struct {
	body  []byte
	nodes nodes
	err   error
}

// answers are what the probes of one cluster found. Each probe writes its own.
type answers struct {
	version    string
	versionErr error
	nodes      nodes
	nodesErr   error
	identity   string
	// registries are the answers for each of the discoveries.
	discoveries []discovery
	registries  []answer

	mu    sync.Mutex
	first time.Time
}

// seen notes the time of a successful answer.
func (a *answers) seen(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil && a.first.IsZero() {
		a.first = time.Now()
	}
}

// failure is why there is no version. kube-apiserver ends the connection of a
// request that it cannot authenticate, and the answer about the version can be
// lost with it: then the answer to another question is the reason.
func (a *answers) failure() error {
	if status(a.versionErr) != 0 {
		return a.versionErr
	}
	for _, other := range append([]answer{{err: a.nodesErr}}, a.registries...) {
		if status(other.err) == http.StatusUnauthorized {
			return other.err
		}
	}
	return a.versionErr
}

// probe asks everything at the same time and completes obs. Only /version
// decides whether the cluster is connected: whatever else fails is a reason in
// the status.
//
// product is the declared one, "" if that is to be found out.
func probe(ctx context.Context, c *client, product string, obs *cluster.Observation) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found := obs.Status.Connection.Kubernetes
	if found.Product != cluster.ProductUnknown || product == "" {
		product = found.Product
	}
	a := answers{discoveries: discoveriesFor(product)}
	a.registries = make([]answer, len(a.discoveries))
	identifying, stopIdentifying := context.WithCancel(ctx)
	defer stopIdentifying()
	var running, last sync.WaitGroup
	last.Go(func() { a.identity = c.identity(identifying) })
	running.Go(func() {
		a.version, a.versionErr = c.version(ctx)
		a.seen(a.versionErr)
		// What got no answer may be explained by the answer to another question.
		if lost := new(noAnswerError); a.versionErr != nil && !errors.As(a.versionErr, &lost) {
			cancel()
		}
	})
	running.Go(func() { a.nodes, a.nodesErr = c.nodes(ctx); a.seen(a.nodesErr) })
	for i, d := range a.discoveries {
		if d.path == nodesPath {
			continue // asked for the architecture
		}
		running.Go(func() {
			got := &a.registries[i]
			got.body, got.err = c.get(ctx, d.path, acceptJSON)
			a.seen(got.err)
		})
	}
	running.Wait()
	grace := time.AfterFunc(identityGrace, stopIdentifying)
	last.Wait()
	grace.Stop()
	if a.versionErr != nil {
		return a.failure()
	}
	for i, d := range a.discoveries {
		if d.path == nodesPath {
			a.registries[i] = answer{nodes: a.nodes, err: a.nodesErr}
		}
	}
	s := &obs.Status
	s.Version, s.Identity = a.version, a.identity
	s.ConnectedAt = &metav1.MicroTime{Time: a.first.UTC().Truncate(time.Microsecond)}
	found.Product, s.ProductReason = cluster.IdentifyProduct(c.target.context, c.target.cluster, a.version)
	if c.target.config.Insecure {
		s.Warnings = append(s.Warnings, "the certificate of "+c.target.endpoint()+
			" is not checked: insecure-skip-tls-verify is set for cluster "+quote(c.target.context.Cluster))
	}
	a.arch(obs)
	a.registry(s)
	return nil
}

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

const acceptJSON = "application/json"

const versionPath = "/version"

// version asks for the server's gitVersion.
func (c *client) version(ctx context.Context) (string, error) {
	body, err := c.get(ctx, versionPath, acceptJSON)
	if err != nil {
		return "", err
	}
	return gitVersion(body)
}

// gitVersion is the version in an answer to versionPath.
func gitVersion(body []byte) (string, error) {
	var info struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := json.Unmarshal(body, &info); err != nil || info.GitVersion == "" {
		return "", &answerError{versionPath, "no gitVersion"}
	}
	return info.GitVersion, nil
}

const (
	// identityGrace is how long the identity is waited for when everything else
	// is known.
	identityGrace = time.Second
	identityPath  = "/api/v1/namespaces/kube-system"
	// acceptMetadata asks for metadata only.
	acceptMetadata = acceptJSON + ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1," + acceptJSON
)

// identity asks for the UID of namespace kube-system, which no two clusters share
// and which a cluster keeps for life. Nothing depends on it, and most users may
// not read it: then it is "".
func (c *client) identity(ctx context.Context) string {
	body, err := c.get(ctx, identityPath, acceptMetadata)
	if err != nil {
		return ""
	}
	var namespace struct {
		Metadata struct {
			UID string `json:"uid"`
		} `json:"metadata"`
	}
	if json.Unmarshal(body, &namespace) != nil {
		return ""
	}
	return namespace.Metadata.UID
}

// answerError is a 200 that is not what the path promises. It does not show the
// answer, which came from whoever answered.
type answerError struct{ path, what string }

func (e *answerError) Error() string {
	return fmt.Sprintf("the answer to GET %s is not from a Kubernetes API server: %s", e.path, e.what)
}
