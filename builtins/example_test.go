package builtins_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing/fstest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// answered is when the clusters of these examples answered.
var answered = metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))

// kindDev is a fake cluster: it answers for every connection, at once.
var kindDev = cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
	return cluster.Observation{Status: cluster.ClusterStatus{
		ConnectedAt: &answered,
		Arch:        "arm64",
		Version:     "v1.36.3",
		Connection: &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{
			Cluster: "kind-dev", Context: "kind-dev", Namespace: "default", Product: "kind",
		}},
		Registry: &cluster.RegistryHosting{Host: "localhost:5000", HostFromContainerRuntime: "registry:5000"},
	}}, nil
})

// Run a file, with a plugin of one's own beside ours, and get clusters, outputs
// and manifests back. The plugin is in example_plugin_test.go.
func Example() {
	files := fstest.MapFS{
		"Clusterfile": {Data: []byte(`
dev = k8s_cluster("kind-dev", name = "dev")
api = dev.image("shop/api", tag = "v1")
k8s_yaml("api.yaml", cluster = dev)
deploy(api, dev, registry = dev.registry, notes = read_file("NOTES"))
output("platform", "linux/" + dev.status.arch)
`)},
		"api.yaml": {Data: []byte("kind: Pod\nspec:\n  containers:\n  - image: shop/api # ours\n")},
		"NOTES":    {Data: []byte("first")},
	}
	ctx := context.Background()

	engine := &starlark.Engine{Files: files, Print: func(at diag.Position, message string) { fmt.Println(at, message) }}
	run := builtins.New(builtins.Options{Resolver: kindDev})
	deployments := &deployments{}
	if err := engine.Run(ctx, "Clusterfile", run, deployments); err != nil {
		starlark.Render(os.Stderr, err)
		return
	}
	for _, c := range run.Clusters().Items {
		fmt.Println(c.Name, c.Status.Version)
	}
	for _, o := range run.Outputs() {
		fmt.Println(o.Name, string(o.JSON))
	}
	run.Render(os.Stdout, "")

	fmt.Println(deployments.all)
	// Output:
	// dev v1.36.3
	// platform "linux/arm64"
	// kind: Pod
	// spec:
	//   containers:
	//   - image: registry:5000/shop_api:v1 # ours
	// [{dev arm64 localhost:5000/shop_api:v1 registry:5000/shop_api:v1 localhost:5000 first}]
}

// Read an output as a Go value.
func ExampleRun_Outputs() {
	engine := &starlark.Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(`output("ports", {"api": 8080, "web": 80})`)}}}
	run := builtins.New(builtins.Options{})
	if err := engine.Run(context.Background(), "Clusterfile", run); err != nil {
		starlark.Render(os.Stderr, err)
		return
	}
	var ports map[string]int
	if err := json.Unmarshal(run.Outputs()[0].JSON, &ports); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ports["api"])
	// Output: 8080
}

// Set all that a script can see of the machine: environment, arguments, clock,
// warnings.
func ExampleOptions() {
	engine := &starlark.Engine{
		Files: fstest.MapFS{"Clusterfile": {Data: []byte(`
config.define_string("env")
print(config.parse()["env"], os.getenv("USER"), os.getcwd(), time.now().year)
warn("nothing to do")
`)}},
		Print: func(_ diag.Position, message string) { fmt.Println(message) },
		Clock: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	}
	run := builtins.New(builtins.Options{
		Env:  []string{"USER=ada"},
		Args: []string{"--env", "staging"},
		Dir:  "/project",
		Warn: func(w builtins.Warning) { fmt.Println(w) },
	})
	if err := engine.Run(context.Background(), "Clusterfile", run); err != nil {
		starlark.Render(os.Stderr, err)
	}
	// Output:
	// staging ada /project 2026
	// Clusterfile:4:5: warning: nothing to do
}

// Run one script for several recordings at the same time, with one engine.
func ExampleNew_concurrent() {
	engine := &starlark.Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(`output("arch", k8s_cluster().status.arch)`)}}}
	var lists []*cluster.ClusterList
	for _, arch := range []string{"amd64", "arm64"} {
		lists = append(lists, cluster.NewList([]cluster.Cluster{recorded("default", arch)}))
	}
	runs := make([]*builtins.Run, len(lists))
	var running sync.WaitGroup
	for i, list := range lists {
		replay := cluster.NewReplay("clusters.yaml", list)
		runs[i] = builtins.New(builtins.Options{Resolver: replay, Catalog: replay})
		running.Go(func() {
			if err := engine.Run(context.Background(), "Clusterfile", runs[i]); err != nil {
				starlark.Render(os.Stderr, err)
			}
		})
	}
	running.Wait()
	for _, run := range runs {
		fmt.Println(string(run.Outputs()[0].JSON))
	}
	// Output:
	// "amd64"
	// "arm64"
}

// recorded is a cluster of the kubeconfig's current context, as it was recorded.
func recorded(name, arch string) cluster.Cluster {
	d := cluster.Declaration{Name: name, Spec: cluster.ClusterSpec{
		Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}},
	}}
	return d.Object(cluster.Observation{Status: cluster.ClusterStatus{ConnectedAt: &answered, Arch: arch}})
}
