package kube

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
)

// answers are what the probes of one cluster found. Each probe writes its own.
type answers struct {
	version  string
	nodes    nodes
	advert   *advert
	nodePort *advert

	versionErr, nodesErr, advertErr, nodePortErr error

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
// request that it cannot authenticate, and the question for the version can be
// lost with it: then the answer to another question tells.
func (a *answers) failure() error {
	for _, err := range []error{a.nodesErr, a.advertErr, a.nodePortErr} {
		if status(a.versionErr) == 0 && status(err) == http.StatusUnauthorized {
			return err
		}
	}
	return a.versionErr
}

// probe asks everything at the same time and completes obs. Only /version
// decides whether the cluster is connected: whatever else fails is a reason in
// an annotation.
//
// product is the declared one, "" where that is to be found out.
func probe(ctx context.Context, c *client, product string, obs *cluster.Observation) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var a answers
	var running sync.WaitGroup
	running.Go(func() {
		a.version, a.versionErr = c.version(ctx)
		a.seen(a.versionErr)
		// What got no answer may be explained by the answer to another question.
		if lost := new(noAnswerError); a.versionErr != nil && !errors.As(a.versionErr, &lost) {
			cancel()
		}
	})
	running.Go(func() { a.nodes, a.nodesErr = c.nodes(ctx); a.seen(a.nodesErr) })
	running.Go(func() { a.advert, a.advertErr = c.configMap(ctx); a.seen(a.advertErr) })
	status := obs.Status.Connection.Kubernetes
	if cmp.Or(product, status.Product) == cluster.ProductMicroK8s {
		running.Go(func() { a.nodePort, a.nodePortErr = c.nodePort(ctx); a.seen(a.nodePortErr) })
	}
	running.Wait()
	if a.versionErr != nil {
		return a.failure()
	}
	obs.Status.Version = a.version
	obs.Status.ConnectedAt = &metav1.MicroTime{Time: a.first.UTC().Truncate(time.Microsecond)}
	status.Product, obs.Annotations[cluster.AnnotationProductReason] =
		cluster.IdentifyProduct(c.target.context, c.target.cluster, a.version)
	if c.target.config.Insecure {
		obs.Warnings = append(obs.Warnings, "the certificate of "+c.target.endpoint()+
			" is not checked: insecure-skip-tls-verify is set for cluster "+quote(c.target.context.Cluster))
	}
	a.arch(obs)
	a.registry(obs)
	return nil
}
