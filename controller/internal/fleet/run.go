package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/hub"
)

var (
	checks = prometheus.NewCounter(prometheus.CounterOpts{Name: "sextant_checks_total", Help: "Checks of clusters."})
	writes = prometheus.NewCounter(prometheus.CounterOpts{Name: "sextant_status_writes_total", Help: "Statuses written."})
)

// RunOptions are how a controller runs.
type RunOptions struct {
	Options
	// Watched are the namespaces whose clusters are checked.
	Watched []string
	// Workers is how many clusters are resolved at the same time, but for those that
	// do not answer.
	Workers int
	// Metrics and Health are addresses to serve on; "0" is not to.
	Metrics, Health string
}

const (
	// ElectionName is the name of the leader election's Lease.
	ElectionName = "sextant-controller"
	// A leader that is killed is replaced within leaseDuration and one try; one
	// that ends releases the Lease, and is replaced at the next try. A leader ends
	// when the hub has been too slow to renew the Lease for renewDeadline, so that
	// is as long as a failover within ten seconds allows.
	leaseDuration = 8 * time.Second
	renewDeadline = 6500 * time.Millisecond
	retryPeriod   = time.Second

	controllerName = "cluster"

	// secretIndex is the index of clusters by the name of their Secret. Without it,
	// a thousand Secrets would each be looked for among a thousand clusters.
	secretIndex = "secret"
)

// Run runs the controller until ctx is done.
func Run(ctx context.Context, config *rest.Config, o RunOptions) error {
	m, err := newManager(config, o)
	if err != nil {
		return err
	}
	for _, c := range []prometheus.Collector{checks, writes} {
		if err := metrics.Registry.Register(c); err != nil && !isRegistered(err) {
			return err
		}
	}
	r := &reconciler{
		client: m.GetClient(), metadata: m.GetCache(), secrets: m.GetAPIReader(),
		recorder: m.GetEventRecorder(ElectionName), options: o.Options, turns: make(chan struct{}, o.Workers),
	}
	defer r.Close()
	if err := r.register(ctx, m, o.Workers); err != nil {
		return fmt.Errorf("set up the controller: %w", err)
	}
	direct, err := client.New(m.GetConfig(), client.Options{Scheme: m.GetScheme(), HTTPClient: m.GetHTTPClient()})
	if err != nil {
		return fmt.Errorf("connect to the hub: %w", err)
	}
	if err := m.Add(&freshness{reconciler: r, client: m.GetClient(), leases: direct}); err != nil {
		return err
	}
	for _, add := range []func(string, healthz.Checker) error{m.AddHealthzCheck, m.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return err
		}
	}
	return m.Start(ctx)
}

// newManager returns a manager that has a cache, a leader election and its servers, and
// runs nothing yet.
func newManager(config *rest.Config, o RunOptions) (manager.Manager, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := cluster.AddToScheme(scheme); err != nil {
		return nil, err
	}
	namespaces := map[string]cache.Config{}
	for _, n := range o.Watched {
		namespaces[n] = cache.Config{}
	}
	duration, deadline, period := leaseDuration, renewDeadline, retryPeriod
	m, err := manager.New(config, manager.Options{
		Scheme:                  scheme,
		Cache:                   cache.Options{DefaultNamespaces: namespaces, DefaultTransform: slim},
		Metrics:                 metricsserver.Options{BindAddress: o.Metrics},
		HealthProbeBindAddress:  o.Health,
		LeaderElection:          true,
		LeaderElectionID:        ElectionName,
		LeaderElectionNamespace: hub.Namespace,
		// The process ends when Run returns.
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &duration,
		RenewDeadline:                 &deadline,
		RetryPeriod:                   &period,
		// Nothing but Clusters and the metadata of Secrets is ever cached.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("connect to the hub: %w", err)
	}
	return m, nil
}

// register has a manager call Reconcile when a Cluster or its Secret changes.
func (r *reconciler) register(ctx context.Context, m manager.Manager, workers int) error {
	err := m.GetFieldIndexer().IndexField(ctx, &cluster.Cluster{}, secretIndex, func(o client.Object) []string {
		return []string{secretName(o.(*cluster.Cluster))}
	})
	if err != nil {
		return err
	}
	skip := true // several controllers in one process, as in tests, may have the same name
	return builder.ControllerManagedBy(m).
		Named(controllerName).
		For(&cluster.Cluster{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.users), builder.WithPredicates(predicate.Funcs{
			UpdateFunc: func(e event.UpdateEvent) bool {
				return e.ObjectOld.GetResourceVersion() != e.ObjectNew.GetResourceVersion()
			},
		})).
		WithOptions(controller.Options{MaxConcurrentReconciles: waitingPerTurn * workers, SkipNameValidation: &skip}).
		Complete(r)
}

func isRegistered(err error) bool {
	_, ok := err.(prometheus.AlreadyRegisteredError)
	return ok
}

// slim removes what nobody reads from what is cached. Of a Secret's metadata that is
// all but its name and version: kubectl apply keeps the whole Secret in an annotation.
func slim(object any) (any, error) {
	if secret, ok := object.(*metav1.PartialObjectMetadata); ok {
		secret.ObjectMeta = metav1.ObjectMeta{
			Namespace: secret.Namespace, Name: secret.Name, UID: secret.UID, ResourceVersion: secret.ResourceVersion,
		}
		return secret, nil
	}
	return cache.TransformStripManagedFields()(object)
}

// users returns the clusters that a Secret is the kubeconfig of.
func (r *reconciler) users(ctx context.Context, secret client.Object) []reconcile.Request {
	var found cluster.ClusterList
	err := r.client.List(ctx, &found, client.InNamespace(secret.GetNamespace()),
		client.MatchingFields{secretIndex: secret.GetName()}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil // the cache has no such error; the next check finds the change all the same
	}
	var requests []reconcile.Request
	for i := range found.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&found.Items[i])})
	}
	return requests
}
