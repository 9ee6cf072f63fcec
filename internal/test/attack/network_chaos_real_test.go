//go:build real && unix

package attack

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// TestNetworkChaosReal puts the same proxies before two real API servers of
// different versions.
func TestNetworkChaosReal(t *testing.T) {
	const schedules, atOnce = 500, 8
	versions := map[string]string{"attack-plain": "v1.36.3", "attack-gke": "v1.36.3-gke.1000"}
	var next, connected, failed atomic.Int64
	apis := map[string]*realcluster.APIServer{}
	for name, version := range versions {
		apis[name] = real.APIServer(t, name, "--version="+version)
	}
	first := rand.Uint64()
	pulse := newPulse(t)
	before := openFiles()
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= schedules || t.Failed() {
					return
				}
				ok, bad := realSchedule(t, pulse, apis, versions, first+uint64(i))
				connected.Add(int64(ok))
				failed.Add(int64(bad))
			}
		})
	}
	workers.Wait()
	t.Logf("%d clusters connected, %d did not", connected.Load(), failed.Load())
	if connected.Load() < schedules/5 || failed.Load() < schedules/5 {
		t.Error("the faults are out of balance")
	}
	eventually(t, func() string {
		if now := openFiles(); now > before {
			return fmt.Sprintf("%d files are open, %d were before", now, before)
		}
		return ""
	})
}

// realSchedule runs one schedule: each server behind a proxy that breaks
// something. A real server takes longer to answer than a fake one.
func realSchedule(t *testing.T, pulse *pulse, apis map[string]*realcluster.APIServer, versions map[string]string, seed uint64) (connected, failed int) {
	r := rand.New(rand.NewPCG(seed, 0))
	deadline := time.Duration(500+r.IntN(500)) * time.Millisecond
	config := clientcmdapi.NewConfig()
	var requests []cluster.Request
	var addrs []string
	for _, name := range slices.Sorted(maps.Keys(apis)) {
		c, err := startChaos("127.0.0.1:0", apis[name].Addr, randomPlan(r), nil)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return 0, 0
		}
		defer c.close()
		entry := apis[name].Context(name, realcluster.AdminByToken)
		config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
		config.Clusters[name] = &clientcmdapi.Cluster{Server: "https://" + c.addr(), CertificateAuthorityData: entry.Cluster.CA}
		config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: entry.User.Token}
		addrs = append(addrs, c.addr())
		requests = append(requests, cluster.Request{Name: name, Connection: cluster.ClusterConnection{
			Kubernetes: &cluster.KubernetesClusterConnection{Context: name},
		}})
	}
	observations, elapsed, err := observe(t, config, deadline, requests)
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return 0, 0
	}
	if stood := pulse.longest(); elapsed > deadline+grace+4*stood {
		t.Errorf("seed %d: the run took %s, with a deadline of %s", seed, elapsed, deadline)
	}
	for i, obs := range observations {
		status := obs.Status
		switch {
		case obs.Status.Endpoint != "https://"+addrs[i]:
			t.Errorf("seed %d: the endpoint is another's: %+v", seed, obs)
		case status.Connected() && status.Error == "" && status.Version == versions[requests[i].Name]:
			connected++
		case !status.Connected() && status.Error != "" && status.Version == "" && status.Arch == "":
			failed++
		default:
			t.Errorf("seed %d: %s: neither right nor an error: %+v", seed, requests[i].Name, obs)
		}
	}
	return connected, failed
}
