//go:build real && linux

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// Six clusters, one of them behind a firewall that drops packets: the others do
// not wait for it, and all come out in the order of their declaration.
func TestSixClusters(t *testing.T) {
	alpha, beta := real.APIServer(t, "alpha"), real.APIServer(t, "beta")
	one, two := real.Dockerd(t, "one"), real.Dockerd(t, "two")
	dead := alpha.Context("dead", realcluster.Admin)
	dead.Cluster.Server = faults.Unanswered(t).URL
	kubeconfig := realcluster.Kubeconfig(t,
		dead,
		alpha.Context("alpha", realcluster.Admin),
		beta.Context("beta", realcluster.Admin),
		alpha.Context("limited", realcluster.Limited),
	)
	dir := script(t, `
k8s_cluster("dead")
docker_cluster("`+two.Host+`", name = "docker-two")
k8s_cluster("beta")
k8s_cluster("limited")
docker_cluster("`+one.Host+`", name = "docker-one")
k8s_cluster("alpha")
`)
	const timeout = 20 * time.Second // a busy machine takes long for five
	r := sextant(t, invocation{
		args: []string{"eval", "-o", "yaml", "--timeout", timeout.String()},
		dir:  dir, env: []string{"KUBECONFIG=" + kubeconfig},
	})

	if r.code != 3 {
		t.Errorf("ended with %d, want 3:\n%s", r.code, r.stderr)
	}
	list := parse(t, r.stdout)
	type outcome struct {
		Name   string
		Failed bool
		// InTime is whether it was connected well before the dead one was
		// given up.
		InTime     bool
		ArchReason string
	}
	var got []outcome
	for _, c := range list.Items {
		inTime := c.Status.ConnectedAt != nil && c.Status.ConnectedAt.Sub(r.begin) < timeout*3/4
		got = append(got, outcome{c.Name, c.Status.Error != "", inTime, c.Status.ArchReason})
	}
	want := []outcome{
		{"dead", true, false, ""},
		{"docker-two", false, true, ""},
		{"beta", false, true, "no-nodes"},
		{"limited", false, true, "forbidden"},
		{"docker-one", false, true, ""},
		{"alpha", false, true, "no-nodes"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the clusters (-want +got):\n%s", diff)
	}
	ratio := r.took.Seconds() / timeout.Seconds()
	t.Logf("took %s, %.2f of the timeout", r.took.Round(time.Millisecond), ratio)
	if ratio > 1.5 {
		t.Errorf("took %.2f times the timeout of the one that is dead", ratio)
	}
	for _, part := range []string{`cluster "dead"`, dead.Cluster.Server, list.Items[0].Status.Error} {
		if !strings.Contains(r.stderr, part) {
			t.Errorf("standard error does not say %q:\n%s", part, r.stderr)
		}
	}
	if n := strings.Count(r.stderr, "error: "); n != 1 {
		t.Errorf("standard error lists %d errors, want 1:\n%s", n, r.stderr)
	}
}

// parse reads a ClusterList in YAML or JSON and refuses all that is unknown.
func parse(t *testing.T, text string) *cluster.ClusterList {
	t.Helper()
	var list cluster.ClusterList
	if err := yaml.UnmarshalStrict([]byte(text), &list); err != nil {
		t.Fatalf("standard output is no ClusterList: %v\n%s", err, text)
	}
	if list.Kind != cluster.ListKind || list.APIVersion != cluster.GroupVersion.String() {
		t.Errorf("standard output is a %s %s", list.APIVersion, list.Kind)
	}
	return &list
}
