//go:build real && linux

package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/test/certs"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// hubFixture is a hub of its own, whose servers a test may pause and stop, with
// clusters in namespace team-a that the group developers may read.
type hubFixture struct {
	etcd *realcluster.Etcd
	api  *realcluster.APIServer
	// kubeconfig is of one of the developers, admin the administrator.
	kubeconfig string
	admin      *http.Client
}

const hubRole = "sextant-reader" // as sextant-controller manifests prints it

func newHub(t *testing.T) *hubFixture {
	t.Helper()
	site := realcluster.Start(t)
	h := &hubFixture{etcd: site.Etcd(t), api: site.APIServer(t, "hub")}
	h.kubeconfig = realcluster.Kubeconfig(t, h.api.Context("hub", realcluster.LimitedByToken))
	set := site.Certificates(t)
	pair, err := set.Admin.TLS()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: set.CA.Pool(), Certificates: []tls.Certificate{pair}}, MaxIdleConnsPerHost: 8}
	t.Cleanup(transport.CloseIdleConnections)
	h.admin = &http.Client{Transport: transport}
	crd, err := os.ReadFile("../../../controller/internal/manifests/tilt.dev_clusters.yaml")
	if err != nil {
		t.Fatal(err)
	}
	h.api.Kubectl(t, string(crd), "apply", "-f", "-")
	h.api.Kubectl(t, "", "wait", "--for=condition=Established", "crd/clusters.tilt.dev", "--timeout=30s")
	for _, ns := range []string{"team-a", "sextant-system"} {
		h.api.Kubectl(t, "", "create", "namespace", ns)
	}
	h.api.Kubectl(t, "", "create", "role", hubRole, "-n", "team-a", "--verb=get,list", "--resource=clusters.tilt.dev")
	h.api.Kubectl(t, "", "create", "rolebinding", "readers", "-n", "team-a", "--role="+hubRole, "--group="+certs.DevelopersGroup)
	h.api.Kubectl(t, "", "create", "role", hubRole, "-n", "sextant-system", "--verb=get", "--resource=leases.coordination.k8s.io")
	h.api.Kubectl(t, "", "create", "rolebinding", "readers", "-n", "sextant-system", "--role="+hubRole, "--group="+certs.DevelopersGroup)
	h.renew(t, time.Now())
	return h
}

// renew renews the fleet's Lease, as the controller does.
func (h *hubFixture) renew(t *testing.T, at time.Time) {
	t.Helper()
	h.api.Apply(t, realcluster.Object{
		"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": realcluster.Object{"name": "sextant-fleet", "namespace": "sextant-system"},
		"spec": realcluster.Object{"leaseDurationSeconds": 300, "renewTime": metav1.NewMicroTime(at)},
	})
}

// keep keeps a cluster with a status on the hub.
func (h *hubFixture) keep(t *testing.T, name string, status cluster.ClusterStatus) {
	t.Helper()
	c := cluster.Cluster{
		TypeMeta:   metav1.TypeMeta{APIVersion: cluster.GroupVersion.String(), Kind: cluster.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team-a", Labels: map[string]string{"name": name}},
		Spec:       cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}},
		Status:     status,
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	h.api.Kubectl(t, string(text), "apply", "-f", "-")
	if len(status.Conditions) > 0 {
		h.api.Kubectl(t, string(text), "apply", "--server-side", "--subresource=status", "-f", "-")
	}
}

// status is that of a cluster, connected or not.
func status(s cluster.ClusterStatus) cluster.ClusterStatus {
	kept, _ := cluster.Merge(cluster.Kept{}, cluster.Observation{Status: s}, cluster.MergePolicy{}, time.Now())
	return kept.Status
}

// run runs the program on the hub in a folder with a script.
func (h *hubFixture) run(t *testing.T, script, timeout string, args ...string) result {
	t.Helper()
	args = append(args, "--clusters-from", "kubernetes:hub/team-a", "--timeout", timeout)
	return sextant(t, invocation{args: args, dir: script, env: []string{"KUBECONFIG=" + h.kubeconfig}})
}

