//go:build real

package fleet_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/controller/internal/fleet"
	"github.com/sextant-dev/sextant/controller/internal/manifests"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// A team's clusters, from the first status to a script that has no credential of
// them, by a controller with exactly the permissions that it prints.
func TestRealFleet(t *testing.T) {
	f := newFixture(t, "hub")
	prod := real.APIServer(t, "fleet-prod")
	prod.Apply(t, realcluster.LocalRegistryHosting("host: localhost:5000"), realcluster.Node("a", "arm64", nil))
	prodConfig, err := clientcmd.LoadFromFile(realcluster.Kubeconfig(t, prod.Context("prod", realcluster.AdminByToken)))
	if err != nil {
		t.Fatal(err)
	}
	dev := clustertest.NewKube(t, clustertest.KubeFacts{Name: "dev", Version: "v1.30.0"})
	f.add(t, "prod", map[string]string{"env": "prod"}, prodConfig)
	f.add(t, "dev", map[string]string{"env": "dev"}, dev.Kubeconfig())
	f.add(t, "lost", nil, nil)
	stop := f.run(t, 2*time.Second)

	f.await(t, "dev", 30*time.Second, "connected", connected)
	c, _ := f.await(t, "prod", 30*time.Second, "connected", connected)
	if s := c.Status; s.Version != "v1.36.3" || s.Arch != "arm64" || s.Registry == nil || s.Registry.Host != "localhost:5000" || s.Identity == "" || s.ObservedGeneration != c.Generation {
		t.Errorf("status of prod: %+v", s)
	}
	c, _ = f.await(t, "lost", 30*time.Second, "not connected", func(c *cluster.Cluster) bool { return c.Status.Error != "" })
	if want := "configuration in Secret team-a/lost-kubeconfig failed: not found"; !strings.HasPrefix(c.Status.Error, want) {
		t.Errorf("got %q, want %q", c.Status.Error, want)
	}
	table := f.api.Kubectl(t, "", "get", "sxc", "-n", team)
	if want := []string{"NAME", "CONNECTED", "PRODUCT", "VERSION", "ARCH", "REGISTRY", "SINCE"}; !cmp.Equal(want, strings.Fields(strings.SplitN(table, "\n", 2)[0])) {
		t.Errorf("kubectl get sxc prints\n%s", table)
	}

	// Nothing is written while nothing changes.
	versions := func() map[string]string {
		var all cluster.ClusterList
		if err := f.admin.List(t.Context(), &all, client.InNamespace(team)); err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		for _, c := range all.Items {
			m[c.Name] = c.ResourceVersion
		}
		return m
	}
	before := versions()
	time.Sleep(10 * time.Second)
	if diff := cmp.Diff(before, versions()); diff != "" {
		t.Errorf("statuses were written in steady state (-before +after):\n%s", diff)
	}

	// A reader with the Role that is printed for it, and nothing else.
	f.api.Kubectl(t, "", "create", "rolebinding", "readers", "-n", team, "--role="+manifests.ReaderRole, "--group=developers")
	k := kube.New(kube.Options{Kubeconfig: realcluster.Kubeconfig(t, f.api.Context("hub", realcluster.LimitedByToken)), Env: []string{}})
	defer k.Close()
	started := time.Now()
	h, err := hub.Open(t.Context(), k, hub.Ref{Namespace: team})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a reader has the clusters after %s", time.Since(started).Round(time.Millisecond))
	if w := h.Warnings(); len(w) > 0 {
		t.Errorf("warnings: %v", w)
	}
	obs, err := h.Resolve(t.Context(), cluster.Request{Name: "prod", Connection: cluster.ClusterConnection{Kubernetes: new(cluster.KubernetesClusterConnection)}})
	if err != nil || !obs.Status.Connected() || obs.Status.Arch != "arm64" {
		t.Errorf("the reader's prod: %v, %+v", err, obs)
	}

	// A rotated Secret is in use at once, not after the next failure.
	next := clustertest.NewKube(t, clustertest.KubeFacts{Name: "dev", Version: "v1.31.0"})
	f.kubeconfig(t, "dev", next.Kubeconfig())
	f.await(t, "dev", 2*time.Second, "read with its new Secret", func(c *cluster.Cluster) bool { return c.Status.Version == "v1.31.0" })

	// Another controller takes over when the leader ends. An outage shows then.
	other := f.run(t, fleet.DefaultInterval)
	first := f.leader(t)
	stop()
	f.follow(t, first, slack*afterTerm, "the end of the leader")
	next.Close()
	down, _ := f.await(t, "dev", 45*time.Second, "not connected", func(c *cluster.Cluster) bool { return !c.Status.Connected() })
	if down.Status.Version != "v1.31.0" || down.Status.ConnectedAt == nil {
		t.Errorf("what was known of dev is lost: %+v", down.Status)
	}

	// An old leader that was paused writes what it read before: refused.
	stale := down.DeepCopy()
	down.Status.Version = "newer"
	if err := f.admin.Status().Update(t.Context(), down); err != nil {
		t.Fatal(err)
	}
	if err := f.admin.Status().Update(t.Context(), stale); !apierrors.IsConflict(err) {
		t.Errorf("a stale status was written: %v", err)
	}
	other()
}

