//go:build real

package fleet_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/hub"
)

const (
	fleetSize = 1000
	interval  = 20 * time.Second
	// What a fleet of that size may cost. The first statuses may take 8 seconds of CPU
	// time in all on a machine on which the API server takes 3.6 to write as many alone,
	// which is 2.2 times that. Both bounds leave room for a busy machine, which makes CPU
	// time longer.
	maxFirst  = 3.0
	maxCores  = 2 * 0.1
	maxMemory = 128 // MiB
)

// steady is how long nothing may be written; docs/fleet.md promises five minutes.
func steady(t *testing.T) time.Duration {
	text := os.Getenv("SEXTANT_STEADY")
	if text == "" {
		return time.Minute
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A thousand clusters cost little to observe first, next to nothing to keep, and
// no write while nothing changes, be they up or down.
func TestRealScale(t *testing.T) {
	f := newFixture(t, "scale")
	etcd := real.Etcd(t)
	var servers []*clustertest.Kube
	for i := range 4 {
		servers = append(servers, clustertest.NewKube(t, clustertest.KubeFacts{Name: fmt.Sprintf("server-%d", i), Token: "a-token-of-the-team"}))
	}
	var bare, apiBefore, etcdBefore time.Duration
	var p *process
	for attempt := 1; ; attempt++ {
		f.addFleet(t, servers)
		bare = f.bareWrites(t)
		apiBefore, etcdBefore = cpu(t, f.api.PID()), cpu(t, etcd.PID())
		p = f.start(t, "--interval", interval.String())
		eventually(t, 4*time.Minute, "a thousand first statuses, or an end", func() bool {
			return p.ended() || p.counter("sextant_status_writes_total") >= fleetSize
		})
		if !p.ended() {
			break
		}
		// A machine that is too busy to renew the leader's Lease in time has the
		// process end, and nothing can be measured.
		text, err := os.ReadFile(p.log)
		if err != nil || attempt == 3 || !strings.Contains(string(text), "leader election lost") {
			t.Fatalf("the controller has ended: %s, %v", p.cmd.ProcessState, err)
		}
		t.Log("the leader lost its Lease; again with new clusters")
		f.api.Kubectl(t, "", "delete", "sxc", "--all", "-n", team)
	}
	own, api, store := cpu(t, p.cmd.Process.Pid), cpu(t, f.api.PID())-apiBefore, cpu(t, etcd.PID())-etcdBefore
	t.Logf("first statuses: %s of CPU time of the controller, %s of the API server, %s of etcd; peak %d MiB", own, api, store, peak(t, p.cmd.Process.Pid))
	all := own + api + store
	t.Logf("that is %s in all, %.2f of the %s that the API server takes for as many writes alone", all, all.Seconds()/bare.Seconds(), bare)
	if all.Seconds() > maxFirst*bare.Seconds() {
		t.Errorf("the first statuses took %s of CPU time, want at most %.1f of %s", all, maxFirst, bare)
	}

	// statuses returns the version and the error of each cluster that is, or is not,
	// connected.
	statuses := func(connected bool) map[string]string {
		var all cluster.ClusterList
		if err := f.admin.List(t.Context(), &all, client.InNamespace(team)); err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		for _, c := range all.Items {
			if c.Status.Connected() == connected {
				m[c.Name] = c.ResourceVersion + " " + c.Status.Error
			}
		}
		return m
	}
	quiet := func(connected bool) {
		t.Helper()
		first, began, used := statuses(connected), time.Now(), cpu(t, p.cmd.Process.Pid)
		if len(first) != fleetSize {
			t.Fatalf("%d clusters have Connected %t", len(first), connected)
		}
		checks := p.counter("sextant_checks_total")
		time.Sleep(steady(t))
		took := time.Since(began)
		cores := (cpu(t, p.cmd.Process.Pid) - used).Seconds() / took.Seconds()
		checks = p.counter("sextant_checks_total") - checks
		t.Logf("Connected %t: %.3f cores, %.1f checks a second; peak %d MiB", connected, cores, float64(checks)/took.Seconds(), peak(t, p.cmd.Process.Pid))
		// Those that are down are checked once a minute.
		if want := fleetSize * int(took/interval) / 6; checks < want {
			t.Errorf("%d checks in %s, want %d at least", checks, took, want)
		}
		if cores > maxCores {
			t.Errorf("keeping the statuses took %.3f cores, want at most %.1f", cores, maxCores)
		}
		if diff := cmp.Diff(first, statuses(connected)); diff != "" {
			t.Errorf("statuses were written while nothing changed, Connected %t (-before +after):\n%.2000s", connected, diff)
		}
	}
	time.Sleep(2 * time.Second)
	quiet(true)
	lease := new(coordinationv1.Lease)
	if err := f.admin.Get(t.Context(), types.NamespacedName{Namespace: hub.Namespace, Name: hub.LeaseName}, lease); err != nil {
		t.Fatal(err)
	}
	if age := time.Since(lease.Spec.RenewTime.Time); age > hub.LeaseDuration {
		t.Errorf("the fleet's Lease is %s old: not all clusters were checked in time", age)
	}
	for _, s := range servers {
		s.Close()
	}
	eventually(t, 2*time.Minute, "all disconnected", func() bool { return len(statuses(false)) == fleetSize })
	// A connection that broke in the moment of the end has another error, once.
	eventually(t, 3*time.Minute, "all refused", func() bool {
		refused := 0
		for _, s := range statuses(false) {
			if strings.Contains(s, "connection refused") {
				refused++
			}
		}
		return refused == fleetSize
	})
	quiet(false)
	if mib := peak(t, p.cmd.Process.Pid); mib > maxMemory {
		t.Errorf("the controller took %d MiB, want at most %d", mib, maxMemory)
	}
}

// addFleet keeps as many clusters as a fleet has on the hub.
func (f *fixture) addFleet(t *testing.T, servers []*clustertest.Kube) {
	t.Helper()
	work := make(chan int)
	var adding sync.WaitGroup
	for range 16 {
		adding.Go(func() {
			for i := range work {
				if err := f.create(t.Context(), fmt.Sprintf("c%04d", i), nil, servers[i%len(servers)].Kubeconfig()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range fleetSize {
		work <- i
	}
	close(work)
	adding.Wait()
}

// bareWrites returns the CPU time that the API server takes to write the statuses of
// a fleet, and for nothing else. It writes some, in a namespace that nobody watches.
func (f *fixture) bareWrites(t *testing.T) time.Duration {
	t.Helper()
	const namespace, some = "bare", fleetSize / 4
	f.api.Kubectl(t, "{apiVersion: v1, kind: Namespace, metadata: {name: "+namespace+"}}\n", "apply", "-f", "-")
	now := metav1.NowMicro()
	kept, _ := cluster.Merge(cluster.Kept{}, cluster.Observation{Status: cluster.ClusterStatus{
		Version: "v1.36.3", Arch: "amd64", Architectures: []string{"amd64"}, ConnectedAt: &now, ObservedGeneration: 1, Endpoint: "https://127.0.0.1:6443", ProductReason: "version",
		Connection:     &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{Context: "admin", Cluster: "prod", Namespace: "default", Product: "unknown"}},
		RegistrySource: cluster.SourceNone,
	}}, cluster.MergePolicy{}, time.Now())
	var clusters []*cluster.Cluster
	for i := range some {
		c := &cluster.Cluster{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("c%04d", i)},
			Spec:       cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}},
		}
		if err := f.admin.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		c.Status = kept.Status
		clusters = append(clusters, c)
	}
	before := cpu(t, f.api.PID())
	for _, c := range clusters {
		if err := f.admin.Status().Update(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	took := cpu(t, f.api.PID()) - before
	f.api.Kubectl(t, "", "delete", "sxc", "--all", "-n", namespace)
	return took * fleetSize / some
}
