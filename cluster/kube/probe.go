package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// questions completes an observation with the answers of a client.
type questions func(ctx context.Context, c *client, product string, obs *cluster.Observation) error

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
			" is not checked: insecure-skip-tls-verify is set for cluster "+strconv.Quote(c.target.context.Cluster))
	}
	a.arch(obs)
	a.registry(s)
	return nil
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
	if err := wire.DecodeJSON(body, &info); err != nil || info.GitVersion == "" {
		return "", &answerError{versionPath, "no gitVersion"}
	}
	return info.GitVersion, nil
}

const (
	// identityGrace is how long to wait for the identity when everything else is
	// known.
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
			Name string `json:"name"`
			UID  string `json:"uid"`
		} `json:"metadata"`
	}
	if wire.DecodeJSON(body, &namespace) != nil || namespace.Metadata.Name != "" && namespace.Metadata.Name != "kube-system" {
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

const (
	nodesPath = "/api/v1/nodes"
	// acceptMetadataList asks for metadata only. A server that cannot strip the
	// rest, such as one older than 1.15, sends whole nodes, which read the same.
	acceptMetadataList = acceptJSON + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," + acceptJSON
)

// nodes asks for the nodes' metadata, the first page: that is enough, and
// the other pages of a large cluster would cost its API server a lot.
func (c *client) nodes(ctx context.Context) (nodes, error) {
	body, err := c.get(ctx, nodesPath+"?limit=500", acceptMetadataList)
	if err != nil {
		return nil, err
	}
	var list struct {
		Kind  string          `json:"kind"`
		Items json.RawMessage `json:"items"`
	}
	err = wire.DecodeJSON(body, &list)
	if err != nil || list.Items == nil || list.Kind != "NodeList" && list.Kind != "PartialObjectMetadataList" {
		return nil, &answerError{nodesPath, "no list of nodes"}
	}
	var items nodes
	if wire.DecodeJSON(list.Items, &items) != nil {
		return nil, &answerError{nodesPath, "no list of nodes"}
	}
	return items, nil
}
