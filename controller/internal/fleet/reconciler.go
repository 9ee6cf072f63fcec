package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// Options are how clusters are checked.
type Options struct {
	// Interval is the time between two checks of a cluster that answers.
	Interval time.Duration
	// Timeout is the deadline of one resolution. Asking on a connection that is
	// open takes half of it at most.
	Timeout time.Duration
	// Providers are the credential plugins for ClusterProfiles, by the name of
	// the access provider. They are also what a kubeconfig's exec entry may run.
	Providers map[string]kube.Plugin
	// Networks are where clusters may be; see [kube.Restrictions].
	Networks []netip.Prefix
	// Env is the environment of credential plugins.
	Env []string
}

const (
	// DefaultInterval, with DefaultTimeout and retry, shows an outage within 45
	// seconds, and never one for a single check that failed.
	DefaultInterval = 15 * time.Second
	DefaultTimeout  = 5 * time.Second
	// refresh is the time after which everything about a cluster is resolved
	// again, even if it answers as before.
	refresh = 5 * time.Minute
	// retry is the time to the next check while failures are counted.
	retry = 3 * time.Second
	// longTurn is when a resolution no longer counts as one that is under way, and
	// waitingPerTurn how many checks there are for each that counts.
	longTurn       = time.Second
	waitingPerTurn = 8
	// maxBackoff is the longest time between checks of a cluster that is down.
	maxBackoff = time.Minute
)

// reconciler checks clusters and writes their statuses.
type reconciler struct {
	// client reads Clusters from a cache and writes their statuses.
	client client.Client
	// metadata reads the metadata of Secrets from a cache.
	metadata client.Reader
	// secrets reads Secrets and ClusterProfiles live, so that no cache holds them.
	secrets client.Reader
	// recorder takes an event for each change.
	recorder events.EventRecorder
	options  Options

	// turns has room for the resolutions under way; see turn.
	turns chan struct{}

	mu    sync.Mutex
	known map[types.NamespacedName]*record
}

// record is what is remembered of a cluster between two checks. One check of a
// cluster runs at a time; due alone is read beside it, under the mutex.
type record struct {
	uid  types.UID
	kept cluster.Kept
	// link is the connection of the last resolution, nil if the next check is to
	// resolve the cluster again; basis is what it was made from, and until is how
	// long it may be relied upon.
	link  *kube.Link
	basis basis
	until time.Time
	// backoff grows while the cluster is down.
	backoff time.Duration
	// due is when the next check is to begin.
	due time.Time
}

// basis are the resource versions of what a check goes by.
type basis struct{ cluster, source string }

// unlink ends the connection.
func (k *record) unlink() {
	if k.link != nil {
		k.link.Close()
		k.link = nil
	}
}

// Reconcile checks one cluster. If it is connected and nothing about it changed,
// that is one request to the cluster and none to the hub. Any doubt is settled by
// resolving the cluster on a new connection.
func (r *reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	c := new(cluster.Cluster)
	if err := r.client.Get(ctx, req.NamespacedName, c); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(req.NamespacedName)
			return reconcile.Result{}, nil
		}
		return reconcile.Result{}, fmt.Errorf("read the cluster: %w", err)
	}
	known := r.record(req.NamespacedName, c.UID)
	checks.Inc()
	if r.alive(ctx, known, c) {
		return reconcile.Result{RequeueAfter: r.remember(known)}, nil
	}
	known.unlink()
	done, err := r.turn(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	obs, source := r.resolve(ctx, known, c)
	done()
	if ctx.Err() != nil {
		known.unlink()
		return reconcile.Result{}, context.Cause(ctx) // not what the cluster is like
	}
	// The status on the hub is the one to go on from, whoever wrote it.
	known.kept.Status = *c.Status.DeepCopy()
	obs.Status.ObservedGeneration = c.Generation
	kept, change := cluster.Merge(known.kept, obs, cluster.MergePolicy{}, time.Now())
	known.basis = basis{c.ResourceVersion, source}
	if !reflect.DeepEqual(kept.Status, c.Status) {
		next := c.DeepCopy()
		next.Status = *kept.Status.DeepCopy()
		// An update, not a patch: the API server refuses it if somebody, such as
		// the leader that took over, has written since this object was read.
		if err := r.client.Status().Update(ctx, next); err != nil {
			known.unlink()
			if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
				return reconcile.Result{RequeueAfter: time.Second}, nil // the cache lags behind
			}
			return reconcile.Result{}, fmt.Errorf("write the status: %w", err)
		}
		writes.Inc()
		r.report(c, kept, change)
		known.basis.cluster = next.ResourceVersion
	}
	known.kept = kept
	if kept.Failures > 0 || kept.Unreadable > 0 || kept.Status.Incomplete() || kept.Status.RegistrySource == cluster.SourceUnknown {
		known.unlink() // something is to be found out yet
	}
	return reconcile.Result{RequeueAfter: r.remember(known)}, nil
}

