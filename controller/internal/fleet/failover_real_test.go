//go:build real

package fleet_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/controller/internal/fleet"
)

// What docs/fleet.md promises of a machine that has nothing else to do; the tests
// allow three times that.
const (
	afterTerm = 3 * time.Second
	afterKill = 10 * time.Second
	slack     = 3
)

// leader is the identity of the leader, "" for none.
func (f *fixture) leader(t *testing.T) string {
	t.Helper()
	lease := new(coordinationv1.Lease)
	if err := f.admin.Get(t.Context(), types.NamespacedName{Namespace: hub.Namespace, Name: fleet.ElectionName}, lease); err != nil {
		t.Fatal(err)
	}
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// follow waits until another than the leader of before leads.
func (f *fixture) follow(t *testing.T, before string, within time.Duration, what string) {
	t.Helper()
	eventually(t, within, "another leads after "+what, func() bool { now := f.leader(t); return now != "" && now != before })
}

// Two controllers: the other one leads soon, however the leader ends. One that
// was paused while the other took over writes nothing afterwards.
func TestRealFailover(t *testing.T) {
	f := newFixture(t, "hub")
	// A server that can be made to hold its answers back, and is another version
	// from then on.
	var hold atomic.Bool
	held, release := make(chan struct{}), make(chan struct{})
	var first sync.Once
	server := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/version" || !hold.Load() {
			return false
		}
		mine := false
		first.Do(func() { mine = true })
		if mine { // that of the leader that is to be paused
			close(held)
			<-release
			return false
		}
		w.Write([]byte(`{"gitVersion": "v1.37.0"}`))
		return true
	}})
	f.add(t, "one", nil, server.Kubeconfig())
	a := f.start(t, "--interval", "2s")
	f.await(t, "one", 30*time.Second, "connected", connected)
	b := f.start(t, "--interval", "2s")
	eventually(t, 30*time.Second, "the second is a candidate", b.ready)

	leader := f.leader(t)
	a.signal(t, syscall.SIGTERM)
	f.follow(t, leader, slack*afterTerm, "SIGTERM")
	<-a.exited
	if code := a.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("after SIGTERM the exit code is %d, want 0", code)
	}

	c := f.start(t, "--interval", "2s")
	eventually(t, 30*time.Second, "the third is a candidate", c.ready)
	leader = f.leader(t)
	b.signal(t, syscall.SIGKILL)
	f.follow(t, leader, slack*afterKill, "SIGKILL")

	d := f.start(t, "--interval", "2s")
	eventually(t, 30*time.Second, "the fourth is a candidate", d.ready)
	leader = f.leader(t)
	hold.Store(true)
	<-held // the leader is in the middle of a check
	c.signal(t, syscall.SIGSTOP)
	f.follow(t, leader, slack*afterKill, "SIGSTOP")
	now, _ := f.await(t, "one", 30*time.Second, "read by the new leader", func(c *cluster.Cluster) bool { return c.Status.Version == "v1.37.0" })
	close(release)
	c.signal(t, syscall.SIGCONT)
	select {
	case <-c.exited:
	case <-time.After(time.Minute):
		t.Fatal("a leader that lost its lease goes on")
	}
	if c.cmd.ProcessState.ExitCode() == 0 {
		t.Error("a leader that lost its lease ended as if asked to")
	}
	time.Sleep(5 * time.Second)
	then, _ := f.await(t, "one", time.Second, "there", func(*cluster.Cluster) bool { return true })
	if then.ResourceVersion != now.ResourceVersion {
		t.Errorf("the status was written again: %+v, then %+v", now.Status, then.Status)
	}
}
