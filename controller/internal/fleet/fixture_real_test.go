//go:build real

package fleet_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/controller/internal/fleet"
	"github.com/sextant-dev/sextant/controller/internal/manifests"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

const team = "team-a"

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// fixture is a hub with everything that sextant-controller manifests prints.
type fixture struct {
	api   *realcluster.APIServer
	admin client.Client
	// controller connects as the controller's ServiceAccount, with its
	// permissions and no others.
	controller *rest.Config
}

func newFixture(t *testing.T, name string) *fixture {
	t.Helper()
	api := real.APIServer(t, name)
	text, err := manifests.All(manifests.Options{Image: "sextant-controller:test", Watched: []string{team}})
	if err != nil {
		t.Fatal(err)
	}
	namespaces := "{apiVersion: v1, kind: Namespace, metadata: {name: " + team + "}}\n"
	api.Kubectl(t, namespaces, "apply", "-f", "-")
	api.Kubectl(t, string(text), "apply", "-f", "-")
	api.Kubectl(t, "", "wait", "--for=condition=Established", "crd/clusters.tilt.dev", "--timeout=30s")
	// Of the test before on the same hub.
	api.Kubectl(t, "", "delete", "sxc,secrets,events.events.k8s.io", "--all", "-n", team)
	config, err := clientcmd.BuildConfigFromFlags("", realcluster.Kubeconfig(t, api.Context("admin", realcluster.Admin)))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Burst = 500, 500
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	if err := cluster.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	as := rest.CopyConfig(config)
	as.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + hub.Namespace + ":" + manifests.Account,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + hub.Namespace, "system:authenticated"},
	}
	return &fixture{api, admin, as}
}

// run starts a controller; what it returns ends it and waits.
func (f *fixture) run(t *testing.T, interval time.Duration) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		err := fleet.Run(ctx, f.controller, fleet.RunOptions{
			Options: fleet.Options{Interval: interval, Timeout: fleet.DefaultTimeout, Networks: loopback, Env: []string{"PATH=/usr/bin:/bin"}},
			Watched: []string{team}, Workers: 16, Metrics: "0", Health: "0",
		})
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return stop
}

// add keeps a cluster on the hub, with its kubeconfig.
func (f *fixture) add(t *testing.T, name string, labels map[string]string, config *clientcmdapi.Config) {
	t.Helper()
	if err := f.create(t.Context(), name, labels, config); err != nil {
		t.Fatal(err)
	}
}

// create is add for other goroutines than the test's.
func (f *fixture) create(ctx context.Context, name string, labels map[string]string, config *clientcmdapi.Config) error {
	if config != nil {
		if err := f.writeSecret(ctx, name, config); err != nil {
			return err
		}
	}
	return f.admin.Create(ctx, &cluster.Cluster{
		ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: name, Labels: labels},
		Spec:       cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}},
	})
}

// kubeconfig writes the Secret of a cluster.
func (f *fixture) kubeconfig(t *testing.T, name string, config *clientcmdapi.Config) {
	t.Helper()
	if err := f.writeSecret(t.Context(), name, config); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) writeSecret(ctx context.Context, name string, config *clientcmdapi.Config) error {
	text, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: name + "-kubeconfig"}, Data: map[string][]byte{"value": text},
	}
	err = f.admin.Create(ctx, secret)
	if apierrors.IsAlreadyExists(err) {
		return f.admin.Update(ctx, secret)
	}
	return err
}

// await returns a cluster once f reports true for it, and how long that took.
func (f *fixture) await(t *testing.T, name string, within time.Duration, what string, done func(*cluster.Cluster) bool) (*cluster.Cluster, time.Duration) {
	t.Helper()
	started := time.Now()
	c := new(cluster.Cluster)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for ; ; <-ticker.C {
		if err := f.admin.Get(t.Context(), types.NamespacedName{Namespace: team, Name: name}, c); err != nil {
			t.Fatal(err)
		}
		took := time.Since(started)
		if done(c) {
			t.Logf("%s: %s after %s", name, what, took.Round(10*time.Millisecond))
			return c, took
		}
		if took > within {
			t.Fatalf("%s: not %s within %s: %+v", name, what, within, c.Status)
		}
	}
}

func connected(c *cluster.Cluster) bool { return c.Status.Connected() }