// Hostile kubeconfigs reach nothing and leak nothing.
func TestRealAttacks(t *testing.T) {
	f := newFixture(t, "hub")
	target := clustertest.NewKube(t, clustertest.KubeFacts{})
	plugin := faults.GoodPlugin(t)
	exec := &clientcmdapi.ExecConfig{Command: plugin.Path, APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: clientcmdapi.NeverExecInteractiveMode}
	attacks := map[string]func(*clientcmdapi.Config){
		"exec":        func(c *clientcmdapi.Config) { c.AuthInfos["test"] = &clientcmdapi.AuthInfo{Exec: exec} },
		"token-file":  func(c *clientcmdapi.Config) { c.AuthInfos["test"].TokenFile = "/etc/passwd" },
		"certificate": func(c *clientcmdapi.Config) { c.AuthInfos["test"].ClientCertificate = "/etc/passwd" },
		"http": func(c *clientcmdapi.Config) {
			c.Clusters["test"].Server = strings.Replace(target.URL, "https", "http", 1)
		},
		"as":       func(c *clientcmdapi.Config) { c.AuthInfos["test"].Impersonate = "system:admin" },
		"metadata": func(c *clientcmdapi.Config) { c.Clusters["test"].Server = "https://169.254.169.254" },
		"proxy":    func(c *clientcmdapi.Config) { c.Clusters["test"].ProxyURL = "http://169.254.169.254" },
	}
	for name, attack := range attacks {
		config := target.Kubeconfig()
		attack(config)
		f.add(t, "attack-"+name, nil, config)
	}
	f.run(t, time.Second)
	for name := range attacks {
		c, _ := f.await(t, "attack-"+name, 30*time.Second, "refused", func(c *cluster.Cluster) bool { return c.Status.Error != "" })
		if !strings.HasPrefix(c.Status.Error, "configuration in Secret team-a/attack-"+name+"-kubeconfig failed: ") || strings.Contains(c.Status.Error, "root:") {
			t.Errorf("%s: %s", name, c.Status.Error)
		}
	}
	if n, calls := target.Connections(), plugin.Calls(t); n > 0 || len(calls) > 0 {
		t.Errorf("%d connections, the plugin ran %d times", n, len(calls))
	}
}

