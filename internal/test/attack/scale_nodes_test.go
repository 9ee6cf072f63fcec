package attack

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// Of a cluster with five thousand nodes the first page is read, and no more.
func TestFiveThousandNodes(t *testing.T) {
	var nodes []clustertest.Node
	for i := range 5_000 {
		arch := "arm64" // of the first page; most nodes that follow have another
		if i >= 500 {
			arch = "s390x"
		}
		nodes = append(nodes, clustertest.ArchNode(fmt.Sprintf("node-%04d", i), arch))
	}
	var mu sync.Mutex
	var queries []string
	api := clustertest.NewKube(t, clustertest.KubeFacts{Nodes: nodes, Fault: func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/api/v1/nodes" {
			mu.Lock()
			defer mu.Unlock()
			queries = append(queries, r.URL.RawQuery)
		}
		return false
	}})
	obs := oneKube(t, api.Kubeconfig(), patience)
	if diff := cmp.Diff([]string{"limit=500"}, queries); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
	if obs.Status.Arch != "arm64" || len(obs.Status.Architectures) != 1 {
		t.Errorf("%+v", obs)
	}
	if n := len(api.Requests()); n != 4 {
		t.Errorf("%d requests, want 4, one for each fact: %v", n, api.Requests())
	}
}
