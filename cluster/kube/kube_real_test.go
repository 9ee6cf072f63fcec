//go:build real && unix

package kube_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
	"github.com/sextant-dev/sextant/internal/test/realcluster/kubeconfig"
)

// seeded is a real API server with three nodes, a registry, and a group that
// may read the latter.
func seeded(t *testing.T) *realcluster.APIServer {
	t.Helper()
	api := real.APIServer(t, "kube-seeded")
	api.Apply(t, append(realcluster.Developers(),
		realcluster.LocalRegistryHosting("host: localhost:5000\nhostFromContainerRuntime: registry:5000\nhelp: https://example.test/help"),
		realcluster.Node("a", "amd64", nil), realcluster.Node("b", "amd64", nil), realcluster.Node("c", "arm64", nil),
	)...)
	return api
}

func resolveEntries(t *testing.T, kubeContext string, entries ...kubeconfig.Entry) cluster.Observation {
	t.Helper()
	file := realcluster.Kubeconfig(t, entries...)
	return resolveWith(t, kube.Options{Kubeconfig: file, Env: []string{}}, kubeContext, 30*time.Second)
}

func TestRealUsers(t *testing.T) {
	api := seeded(t)
	registry := &cluster.RegistryHosting{Host: "localhost:5000", HostFromContainerRuntime: "registry:5000", Help: "https://example.test/help"}
	all := cluster.ClusterStatus{
		Arch: "amd64", Architectures: []string{"amd64", "arm64"}, ArchReason: "mixed",
		Registry: registry, RegistrySource: "configmap",
	}
	limited := cluster.ClusterStatus{Arch: "unknown", ArchReason: "forbidden", Registry: registry, RegistrySource: "configmap"}
	for _, tc := range []struct {
		as   realcluster.As
		want cluster.ClusterStatus
	}{
		{realcluster.Admin, all},
		{realcluster.AdminByToken, all},
		{realcluster.Limited, limited},
		{realcluster.LimitedByToken, limited},
		{realcluster.Anonymous, cluster.ClusterStatus{Arch: "unknown", ArchReason: "forbidden", RegistrySource: "none", RegistryReason: "forbidden"}},
		{realcluster.BadToken, cluster.ClusterStatus{
			Error: `request to https://ADDR failed: the server answered 401 Unauthorized to user "bad-token"; renew the credentials of user "bad-token" in DIR/kubeconfig`}},
		{realcluster.ExpiredCert, cluster.ClusterStatus{
			Error: `request to https://ADDR failed: the server answered 401 Unauthorized to user "expired"; renew the client certificate of user "expired" in DIR/kubeconfig, which expired on 2020-01-02`}},
	} {
		t.Run(string(tc.as), func(t *testing.T) {
			entry := api.Context("ctx", tc.as)
			entry.Cluster.Name, entry.Namespace = "kind-real", "team"
			entry.Context = "kind-real"
			obs := resolveEntries(t, "kind-real", entry)
			want := tc.want
			want.Endpoint, want.ProductReason = api.URL, "kubeconfig"
			if want.Error == "" {
				want.Version = "v1.36.3"
			}
			want.Connection = &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{
				Context: "kind-real", Cluster: "kind-real", Namespace: "team", Product: "kind",
			}}
			got := obs.Status
			got.Error = masked(got.Error)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(cluster.ClusterStatus{}, "ConnectedAt", "Identity")); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if admin := tc.as == realcluster.Admin || tc.as == realcluster.AdminByToken; admin != (len(got.Identity) == 36) {
				t.Errorf("identity %q", got.Identity)
			}
			if obs.Status.Connected() != (tc.want.Error == "") {
				t.Errorf("connected at %v", obs.Status.ConnectedAt)
			}
			roundTrip(t, obs)
		})
	}
}