// The schema on the API server and Validate in Go agree, for a table of cases and
// for what chance makes of them.
func TestRealSchemaAgrees(t *testing.T) {
	f := newFixture(t, "hub")
	agree := func(c *cluster.Cluster) {
		t.Helper()
		c.Namespace = team
		want := hub.Validate(c)
		err := f.admin.Create(t.Context(), c.DeepCopy(), client.DryRunAll)
		if (len(want) == 0) != (err == nil) {
			t.Errorf("spec %+v of %q\nValidate: %v\nAPI server: %v", show(c), c.Name, want, err)
		}
	}
	kubernetes := func(k cluster.KubernetesClusterConnection) cluster.ClusterSpec {
		return cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &k}}
	}
	specs := []cluster.ClusterSpec{
		{},
		{Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}}},
		{Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}, Kubernetes: &cluster.KubernetesClusterConnection{}}},
		kubernetes(cluster.KubernetesClusterConnection{}),
		kubernetes(cluster.KubernetesClusterConnection{Context: "a b", Namespace: "x"}),
		kubernetes(cluster.KubernetesClusterConnection{SecretRef: &cluster.SecretReference{}, ClusterProfileRef: &cluster.ClusterProfileReference{Name: "p"}}),
		kubernetes(cluster.KubernetesClusterConnection{Context: "c", ClusterProfileRef: &cluster.ClusterProfileReference{Name: "p"}}),
	}
	for _, name := range []string{"", "a", "a.b", "a..b", "A", "-a", "a-", "a/b", "ä", strings.Repeat("a", 253), strings.Repeat("a", 254), "a.b.c-d"} {
		specs = append(specs,
			kubernetes(cluster.KubernetesClusterConnection{SecretRef: &cluster.SecretReference{Name: name}}),
			kubernetes(cluster.KubernetesClusterConnection{ClusterProfileRef: &cluster.ClusterProfileReference{Name: name}}))
	}
	for _, key := range []string{"", "value", "tls.crt", ".", "..", "..a", ".a", "a b", "a/b", "_", strings.Repeat("k", 253), strings.Repeat("k", 254)} {
		specs = append(specs, kubernetes(cluster.KubernetesClusterConnection{SecretRef: &cluster.SecretReference{Key: key}}))
	}
	hosts := []string{
		"", "foo", "foo/bar/baz", "docker.io", "docker.io/me", "index.docker.io", "index.docker.io/me", "docker.io:443", "https://gcr.io/foo",
		"localhost", "localhost:5000", "localhost/x", "gcr.io/foo", "gcr.io/Foo", "gcr.io/", "gcr.io//a", "[::1]:5000", "[::1]", "::1", "Foo", "Foo/bar",
		"foo:5000/a/b", "foo:port", "a..b", "a.b:1:2", "a_b.c", "-a.b", "a-.b", "a.b/c_d/e__f/g--h/i.j", "a.b/c___d", "a.b/_c", "a.b/c:tag", "a.b/c@sha256:0",
		"gcr.io/" + strings.Repeat("a", 253), "gcr.io/" + strings.Repeat("a", 254), strings.Repeat("a.", 260) + "b", "docker.io/library", "index.docker.io.test", " a.b", "a.b\n",
	}
	for _, host := range hosts {
		for i := range 3 {
			r := &cluster.RegistryHosting{Host: "ok.test"}
			*[]*string{&r.Host, &r.HostFromClusterNetwork, &r.HostFromContainerRuntime}[i] = host
			spec := kubernetes(cluster.KubernetesClusterConnection{})
			spec.DefaultRegistry = r
			specs = append(specs, spec)
		}
	}
	for _, name := range []string{"", "a", "a/b", "a/b:tag", "A", "a//b", "/a", strings.Repeat("a", 255), strings.Repeat("a", 256), "a@b"} {
		spec := kubernetes(cluster.KubernetesClusterConnection{})
		spec.DefaultRegistry = &cluster.RegistryHosting{Host: "ok.test", SingleName: name}
		specs = append(specs, spec)
	}
	for _, spec := range specs {
		agree(&cluster.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Spec: spec})
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d cases of the table", seed, len(specs))
	random := rand.New(rand.NewPCG(seed, 0))
	const alphabet = "aaabzAZ059..//::--__[]@ ü"
	letters := []rune(alphabet)
	text := func() string {
		n := random.IntN(12)
		var b strings.Builder
		if random.IntN(2) == 0 {
			b.WriteString(hosts[random.IntN(len(hosts))])
			n = random.IntN(3)
		}
		for range n {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	for range 1500 {
		spec := kubernetes(cluster.KubernetesClusterConnection{SecretRef: &cluster.SecretReference{}})
		spec.DefaultRegistry = &cluster.RegistryHosting{Host: "ok.test"}
		k, r := spec.Connection.Kubernetes, spec.DefaultRegistry
		*[]*string{&k.SecretRef.Name, &k.SecretRef.Key, &r.Host, &r.HostFromClusterNetwork, &r.HostFromContainerRuntime, &r.SingleName}[random.IntN(6)] = text()
		agree(&cluster.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Spec: spec})
	}
}

func show(c *cluster.Cluster) string {
	return fmt.Sprintf("%+v %+v %+v", c.Spec.Connection, c.Spec.Connection.Kubernetes, c.Spec.DefaultRegistry)
}
