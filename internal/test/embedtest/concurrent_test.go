package embedtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// scripts use most of what runs could share by mistake: a loaded file, two
// clusters, manifests, outputs, prints and a plugin of somebody else's.
var scripts = fstest.MapFS{
	"Clusterfile": {Data: []byte(`
load("lib/deploy.star", "deploy")
print(k8s_context())
deploy(k8s_cluster(), "api")
k8s_yaml("lib/api.yaml")
deploy(k8s_cluster("other"), "web")
`)},
	"lib/deploy.star": {Data: []byte(`
def deploy(cluster, name):
    image = cluster.image("shop/" + name, tag = "v1")
    note(cluster, image)
    output(name, image.cluster)
`)},
	"lib/api.yaml": {Data: []byte("containers: [{image: shop/api}]\n")},
}

// TestThousandRuns runs one engine a thousand times at once, each run on clusters
// of its own, every tenth cancelled while it waits for them.
func TestThousandRuns(t *testing.T) {
	const runs = 1000
	var mu sync.Mutex
	var prints, wantPrints []string
	engine := &starlark.Engine{
		Files: scripts,
		Print: func(_ diag.Position, message string) {
			mu.Lock()
			defer mu.Unlock()
			prints = append(prints, message)
		},
	}
	begin := make(chan struct{})
	var running sync.WaitGroup
	for i := range runs {
		check := checkRun
		if i%10 == 0 {
			check = checkCancelled
		}
		wantPrints = append(wantPrints, current(i))
		running.Go(func() {
			<-begin
			check(t, engine, i)
		})
	}
	close(begin)
	running.Wait()
	slices.Sort(prints)
	slices.Sort(wantPrints)
	if diff := cmp.Diff(wantPrints, prints); diff != "" {
		t.Errorf("prints (-want +got):\n%s", diff)
	}
}

// current names the current context of run i.
func current(i int) string { return fmt.Sprintf("ctx-%d", i) }

// recording is what run i observes.
func recording(i int) *cluster.Replay {
	at := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	recorded := func(name, context, arch, host string) cluster.Cluster {
		d := cluster.Declaration{Name: name}
		d.Spec.Connection.Kubernetes = &cluster.KubernetesClusterConnection{Context: context}
		status := cluster.ClusterStatus{ConnectedAt: &at, Arch: arch, Registry: &cluster.RegistryHosting{Host: host}}
		status.Connection = &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{
			Cluster: "c", Context: current(i), Namespace: "default", Product: "kind",
		}}
		return d.Object(cluster.Observation{Status: status})
	}
	return cluster.NewReplay("clusters.yaml", cluster.NewList([]cluster.Cluster{
		recorded("default", "", fmt.Sprintf("arch%d", i%7), fmt.Sprintf("r%d.example.com", i)),
		recorded("other", "other", "s390x", fmt.Sprintf("other%d.example.com", i)),
	}))
}

// result is all that one run gave.
type result struct {
	Notes, Outputs, Clusters []string
	Manifests                string
}

// checkRun runs run i and compares all that it gave.
func checkRun(t *testing.T, engine *starlark.Engine, i int) {
	replay := recording(i)
	run := builtins.New(builtins.Options{Resolver: replay, Catalog: replay})
	notes := &notes{}
	if err := engine.Run(t.Context(), "Clusterfile", run, notes); err != nil {
		t.Errorf("run %d: %v", i, err)
		return
	}
	got := result{Notes: notes.all}
	for _, o := range run.Outputs() {
		got.Outputs = append(got.Outputs, o.Name+"="+string(o.JSON))
	}
	for _, c := range run.Clusters().Items {
		got.Clusters = append(got.Clusters, c.Name+" "+c.Status.Registry.Host)
	}
	var manifests bytes.Buffer
	if err := run.Render(&manifests, ""); err != nil {
		t.Errorf("run %d: %v", i, err)
	}
	got.Manifests = manifests.String()

	api, web := fmt.Sprintf("r%d.example.com/shop_api:v1", i), fmt.Sprintf("other%d.example.com/shop_web:v1", i)
	want := result{
		Notes:     []string{fmt.Sprintf("default arch%d %s", i%7, api), "other s390x " + web},
		Outputs:   []string{`api="` + api + `"`, `web="` + web + `"`},
		Clusters:  []string{fmt.Sprintf("default r%d.example.com", i), fmt.Sprintf("other other%d.example.com", i)},
		Manifests: fmt.Sprintf("containers: [{image: %s}]\n", api),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run %d (-want +got):\n%s", i, diff)
	}
}

// checkCancelled cancels run i once its first cluster is being resolved, which
// never ends by itself.
func checkCancelled(t *testing.T, engine *starlark.Engine, i int) {
	cause := fmt.Errorf("run %d is not wanted any more", i)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	hang := cluster.ResolverFunc(func(ctx context.Context, _ cluster.Request) (cluster.Observation, error) {
		cancel(cause)
		<-ctx.Done()
		return cluster.Observation{}, ctx.Err()
	})
	run, notes := builtins.New(builtins.Options{Resolver: hang, Catalog: recording(i)}), &notes{}
	err := engine.Run(ctx, "Clusterfile", run, notes)
	var canceled *starlark.CanceledError
	if !errors.As(err, &canceled) || canceled.Cause != cause {
		t.Errorf("run %d: error %v, want that it was cancelled", i, err)
	}
	if run.Clusters() != nil || len(notes.all) > 0 {
		t.Errorf("run %d was cancelled and gave %v, %v", i, run.Clusters(), notes.all)
	}
}