// roundTrip holds the printed list to come back the same, strictly, through
// sigs.k8s.io/yaml and through the registered scheme.
func roundTrip(t *testing.T, obs cluster.Observation) {
	t.Helper()
	d := cluster.Declaration{Name: "real", Spec: cluster.ClusterSpec{Connection: request("kind-real").Connection}}
	list := cluster.NewList([]cluster.Cluster{d.Object(obs)})
	text, err := yaml.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	equalTimes := cmp.Comparer(func(a, b metav1.MicroTime) bool { return a.Time.Equal(b.Time) })
	again, err := cluster.ParseList("c.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list, again, equalTimes); diff != "" {
		t.Errorf("through YAML (-want +got):\n%s", diff)
	}
	scheme := runtime.NewScheme()
	if err := cluster.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	decoded, _, err := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer().Decode(text, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(runtime.Object(list), decoded, equalTimes); diff != "" {
		t.Errorf("through the scheme (-want +got):\n%s", diff)
	}
}

// A server's own version identifies GKE and EKS if the names do not.
func TestRealProduct(t *testing.T) {
	for name, version := range map[string]string{"gke": "v1.36.3-gke.1000", "eks": "v1.36.3-eks-1234"} {
		t.Run(name, func(t *testing.T) {
			api := real.APIServer(t, "kube-"+name, "--version="+version)
			entry := api.Context("prod", realcluster.Admin)
			obs := resolveEntries(t, "", entry)
			if !obs.Status.Connected() {
				t.Fatal(obs.Status.Error)
			}
			got := []string{obs.Status.Version, obs.Status.Connection.Kubernetes.Product, obs.Status.ProductReason}
			if diff := cmp.Diff([]string{version, name, "server-version"}, got); diff != "" {
				t.Errorf("version, product, reason (-want +got):\n%s", diff)
			}
		})
	}
}

// A real API server answers by way of a plugin's token, a proxy, and a name
// that its certificate has.
func TestRealWays(t *testing.T) {
	api := seeded(t)
	plugin := faults.GoodPlugin(t)
	byPlugin := api.Context("plugin", realcluster.Anonymous)
	byPlugin.User = kubeconfig.User{Name: "plugin", Exec: &kubeconfig.Exec{Command: plugin.Path}}
	proxy := faults.Proxy(t)
	byProxy := api.Context("proxy", realcluster.Admin)
	byProxy.Cluster.Server, byProxy.Cluster.ProxyURL = named(api.URL), proxy.URL
	byName := api.Context("name", realcluster.Admin)
	byName.Cluster.TLSServerName = "kubernetes.default.svc"
	wrongCA := api.Context("wrong-ca", realcluster.Admin)
	wrongCA.Cluster.CA = faults.Certificates(t).OtherCA.PEM
	file := realcluster.Kubeconfig(t, byPlugin, byProxy, byName, wrongCA)
	for _, kubeContext := range []string{"plugin", "proxy", "name"} {
		obs := resolveWith(t, kube.Options{Kubeconfig: file, Env: []string{path}}, kubeContext, 30*time.Second)
		if obs.Status.Version != "v1.36.3" || obs.Status.Arch != "amd64" {
			t.Errorf("%s: %+v", kubeContext, obs.Status)
		}
	}
	obs := resolveWith(t, kube.Options{Kubeconfig: file, Env: []string{}}, "wrong-ca", 30*time.Second)
	if !strings.Contains(obs.Status.Error, "signed by an unknown authority") {
		t.Errorf("wrong-ca: %q", obs.Status.Error)
	}
	if n := proxy.Connections(); n != 1 {
		t.Errorf("%d connections to the proxy, want 1", n)
	}
}

// An API server closes the connection of a user it does not know with each
// answer. Two thousand runs, four at a time, have one result.
func TestRealAnonymousOneResult(t *testing.T) {
	api := seeded(t)
	file := realcluster.Kubeconfig(t, api.Context("anonymous", realcluster.Anonymous), api.Context("bad-token", realcluster.BadToken))
	for kubeContext, want := range map[string]string{"anonymous": "", "bad-token": "the server answered 401 Unauthorized to user "} {
		const runs, atATime = 2000, 4
		results := map[string]int{}
		var mu sync.Mutex
		var running sync.WaitGroup
		for range atATime {
			running.Go(func() {
				for range runs / atATime {
					status := resolveWith(t, kube.Options{Kubeconfig: file, Env: []string{}}, kubeContext, 30*time.Second).Status
					if want == "" && !status.Connected() || !strings.Contains(status.Error, want) {
						t.Errorf("%s: connected %t: %s", kubeContext, status.Connected(), status.Error)
					}
					status.ConnectedAt = nil
					text, err := yaml.Marshal(status)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					results[string(text)]++
					mu.Unlock()
				}
			})
		}
		running.Wait()
		if len(results) != 1 {
			t.Errorf("%s: %d results: %v", kubeContext, len(results), results)
		}
	}
}