// Scripts name images for clusters on a hub that they have no credentials for. What
// the hub does not know is unknown, and never none.
func TestHub(t *testing.T) {
	h := newHub(t)
	now := metav1.NowMicro()
	up := cluster.ClusterStatus{Version: "v1.36.3", Arch: "amd64", ConnectedAt: &now}
	known, doubtful, none := up, up, up
	known.Registry, known.RegistrySource = &cluster.RegistryHosting{Host: "localhost:5000"}, cluster.SourceConfigMap
	doubtful.RegistrySource, doubtful.RegistryReason = cluster.SourceUnknown, cluster.ReasonUnreadable+"503"
	none.RegistrySource = cluster.SourceNone
	h.keep(t, "known", status(known))
	h.keep(t, "doubtful", status(doubtful))
	h.keep(t, "none", status(none))
	h.keep(t, "down", status(cluster.ClusterStatus{Error: "it burns"}))
	h.keep(t, "fresh", cluster.ClusterStatus{})

	for name, want := range map[string]string{"known": "localhost:5000/example.com_api", "none": "example.com/api"} {
		r := h.run(t, script(t, `output("name", k8s_cluster("`+name+`").image("example.com/api").cluster)`), "20s", "output", "name")
		if r.code != 0 || strings.TrimSpace(r.stdout) != want || r.stderr != "" {
			t.Errorf("%s: exit code %d, %q, want %q:\n%s", name, r.code, r.stdout, want, r.stderr)
		}
	}
	const manifest = `k8s_yaml(blob("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: api}]}}"), cluster = c, images = "all")`
	for name, want := range map[string]string{
		"doubtful": "503", "down": "it burns", "fresh": "the hub has not checked it yet", "missing": `cluster "missing" not found on the hub`,
	} {
		for command, line := range map[string]string{"output": `output("name", c.image("api").cluster)`, "render": manifest} {
			r := h.run(t, script(t, `c = k8s_cluster("`+name+"\")\n"+line), "20s", command)
			code := 1
			if command == "render" && (name == "down" || name == "fresh") {
				code = 3 // the script did not need the name
			}
			if r.code != code || r.stdout != "" || !strings.Contains(r.stderr, want) {
				t.Errorf("%s, %s: exit code %d, %q, want %d and %q:\n%s", name, command, r.code, r.stdout, code, want, r.stderr)
			}
		}
	}
	h.renew(t, time.Now().Add(-time.Hour))
	r := h.run(t, script(t, `output("name", k8s_cluster("known").image("api").cluster)`), "20s", "output", "name")
	if r.code != 0 || !strings.Contains(r.stderr, "warning: the statuses of this hub are old") {
		t.Errorf("an old Lease: exit code %d:\n%s", r.code, r.stderr)
	}
}

// Whatever keeps a hub from being read ends the run before the script, within the
// deadline, with the reason and nothing on standard output.
func TestHubCannotBeRead(t *testing.T) {
	h := newHub(t)
	now := metav1.NowMicro()
	h.keep(t, "prod", status(cluster.ClusterStatus{Version: "v1.36.3", ConnectedAt: &now, RegistrySource: cluster.SourceNone}))
	folder := script(t, "print(\"the script runs\")\nc = k8s_cluster(\"prod\")\nk8s_yaml(\"pod.yaml\", cluster = c, images = \"all\")\n",
		"pod.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: api}]}}\n")
	works := func() {
		t.Helper()
		if r := h.run(t, folder, "20s", "render"); r.code != 0 {
			t.Fatalf("exit code %d:\n%s", r.code, r.stderr)
		}
	}
	const timeout = 3 * time.Second
	fails := func(what string, wants ...string) {
		t.Helper()
		for _, command := range [][]string{{"render"}, {"image", "api"}, {"eval"}} {
			r := h.run(t, folder, timeout.String(), command...)
			if r.code != 1 || r.stdout != "" || strings.Contains(r.stderr, "the script runs") {
				t.Errorf("%s, %s: exit code %d, standard output %q:\n%s", what, command, r.code, r.stdout, r.stderr)
			}
			for _, want := range append(wants, "--clusters-from: read the clusters of kubernetes:hub/team-a: ") {
				if !strings.Contains(r.stderr, want) {
					t.Errorf("%s, %s: standard error lacks %q:\n%s", what, command, want, r.stderr)
				}
			}
			t.Logf("%s, %s: %s: %s", what, command, r.took.Round(time.Millisecond), r.stderr)
			if r.took > 5*timeout {
				t.Errorf("%s, %s: took %s of %s", what, command, r.took, timeout)
			}
		}
	}
	paused := func(server *realcluster.Server, f func()) {
		t.Helper()
		defer server.Pause(t)()
		f()
	}

	works()
	h.api.Kubectl(t, "", "delete", "rolebinding", "readers", "-n", "team-a")
	eventually(t, "the permission is gone", func() bool { return h.run(t, folder, "20s", "eval").code == 1 })
	fails("without permission", "you may not list clusters in namespace team-a: ask for the Role sextant-reader there")
	h.api.Kubectl(t, "", "create", "rolebinding", "readers", "-n", "team-a", "--role="+hubRole, "--group="+certs.DevelopersGroup)
	eventually(t, "the permission is back", func() bool { return h.run(t, folder, "20s", "eval").code == 0 })

	paused(h.etcd.Server, func() { fails("etcd paused", "before the deadline") })
	works()
	paused(h.api.Server, func() { fails("API server paused", h.api.URL, "before the deadline") })
	works()
	if err := h.api.Stop(); err != nil {
		t.Fatal(err)
	}
	fails("API server stopped", h.api.URL, "connection refused")
}

