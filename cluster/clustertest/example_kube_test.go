package clustertest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// Observe a cluster that advertises a registry and forbids its nodes. In a test,
// NewKube and WriteKubeconfig save the cleaning up.
func ExampleStartKube() {
	api, err := clustertest.StartKube(clustertest.KubeFacts{
		Name:       "kind-dev",
		ConfigMaps: clustertest.LocalRegistry(`host: "localhost:5000"`),
		Status:     map[string]int{"/api/v1/nodes": http.StatusForbidden},
	})
	if err != nil {
		panic(err)
	}
	defer api.Close()

	obs := observe(api, time.Minute)
	fmt.Println(obs.Status.Version, obs.Status.Registry.Host, obs.Status.Connection.Kubernetes.Product)
	fmt.Println(obs.Status.Arch, obs.Status.ArchReason)
	// Output:
	// v1.36.3 localhost:5000 kind
	// unknown forbidden
}

// A server that never answers: the deadline ends the wait, and the status says so.
func ExampleHang() {
	api, err := clustertest.StartKube(clustertest.KubeFacts{Fault: clustertest.Hang("/version")})
	if err != nil {
		panic(err)
	}
	defer api.Close()

	obs := observe(api, 100*time.Millisecond)
	fmt.Println(obs.Status.Connected(), obs.Status.Error != "")
	// Output: false true
}

// observe resolves the server's context through a kubeconfig, as a live run does.
func observe(api *clustertest.Kube, deadline time.Duration) cluster.Observation {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "kubeconfig")
	if err := clientcmd.WriteToFile(*api.Kubeconfig(), path); err != nil {
		panic(err)
	}
	resolver := kube.New(kube.Options{Kubeconfig: path})
	defer resolver.Close()
	obs, err := cluster.Timeout(resolver, deadline).Resolve(context.Background(), cluster.Request{
		Name:       "dev",
		Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}},
	})
	if err != nil {
		panic(err)
	}
	return obs
}
