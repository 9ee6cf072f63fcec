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
	// Timeout is the deadline of one check.
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
	// retry is the time to the next check while failures are counted.
	retry = 3 * time.Second
	// maxBackoff is the longest time between checks of a cluster that is down.
	maxBackoff = time.Minute
)

// Reconciler checks clusters and writes their statuses.
type Reconciler struct {
	// Client reads Clusters from a cache and writes their statuses.
	Client client.Client
	// Secrets reads Secrets and ClusterProfiles, from no cache.
	Secrets secretsClient
	// Recorder takes an event for each change.
	Recorder events.EventRecorder
	Options  Options

	mu    sync.Mutex
	known map[types.NamespacedName]*record
}

// record is what is remembered of a cluster between two checks.
type record struct {
	uid  types.UID
	kept cluster.Kept
	// backoff grows while the cluster is down.
	backoff time.Duration
	// checked is when the last check ended, due when the next is to begin.
	checked, due time.Time
}

// Reconcile checks one cluster.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	c := new(cluster.Cluster)
	if err := r.Client.Get(ctx, req.NamespacedName, c); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(req.NamespacedName)
			return reconcile.Result{}, nil
		}
		return reconcile.Result{}, fmt.Errorf("read the cluster: %w", err)
	}
	known := r.record(req.NamespacedName, c)
	obs := r.observe(ctx, c)
	if ctx.Err() != nil {
		return reconcile.Result{}, context.Cause(ctx) // not what the cluster is like
	}
	obs.Status.ObservedGeneration = c.Generation
	checks.Inc()
	kept, change := cluster.Merge(known.kept, obs, cluster.MergePolicy{}, time.Now())
	if !reflect.DeepEqual(kept.Status, c.Status) {
		next := c.DeepCopy()
		next.Status = *kept.Status.DeepCopy()
		// An update, not a patch: the API server refuses it if somebody, such as
		// the leader that took over, has written since this object was read.
		if err := r.Client.Status().Update(ctx, next); err != nil {
			if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
				return reconcile.Result{RequeueAfter: time.Second}, nil // the cache lags behind
			}
			return reconcile.Result{}, fmt.Errorf("write the status: %w", err)
		}
		writes.Inc()
		r.report(c, kept, change)
	}
	return reconcile.Result{RequeueAfter: r.remember(known, kept)}, nil
}

// observe resolves a cluster. What keeps it from being resolved is its error.
func (r *Reconciler) observe(ctx context.Context, c *cluster.Cluster) cluster.Observation {
	ctx, cancel := context.WithTimeout(ctx, r.Options.Timeout)
	defer cancel()
	fail := func(err error) cluster.Observation {
		return cluster.Observation{Status: cluster.ClusterStatus{Error: err.Error()}}
	}
	src, err := r.source(ctx, c)
	if err != nil {
		return fail(err)
	}
	restricted := &kube.Restrictions{Networks: r.Options.Networks}
	for _, p := range r.Options.Providers {
		restricted.Plugins = append(restricted.Plugins, p)
	}
	resolver := kube.New(kube.Options{Config: src.config, Origin: src.origin, Restricted: restricted, Env: r.Options.Env})
	defer resolver.Close()
	k := c.Spec.Connection.Kubernetes
	obs, err := resolver.Resolve(ctx, cluster.Request{Name: c.Name, Connection: cluster.ClusterConnection{
		Kubernetes: &cluster.KubernetesClusterConnection{Context: k.Context, Namespace: k.Namespace},
	}})
	if err != nil {
		return fail(err)
	}
	return obs
}

// record returns what is remembered of c. The status on the hub is the one to go
// on from, whoever wrote it; a cluster that was created again is another.
func (r *Reconciler) record(name types.NamespacedName, c *cluster.Cluster) *record {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[types.NamespacedName]*record{}
	}
	known := r.known[name]
	if known == nil || known.uid != c.UID {
		known = &record{uid: c.UID}
		r.known[name] = known
	}
	known.kept.Status = *c.Status.DeepCopy()
	return known
}

// remember notes a check and returns the time to the next.
func (r *Reconciler) remember(known *record, kept cluster.Kept) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := r.Options.Interval
	switch {
	case kept.Failures == 0:
		known.backoff = 0
	case kept.Status.Connected():
		wait = min(retry, wait)
	default:
		known.backoff = min(max(2*known.backoff, wait), maxBackoff)
		wait = known.backoff
	}
	// A tenth more or less, so that checks spread out.
	wait += time.Duration((rand.Float64() - 0.5) / 5 * float64(wait))
	known.kept, known.checked = kept, time.Now()
	known.due = known.checked.Add(wait)
	return wait
}

func (r *Reconciler) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, name)
}

// report tells of a change by an event, which holds no more than the status.
func (r *Reconciler) report(c *cluster.Cluster, kept cluster.Kept, change cluster.Change) {
	if change == cluster.ChangeNone || change == cluster.ChangeFacts || r.Recorder == nil {
		return
	}
	kind, note := corev1.EventTypeNormal, "Kubernetes "+kept.Status.Version
	if !kept.Status.Connected() {
		kind, note = corev1.EventTypeWarning, kept.Status.Error
	}
	r.Recorder.Eventf(c, nil, kind, string(change), "Check", "%s", note)
}

// late returns a cluster that was not checked in time, "" if there is none. A
// check may take its deadline, and wait for a worker for as long.
func (r *Reconciler) late(clusters []cluster.Cluster, now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range clusters {
		name := client.ObjectKeyFromObject(&clusters[i])
		if known := r.known[name]; known == nil || known.uid != clusters[i].UID || now.After(known.due.Add(2*r.Options.Timeout)) {
			return name.String()
		}
	}
	return ""
}
