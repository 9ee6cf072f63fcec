package watch_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/cluster/watch"
)

// Keep the status of a cluster up to date until it goes away. The cluster is a server
// in this process.
func ExampleWatcher() {
	var down atomic.Bool
	api, err := clustertest.StartKube(clustertest.KubeFacts{Name: "kind-dev", Fault: func(w http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return down.Load()
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer api.Close()
	kubeconfig, err := clientcmd.Write(*api.Kubeconfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	declarations := []cluster.Declaration{{Name: "dev", Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{
		Kubernetes: &cluster.KubernetesClusterConnection{Context: "kind-dev"},
	}}}}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	react := func(event watch.Event) {
		fmt.Println(event.Type, event.Reason, event.Object.Name)
		down.Store(true)
		if event.Reason == string(cluster.ChangeDisconnected) {
			cancel() // ends Events and Run
		}
	}
	source := watch.NewLive(ctx, watch.LiveOptions{Kube: kube.Options{Config: kubeconfig}})
	defer source.Close()
	w := watch.New(watch.Options{Source: source, Interval: 100 * time.Millisecond, Doubt: 10 * time.Millisecond})
	w.Set(declarations)
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	for event := range w.Events(ctx) { // until ctx is done
		react(event)
	}
	running.Wait()
	// Output:
	// ADDED Connected dev
	// MODIFIED Disconnected dev
}
