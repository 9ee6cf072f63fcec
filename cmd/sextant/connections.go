package main

import (
	"os"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// connections is how a run learns of clusters.
type connections struct {
	resolver cluster.Resolver
	catalog  cluster.Catalog
	// pin makes a kubeconfig of one context; nil in a replay.
	pin   func(context string) ([]byte, error)
	close func()
}

// connect makes the connections that the flags ask for. Nothing is read or
// connected to yet, but a recording.
func (f *scriptFlags) connect() (*connections, error) {
	if f.timeout <= 0 {
		return nil, usagef("--timeout %s: it must be more than 0", f.timeout)
	}
	if f.clusters != "" {
		data, err := os.ReadFile(f.clusters)
		if err != nil {
			return nil, usagef("--clusters: %w", err)
		}
		list, err := cluster.ParseList(f.clusters, data)
		if err != nil {
			return nil, failure{err}
		}
		replay := cluster.NewReplay(f.clusters, list)
		return &connections{resolver: replay, catalog: replay, close: func() {}}, nil
	}
	k := kube.New(kube.Options{Kubeconfig: f.kubeconfig})
	live := cluster.ByKind{Kubernetes: k, Docker: docker.New(docker.Options{})}
	return &connections{
		resolver: cluster.Share(cluster.Limit(cluster.Timeout(live, f.timeout), 0)),
		catalog:  k,
		pin:      k.Pinned,
		close:    k.Close,
	}, nil
}
