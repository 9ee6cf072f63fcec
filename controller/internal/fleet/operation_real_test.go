//go:build real

package fleet_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// kubeconfigOf is a kubeconfig of a real API server.
func kubeconfigOf(t *testing.T, api *realcluster.APIServer) *clientcmdapi.Config {
	t.Helper()
	config, err := clientcmd.LoadFromFile(realcluster.Kubeconfig(t, api.Context("it", realcluster.AdminByToken)))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// With its default interval, the program shows an outage of a real API server
// within 45 s, never a pause that costs one check, and uses new credentials
// within two seconds. Whoever runs it sees that by metrics, events and probes.
func TestRealOperation(t *testing.T) {
	f := newFixture(t, "hub")
	prod := real.APIServer(t, "fleet-prod")
	f.add(t, "prod", nil, kubeconfigOf(t, f.api))
	p := f.start(t)
	first, _ := f.await(t, "prod", 30*time.Second, "connected", connected)
	for _, path := range []string{"/healthz", "/readyz"} {
		if body, code := get(t, "http://"+p.health+path); code != http.StatusOK || body != "ok" {
			t.Errorf("%s: %d %q", path, code, body)
		}
	}
	if n := p.counter("sextant_status_writes_total"); n != 1 {
		t.Errorf("%d statuses written, want 1", n)
	}

	f.kubeconfig(t, "prod", kubeconfigOf(t, prod))
	moved, _ := f.await(t, "prod", 2*time.Second, "read with its new Secret", func(c *cluster.Cluster) bool { return c.Status.Identity != first.Status.Identity })

	// A pause that a check falls into: it takes 2.5 s of its 7.5, and no status shows it.
	checks := p.counter("sextant_checks_total")
	resume := prod.Pause(t)
	time.Sleep(20 * time.Second)
	resume()
	eventually(t, 30*time.Second, "checked again", func() bool { return p.counter("sextant_checks_total") >= checks+2 })
	c, _ := f.await(t, "prod", time.Second, "there", func(*cluster.Cluster) bool { return true })
	if c.ResourceVersion != moved.ResourceVersion {
		t.Errorf("a pause was written: %+v", c.Status)
	}

	resume = prod.Pause(t)
	down, took := f.await(t, "prod", 60*time.Second, "not connected", func(c *cluster.Cluster) bool { return !c.Status.Connected() })
	if took > 45*time.Second {
		t.Errorf("the outage showed after %s, want at most 45 s", took)
	}
	if down.Status.Version != c.Status.Version || down.Status.Identity != c.Status.Identity {
		t.Errorf("what was known is lost: %+v", down.Status)
	}
	resume()
	f.await(t, "prod", 60*time.Second, "connected again", connected)
	reasons := func() []string {
		var found eventsv1.EventList
		if err := f.admin.List(t.Context(), &found, client.InNamespace(team)); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range found.Items {
			all = append(all, e.Type+" "+e.Reason)
		}
		return all
	}
	want := []string{"Normal Replaced", "Warning Disconnected", "Normal Connected"}
	eventually(t, 10*time.Second, "events recorded", func() bool { return len(reasons()) >= len(want) })
	if diff := cmp.Diff(want, reasons(), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A ClusterProfile is reached with the credential plugin that whoever runs the
// controller names for its access provider.
func TestRealClusterProfile(t *testing.T) {
	f := newFixture(t, "hub")
	prod := real.APIServer(t, "fleet-prod")
	f.api.Kubectl(t, profileCRD, "apply", "-f", "-")
	f.api.Kubectl(t, "", "wait", "--for=condition=Established", "crd/clusterprofiles.multicluster.x-k8s.io", "--timeout=30s")
	profile := func(name, provider string, api *realcluster.APIServer) {
		entry := api.Context("it", realcluster.Admin)
		text, err := json.Marshal(map[string]any{
			"apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile",
			"metadata": map[string]string{"name": name, "namespace": team},
			"status": map[string]any{"accessProviders": []any{map[string]any{"name": provider, "cluster": map[string]string{
				"server": entry.Cluster.Server, "certificate-authority-data": base64.StdEncoding.EncodeToString(entry.Cluster.CA),
			}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		f.api.Kubectl(t, string(text), "apply", "-f", "-")
		c := &cluster.Cluster{
			ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: name},
			Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{
				ClusterProfileRef: &cluster.ClusterProfileReference{Name: name},
			}}},
		}
		if err := client.IgnoreAlreadyExists(f.admin.Create(t.Context(), c)); err != nil {
			t.Fatal(err)
		}
	}
	plugin := faults.GoodPlugin(t) // prints the administrator's token
	profile("known", "cloud", prod)
	profile("unknown", "another", prod)
	f.start(t, "--interval", "1s", "--provider", "cloud="+plugin.Path)
	c, _ := f.await(t, "known", 30*time.Second, "connected", connected)
	if c.Status.Endpoint != prod.URL {
		t.Errorf("endpoint %s, want %s", c.Status.Endpoint, prod.URL)
	}
	u, _ := f.await(t, "unknown", 30*time.Second, "refused", func(c *cluster.Cluster) bool { return c.Status.Error != "" })
	if want := "configuration in ClusterProfile team-a/unknown failed: none of its 1 access providers is configured here"; !strings.HasPrefix(u.Status.Error, want) {
		t.Errorf("got %q, want %q", u.Status.Error, want)
	}
	time.Sleep(5 * time.Second)
	if n := len(plugin.Calls(t)); n != 1 {
		t.Errorf("the plugin ran %d times in five checks, want once", n)
	}
	profile("known", "cloud", f.api) // it moves
	f.await(t, "known", 10*time.Second, "read where it is now", func(c *cluster.Cluster) bool { return c.Status.Endpoint == f.api.URL })
}

// profileCRD is as much of the CustomResourceDefinition as the API server wants.
const profileCRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusterprofiles.multicluster.x-k8s.io, annotations: {api-approved.kubernetes.io: unapproved}}
spec:
  group: multicluster.x-k8s.io
  names: {kind: ClusterProfile, listKind: ClusterProfileList, plural: clusterprofiles, singular: clusterprofile}
  scope: Namespaced
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`

func get(t *testing.T, url string) (body string, code int) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), resp.StatusCode
}