// alive reports whether the status that is kept still holds: the cluster answers
// on the connection of before, which was made from what the hub has now.
func (r *reconciler) alive(ctx context.Context, known *record, c *cluster.Cluster) bool {
	if known.link == nil || known.basis.cluster != c.ResourceVersion || time.Now().After(known.until) {
		return false
	}
	if version, err := r.sourceVersion(ctx, c); err != nil || version != known.basis.source {
		return false
	}
	// A new connection has its time too, if this one hangs.
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout/2)
	defer cancel()
	return known.link.Alive(ctx)
}

// turn waits until a cluster may be resolved. Without that, a fleet that begins would
// keep this machine and the hub from anything else, such as renewing the leader's
// Lease. What takes long waits for a cluster that does not answer, and costs nothing:
// its turn ends after longTurn, so that others do not wait for it.
func (r *reconciler) turn(ctx context.Context) (done func(), err error) {
	select {
	case r.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	end := sync.OnceFunc(func() { <-r.turns })
	long := time.AfterFunc(longTurn, end)
	return func() {
		long.Stop()
		end()
	}, nil
}

// resolve observes everything about a cluster, and keeps the connection in known.
// What keeps it from being resolved is its error. version is of the source of its
// kubeconfig.
func (r *reconciler) resolve(ctx context.Context, known *record, c *cluster.Cluster) (obs cluster.Observation, version string) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	fail := func(err error) cluster.Observation {
		return cluster.Observation{Status: cluster.ClusterStatus{Error: err.Error()}}
	}
	src, err := r.source(ctx, c)
	if err != nil {
		return fail(err), ""
	}
	restricted := &kube.Restrictions{Networks: r.options.Networks}
	for _, p := range r.options.Providers {
		restricted.Plugins = append(restricted.Plugins, p)
	}
	resolver := kube.New(kube.Options{Config: src.config, Origin: src.origin, Restricted: restricted, Env: r.options.Env})
	defer resolver.Close()
	k := c.Spec.Connection.Kubernetes
	obs, known.link, err = resolver.Link(ctx, cluster.Request{Name: c.Name, Connection: cluster.ClusterConnection{
		Kubernetes: &cluster.KubernetesClusterConnection{Context: k.Context, Namespace: k.Namespace},
	}})
	if err != nil {
		return fail(err), src.version
	}
	known.until = time.Now().Add(jittered(refresh))
	if !obs.Expires.IsZero() && obs.Expires.Before(known.until) {
		known.until = obs.Expires
	}
	return obs, src.version
}

// record returns what is remembered of a cluster; one that was created again is
// another.
func (r *reconciler) record(name types.NamespacedName, uid types.UID) *record {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[types.NamespacedName]*record{}
	}
	known := r.known[name]
	if known == nil || known.uid != uid {
		if known != nil {
			known.unlink()
		}
		known = &record{uid: uid}
		r.known[name] = known
	}
	return known
}

// remember notes a check and returns the time to the next.
func (r *reconciler) remember(known *record) time.Duration {
	wait := r.options.Interval
	switch {
	case known.kept.Failures == 0:
		known.backoff = 0
	case known.kept.Status.Connected():
		wait = min(retry, wait)
	default:
		known.backoff = min(max(2*known.backoff, wait), maxBackoff)
		wait = known.backoff
	}
	wait = jittered(wait)
	r.mu.Lock()
	defer r.mu.Unlock()
	known.due = time.Now().Add(wait)
	return wait
}

// jittered is a tenth more or less, so that checks spread out.
func jittered(d time.Duration) time.Duration { return d - d/10 + rand.N(d/5+1) }

func (r *reconciler) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.known[name]; known != nil {
		known.unlink()
		delete(r.known, name)
	}
}

// Close ends the connections. No check may run, and none begin.
func (r *reconciler) Close() {
	for name := range r.known {
		r.forget(name)
	}
}

// report records a change as an event, which holds no more than the status. The
// first status of a cluster is no change: a fleet that begins makes no events.
func (r *reconciler) report(c *cluster.Cluster, kept cluster.Kept, change cluster.Change) {
	if change == cluster.ChangeNone || change == cluster.ChangeFacts || len(c.Status.Conditions) == 0 {
		return
	}
	kind, note := corev1.EventTypeNormal, "Kubernetes "+kept.Status.Version
	if !kept.Status.Connected() {
		kind, note = corev1.EventTypeWarning, kept.Status.Error
	}
	r.recorder.Eventf(c, nil, kind, string(change), "Check", "%s", note)
}

// late returns a cluster that was not checked in time, "" if there is none. A
// check may take its deadline, and wait for a worker for as long.
func (r *reconciler) late(clusters []cluster.Cluster, now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range clusters {
		name := client.ObjectKeyFromObject(&clusters[i])
		if known := r.known[name]; known == nil || known.uid != clusters[i].UID || now.After(known.due.Add(2*r.options.Timeout)) {
			return name.String()
		}
	}
	return ""
}
