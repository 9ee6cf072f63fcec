package kube_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// BenchmarkResolve resolves clusters on TLS servers that take 20 ms for each
// request, all at the same time and then one after another. An operation is a
// run: a Resolver of its own, so the kubeconfig is read and every connection
// made again. The servers share the process, and so the processors.
func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		var servers []*clustertest.Kube
		for i := range n {
			servers = append(servers, clustertest.NewKube(b, clustertest.KubeFacts{
				Name: fmt.Sprintf("c%d", i), Latency: 20 * time.Millisecond,
			}))
		}
		path := clustertest.WriteKubeconfig(b, servers...)
		run := func(b *testing.B, limit int) {
			b.ReportAllocs()
			for b.Loop() {
				r := kube.New(kube.Options{Kubeconfig: path, Env: []string{}})
				limited := cluster.Limit(r, limit)
				var running sync.WaitGroup
				for i := range n {
					running.Go(func() {
						obs, err := limited.Resolve(context.Background(), request(fmt.Sprintf("c%d", i)))
						if err != nil || !obs.Status.Connected() {
							b.Errorf("cluster %d: %v %s", i, err, obs.Status.Error)
						}
					})
				}
				running.Wait()
				r.Close()
			}
		}
		b.Run(fmt.Sprintf("clusters=%d/at-once", n), func(b *testing.B) { run(b, n) })
		b.Run(fmt.Sprintf("clusters=%d/limit=%d", n, cluster.DefaultLimit), func(b *testing.B) { run(b, cluster.DefaultLimit) })
		if n <= 10 { // 100 would take as long again as all others together
			b.Run(fmt.Sprintf("clusters=%d/one-by-one", n), func(b *testing.B) { run(b, 1) })
		}
	}
}
