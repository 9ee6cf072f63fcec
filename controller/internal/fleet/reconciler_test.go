package fleet

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// hubOf is a hub without a server that holds one cluster, "a", and its Secret.
type hubOf struct {
	t *testing.T
	client.Client
	reconciler *reconciler
	// writes counts the statuses that were written. If it is contested, somebody
	// else always writes first.
	writes    int
	contested bool
}

var (
	nameOfA      = types.NamespacedName{Namespace: "team", Name: "a"}
	nameOfSecret = types.NamespacedName{Namespace: "team", Name: "a-kubeconfig"}
)

func newHub(t *testing.T, server *clustertest.Kube) *hubOf {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, cluster.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	h := &hubOf{t: t}
	h.Client = fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&cluster.Cluster{}).
		WithObjects(newCluster("1"), newSecret(t, server)).
		WithInterceptorFuncs(interceptor.Funcs{SubResourceUpdate: func(ctx context.Context, c client.Client, name string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			if h.contested {
				return apierrors.NewConflict(schema.GroupResource{Resource: "clusters"}, o.GetName(), nil)
			}
			h.writes++
			return c.SubResource(name).Update(ctx, o, opts...)
		}}).Build()
	h.reconciler = &reconciler{
		client: h, metadata: h, secrets: h, recorder: events.NewFakeRecorder(100), turns: make(chan struct{}, 1),
		options: Options{Interval: DefaultInterval, Timeout: time.Minute, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}
	t.Cleanup(h.reconciler.Close)
	return h
}

func newCluster(uid types.UID) *cluster.Cluster {
	return &cluster.Cluster{
		ObjectMeta: metav1.ObjectMeta{Namespace: nameOfA.Namespace, Name: nameOfA.Name, UID: uid, Generation: 1},
		Spec:       cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}},
	}
}

// newSecret holds a good kubeconfig, and under the key large one that is longer than
// any, and none.
func newSecret(t *testing.T, server *clustertest.Kube) *corev1.Secret {
	t.Helper()
	kubeconfig, err := clientcmd.Write(*server.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: nameOfSecret.Namespace, Name: nameOfSecret.Name},
		Data:       map[string][]byte{"value": kubeconfig, "large": append(kubeconfig, strings.Repeat("\x00", 1<<20)...)},
	}
}

// check checks the cluster once, and describes what is known of it then.
func (h *hubOf) check() string {
	h.t.Helper()
	result, err := h.reconciler.Reconcile(h.t.Context(), reconcile.Request{NamespacedName: nameOfA})
	if err != nil {
		h.t.Fatal(err)
	}
	c := new(cluster.Cluster)
	if err := h.Get(h.t.Context(), nameOfA, c); apierrors.IsNotFound(err) {
		return fmt.Sprintf("gone, next %t", result.RequeueAfter > 0)
	}
	text := fmt.Sprintf("connected %t, generation %d, writes %d", c.Status.Connected(), c.Status.ObservedGeneration, h.writes)
	if result.RequeueAfter <= 0 {
		text += ", and no next check"
	}
	return text
}

// change edits the cluster, as its owner does.
func (h *hubOf) change(generation int64, f func(*cluster.Cluster)) {
	h.t.Helper()
	c := new(cluster.Cluster)
	if err := h.Get(h.t.Context(), nameOfA, c); err != nil {
		h.t.Fatal(err)
	}
	f(c)
	c.Generation = generation
	if err := h.Update(h.t.Context(), c); err != nil {
		h.t.Fatal(err)
	}
}

// TestReconcile has a hub change in all ways that a controller meets. Every line is one
// check.
func TestReconcile(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Token: "secret"})
	h := newHub(t, server)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		name   string
		change func()
		want   []string
	}{
		{"at first", func() {}, []string{
			"connected true, generation 1, writes 1",
			"connected true, generation 1, writes 1",
		}},
		{"the Secret is deleted while somebody else writes", func() {
			must(h.Delete(ctx, newSecret(t, server)))
			h.contested = true
		}, []string{
			"connected true, generation 1, writes 1",
			"connected true, generation 1, writes 1",
			"connected true, generation 1, writes 1",
			"connected true, generation 1, writes 1",
		}},
		{"nobody else writes", func() { h.contested = false }, []string{
			"connected false, generation 1, writes 2",
			"connected false, generation 1, writes 2",
		}},
		{"the Secret is back", func() { must(h.Create(ctx, newSecret(t, server))) }, []string{
			"connected true, generation 1, writes 3",
			"connected true, generation 1, writes 3",
		}},
		{"another key, with one that is too large for a kubeconfig", func() {
			h.change(2, func(c *cluster.Cluster) {
				c.Spec.Connection.Kubernetes.SecretRef = &cluster.SecretReference{Key: "large"}
			})
		}, []string{
			"connected true, generation 1, writes 3",
			"connected true, generation 1, writes 3",
			"connected false, generation 2, writes 4",
		}},
		{"the first key", func() {
			h.change(3, func(c *cluster.Cluster) { c.Spec.Connection.Kubernetes.SecretRef = nil })
		}, []string{
			"connected true, generation 3, writes 5",
		}},
		{"created again", func() {
			must(h.Delete(ctx, newCluster("1")))
			must(h.Create(ctx, newCluster("2")))
		}, []string{
			"connected true, generation 1, writes 6",
		}},
		{"deleted", func() { must(h.Delete(ctx, newCluster("2"))) }, []string{"gone, next false"}},
	} {
		step.change()
		for i, want := range step.want {
			if got := h.check(); got != want {
				t.Errorf("%s, check %d: %s, want %s", step.name, i+1, got, want)
			}
		}
	}
}

// A fact that could not be read is asked for at the next check, and not when all is
// refreshed.
func TestReconcileIncomplete(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	h := newHub(t, clustertest.NewKube(t, clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("host: localhost:5000\n"), Fault: func(w http.ResponseWriter, r *http.Request) bool {
		if broken.Load() && r.URL.Path == "/api/v1/nodes" {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	}}))
	for i, want := range []string{cluster.ArchUnknown, cluster.ArchUnknown, "amd64"} {
		broken.Store(i < 2)
		h.check()
		c := new(cluster.Cluster)
		if err := h.Get(t.Context(), nameOfA, c); err != nil {
			t.Fatal(err)
		}
		if c.Status.Arch != want {
			t.Errorf("check %d: architecture %s (%s), want %s", i+1, c.Status.Arch, c.Status.ArchReason, want)
		}
	}
}

// As many clusters are resolved at the same time as there are turns; one that takes
// long does not count, and one that ends returns its turn once.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reconciler{turns: make(chan struct{}, 1)}
		began := time.Now()
		slow, err := r.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second, err := r.turn(t.Context()) // once the first no longer counts
		if waited := time.Since(began); err != nil || waited != longTurn {
			t.Errorf("the second waited for %s, %v, want %s", waited, err, longTurn)
		}
		slow()
		ctx, cancel := context.WithTimeout(t.Context(), longTurn/2)
		defer cancel()
		if _, err := r.turn(ctx); err == nil {
			t.Error("a third while the second is under way")
		}
		second()
		began = time.Now()
		third, err := r.turn(t.Context())
		if waited := time.Since(began); err != nil || waited != 0 {
			t.Errorf("the third waited for %s, %v", waited, err)
		}
		third()
	})
}