// A script that reads a thousand clusters waits for one list, and little else.
func TestHubOfAThousand(t *testing.T) {
	// A script may take so many times what the lists alone take.
	const size, mostLists = 1000, 6
	h := newHub(t)
	now := metav1.NowMicro()
	send := func(method, path string, c *cluster.Cluster) {
		body, err := json.Marshal(c)
		if err != nil {
			t.Error(err)
			return
		}
		req, err := http.NewRequestWithContext(t.Context(), method, h.api.URL+path, bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := h.admin.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(c); err != nil || resp.StatusCode >= 300 {
			t.Errorf("%s %s: %s, %v", method, path, resp.Status, err)
		}
	}
	work := make(chan int)
	var adding sync.WaitGroup
	for range 8 {
		adding.Go(func() {
			for i := range work {
				c := &cluster.Cluster{
					TypeMeta:   metav1.TypeMeta{APIVersion: cluster.GroupVersion.String(), Kind: cluster.Kind},
					ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("c%04d", i), Labels: map[string]string{"env": "prod", "region": "eu"}},
					Spec:       cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}},
				}
				const path = "/apis/tilt.dev/v1alpha1/namespaces/team-a/clusters"
				send(http.MethodPost, path, c)
				c.Status = status(cluster.ClusterStatus{
					Version: "v1.36.3", Arch: "amd64", Architectures: []string{"amd64"}, ConnectedAt: &now, ObservedGeneration: 1,
					Identity: fmt.Sprintf("0b5c8bd2-3c1d-4b8e-9a55-%012d", i), Endpoint: fmt.Sprintf("https://10.0.%d.%d:6443", i/256, i%256), ProductReason: "version",
					Connection: &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{Context: "admin", Cluster: "prod", Namespace: "default", Product: "unknown"}},
					Registry:   &cluster.RegistryHosting{Host: "localhost:5000", HostFromContainerRuntime: "registry:5000"}, RegistrySource: cluster.SourceConfigMap,
				})
				send(http.MethodPut, path+"/"+c.Name+"/status", c)
			}
		})
	}
	for i := range size {
		work <- i
	}
	close(work)
	adding.Wait()

	folder := script(t, `
for c in clusters(selector = "env=prod"):
    output(c.name, c.image("example.com/api").cluster)
`)
	var best result
	var least time.Duration
	// A busy machine disturbs both, so the least of many counts.
	for i := range 21 {
		if i >= 7 && best.took <= mostLists*least {
			break
		}
		r := h.run(t, folder, "20s", "output", "-o", "json")
		if n := strings.Count(r.stdout, "registry:5000/example.com_api"); r.code != 0 || n != size {
			t.Fatalf("exit code %d, %d names of %d:\n%s", r.code, n, size, r.stderr)
		}
		if i == 0 || r.took < best.took {
			best = r
		}
		if took := h.list(t); i == 0 || took < least {
			least = took
		}
	}
	t.Logf("a thousand clusters in a script: %s at best, %s of CPU time; the lists alone: %s",
		best.took.Round(time.Millisecond), best.cpu.Round(time.Millisecond), least.Round(time.Millisecond))
	// The goal is 150 ms on a machine with nothing else to do, where the lists take 80.
	if best.took > mostLists*least {
		t.Errorf("a script that reads a thousand clusters takes %s, and the lists alone %s", best.took, least)
	}
}

// list reads the lists of clusters that sextant reads, on a connection that is open,
// and returns how long that takes without decoding them.
func (h *hubFixture) list(t *testing.T) time.Duration {
	t.Helper()
	var took time.Duration
	for token := ""; ; {
		query := url.Values{"limit": {"500"}, "continue": {token}}
		begin := time.Now()
		resp, err := h.admin.Get(h.api.URL + "/apis/tilt.dev/v1alpha1/namespaces/team-a/clusters?" + query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		took += time.Since(begin)
		var list metav1.PartialObjectMetadataList
		if err == nil {
			err = json.Unmarshal(body, &list)
		}
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s, %v", resp.Status, err)
		}
		if token = list.Continue; token == "" {
			return took
		}
	}
}
