//go:build real

package fleet_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
)

const (
	fleetSize = 1000
	// What a fleet of that size may cost. The tests run on whatever machine, beside
	// whatever else: the bounds for CPU time are twice the goals.
	maxFirst  = 2 * 8 * time.Second
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
	work := make(chan int)
	var adding sync.WaitGroup
	for range 16 {
		adding.Go(func() {
			for i := range work {
				f.add(t, fmt.Sprintf("c%04d", i), nil, servers[i%len(servers)].Kubeconfig())
			}
		})
	}
	for i := range fleetSize {
		work <- i
	}
	close(work)
	adding.Wait()

	hub := func() time.Duration { return cpu(t, f.api.PID()) + cpu(t, etcd.PID()) }
	before := hub()
	p := f.start(t, "--interval", "20s")
	eventually(t, 2*time.Minute, "a thousand first statuses", func() bool { return p.counter("sextant_status_writes_total") >= fleetSize })
	own, others := cpu(t, p.cmd.Process.Pid), hub()-before
	t.Logf("first statuses: %.1f CPU seconds of the controller, %.1f of API server and etcd; peak %d MiB", own.Seconds(), others.Seconds(), peak(t, p.cmd.Process.Pid))
	if own+others > maxFirst {
		t.Errorf("the first statuses took %s of CPU time, want at most %s", own+others, maxFirst)
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
		took := time.Since(began).Seconds()
		cores := (cpu(t, p.cmd.Process.Pid) - used).Seconds() / took
		t.Logf("Connected %t: %.3f cores, %.1f checks a second; peak %d MiB", connected, cores, float64(p.counter("sextant_checks_total")-checks)/took, peak(t, p.cmd.Process.Pid))
		if cores > maxCores {
			t.Errorf("keeping the statuses took %.3f cores, want at most %.1f", cores, maxCores)
		}
		if diff := cmp.Diff(first, statuses(connected)); diff != "" {
			t.Errorf("statuses were written while nothing changed, Connected %t (-before +after):\n%.2000s", connected, diff)
		}
	}
	time.Sleep(2 * time.Second)
	quiet(true)
	for _, s := range servers {
		s.Close()
	}
	eventually(t, 2*time.Minute, "all disconnected", func() bool { return len(statuses(false)) == fleetSize })
	quiet(false)
	if mib := peak(t, p.cmd.Process.Pid); mib > maxMemory {
		t.Errorf("the controller took %d MiB, want at most %d", mib, maxMemory)
	}
}
