package clustertest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// clientOf trusts the server by what its kubeconfig says.
func clientOf(t *testing.T, k *clustertest.Kube) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(k.Kubeconfig().Clusters["test"].CertificateAuthorityData) {
		t.Fatal("the kubeconfig has no certificate authority")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

type answer struct {
	Kind     string
	Code     int
	Metadata struct {
		Continue           string
		RemainingItemCount int
	}
	Items []struct {
		Metadata struct{ Name string }
		Spec     any
	}
	Data map[string]string
	Spec struct{ Ports []struct{ NodePort int } }
}

func get(t *testing.T, c *http.Client, url string, header http.Header) (int, answer) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Errorf("%s over %s, want HTTP/2", url, resp.Proto)
	}
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, a
}

func TestKubePages(t *testing.T) {
	facts := clustertest.KubeFacts{}
	for i := range 5 {
		facts.Nodes = append(facts.Nodes, clustertest.ArchNode(fmt.Sprint(i), "amd64"))
	}
	k := clustertest.NewKube(t, facts)
	c := clientOf(t, k)
	var names []string
	url := k.URL + "/api/v1/nodes?limit=2"
	for next, want := "", []int{2, 2, 1}; ; want = want[1:] {
		_, page := get(t, c, url+"&continue="+next, http.Header{"Accept": {"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}})
		if page.Kind != "PartialObjectMetadataList" || len(page.Items) != want[0] {
			t.Fatalf("page %+v, want %d items", page, want[0])
		}
		for _, n := range page.Items {
			names = append(names, n.Metadata.Name)
		}
		if next = page.Metadata.Continue; next == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "3", "4"}, names); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if _, whole := get(t, c, k.URL+"/api/v1/nodes", nil); whole.Kind != "NodeList" || len(whole.Items) != 5 {
		t.Errorf("all nodes: %+v", whole)
	}
	if n := k.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestKubeAnswers(t *testing.T) {
	k := clustertest.NewKube(t, clustertest.KubeFacts{
		Token: "right", Latency: time.Millisecond,
		ConfigMaps: clustertest.LocalRegistry("host: a"),
		NodePorts:  map[string]int32{"container-registry/registry": 32000},
		Status:     map[string]int{"/api/v1/nodes": 403},
		Fault: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/teapot" {
				return false
			}
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, "{}")
			return true
		},
	})
	c := clientOf(t, k)
	right := http.Header{"Authorization": {"Bearer right"}}
	for _, tc := range []struct {
		path   string
		header http.Header
		code   int
	}{
		{"/version", nil, 401},
		{"/version", http.Header{"Authorization": {"Bearer wrong"}}, 401},
		{"/version", right, 200},
		{"/api/v1/nodes", right, 403},
		{"/api/v1/namespaces/kube-public/configmaps/local-registry-hosting", right, 200},
		{"/api/v1/namespaces/kube-public/configmaps/other", right, 404},
		{"/api/v1/namespaces/kube-public/services/local-registry-hosting", right, 404},
		{"/api/v1/namespaces/container-registry/services/registry", right, 200},
		{"/api/v1/pods", right, 404},
		{"/teapot", nil, 418},
	} {
		code, a := get(t, c, k.URL+tc.path, tc.header)
		if code != tc.code {
			t.Errorf("%s: %d, want %d", tc.path, code, tc.code)
		}
		if (code == 401 || code == 403 || code == 404) && (a.Kind != "Status" || a.Code != code) {
			t.Errorf("%s: %+v, want a metav1.Status", tc.path, a)
		}
	}
	if got := len(k.Requests()); got != 10 {
		t.Errorf("%d requests counted, want 10", got)
	}
}

func TestWriteKubeconfig(t *testing.T) {
	a := clustertest.NewKube(t, clustertest.KubeFacts{Name: "a"})
	b := clustertest.NewKube(t, clustertest.KubeFacts{Name: "b"})
	r := kube.New(kube.Options{Kubeconfig: clustertest.WriteKubeconfig(t, b, a)})
	defer r.Close()
	contexts, err := r.Contexts()
	if err != nil {
		t.Fatal(err)
	}
	current, _, err := r.CurrentContext()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "b"}, append(contexts, current)); diff != "" {
		t.Errorf("contexts and the current one (-want +got):\n%s", diff)
	}
}
