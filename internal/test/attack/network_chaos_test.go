package attack

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/kube"
)

var replaySeed = flag.Uint64("network.seed", 0, "run just the schedule with this seed, as a failure of TestNetworkChaos prints it")

// grace is how much later than its deadline a run may end, beside what the
// machine stood still.
const grace = 2 * time.Second

// TestNetworkChaos runs some random schedules, which keeps `make test` quick.
// TestNetworkChaosAll runs ten thousand.
func TestNetworkChaos(t *testing.T) { networkChaos(t, 40, 6) }

// networkChaos runs schedules, some at the same time.
func networkChaos(t *testing.T, schedules, atOnce int) {
	s := newSite(t)
	first := rand.Uint64()
	if *replaySeed != 0 {
		first, schedules = *replaySeed, 1
	}
	before := openFiles()
	pulse := newPulse(t)
	var next, connected, failed, late atomic.Int64
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(schedules) || t.Failed() {
					return
				}
				ok, bad, slow := s.run(t, pulse, first+uint64(i))
				connected.Add(int64(ok))
				failed.Add(int64(bad))
				late.Add(int64(slow))
			}
		})
	}
	workers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, leak := range s.leaks {
		t.Errorf("seeds %d to %d: %s", first, first+uint64(schedules)-1, leak)
	}
	// A schedule that breaks nothing, or all, tests nothing. Those that the deadline
	// ended do not count against the rest: on a busy machine that may be most.
	ok, bad, slow := connected.Load(), failed.Load(), late.Load()
	t.Logf("%d clusters connected, %d did not, %d of those before the deadline", ok, bad, slow)
	if *replaySeed == 0 && (ok < (ok+bad-slow)/10 || bad < (ok+bad)/10) {
		t.Errorf("%d clusters connected and %d did not: the faults are out of balance", ok, bad)
	}
	eventually(t, func() string {
		if now := openFiles(); now > before {
			return fmt.Sprintf("%d files are open, %d were before", now, before)
		}
		return ""
	})
}

// run runs one schedule: a run of a few clusters, each behind a proxy of its
// own that breaks something, all proxies at one host. It returns how many clusters
// connected, how many did not, and how many of those the deadline ended.
func (s *site) run(t *testing.T, pulse *pulse, seed uint64) (connected, failed, late int) {
	r := rand.New(rand.NewPCG(seed, 0))
	deadline := time.Duration(150+r.IntN(150)) * time.Millisecond
	config := clientcmdapi.NewConfig()
	var requests []cluster.Request
	var members []*member
	var story []string
	var addrs []string
	for _, i := range r.Perm(len(s.members))[:3] {
		m, other := s.members[i], s.members[(i+1)%len(s.members)]
		plan, answers := randomPlan(r), randomWrong(r, other)
		if r.IntN(5) == 0 {
			plan = nil
		}
		upstream := m.addr()
		tunneled := m.kube != nil && r.IntN(5) == 0
		if tunneled {
			upstream = s.proxy.Addr
		}
		c, err := startChaos("127.0.0.1:0", upstream, plan, func(from string) {
			if answers != nil && !tunneled {
				s.answers.Store(from, answers)
			}
		})
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return 0, 0, 0
		}
		defer c.close()
		members, addrs = append(members, m), append(addrs, c.addr())
		story = append(story, fmt.Sprintf("%s at %s, tunneled %v: %v; %v", m.name, c.addr(), tunneled, plan, answers))
		req := cluster.Request{Name: m.name}
		if m.docker != nil {
			req.Connection.Docker = &cluster.DockerClusterConnection{Host: "tcp://" + c.addr()}
		} else {
			req.Connection.Kubernetes = &cluster.KubernetesClusterConnection{Context: m.name}
			one := m.kube.Kubeconfig()
			config.Contexts[m.name], config.AuthInfos[m.name], config.Clusters[m.name] = one.Contexts[m.name], one.AuthInfos[m.name], one.Clusters[m.name]
			if tunneled {
				// Go sends nothing for a loopback address to a proxy of the
				// environment, but it does to a proxy-url.
				config.Clusters[m.name].ProxyURL = "http://" + c.addr()
				addrs[len(addrs)-1] = m.addr()
			} else {
				config.Clusters[m.name].Server = "https://" + c.addr()
			}
		}
		requests = append(requests, req)
	}
	fail := func(format string, args ...any) {
		t.Errorf("seed %d (deadline %s): %s\n%s\nagain: go test ./internal/test/attack -run TestNetworkChaos$ -network.seed=%d",
			seed, deadline, fmt.Sprintf(format, args...), strings.Join(story, "\n"), seed)
	}

	observations, elapsed, err := observe(t, config, deadline, requests)
	if err != nil {
		fail("%v", err)
		return 0, 0, 0
	}
	if stood := pulse.longest(); elapsed > deadline+grace+4*stood {
		fail("the run took %s, on a machine that stood still for %s at most", elapsed, stood)
	}
	for i, obs := range observations {
		if problem := s.judge(members[i], addrs[i], obs); problem != "" {
			fail("%s: %s: %+v", members[i].name, problem, obs)
		}
		if obs.Status.Connected() {
			connected++
		} else {
			failed++
		}
		if strings.Contains(obs.Status.Error, "deadline") {
			late++
		}
	}
	return connected, failed, late
}

// observe resolves the requests at the same time, as a run does.
func observe(t testing.TB, config *clientcmdapi.Config, deadline time.Duration, requests []cluster.Request) ([]cluster.Observation, time.Duration, error) {
	file, err := os.CreateTemp(t.TempDir(), "kubeconfig-")
	if err != nil {
		return nil, 0, err
	}
	defer os.Remove(file.Name())
	if err := file.Close(); err != nil {
		return nil, 0, err
	}
	if err := clientcmd.WriteToFile(*config, file.Name()); err != nil {
		return nil, 0, err
	}
	k := kube.New(kube.Options{Kubeconfig: file.Name(), Env: []string{}})
	defer k.Close()
	live := cluster.ByKind{Kubernetes: k, Docker: docker.New(docker.Options{Env: []string{}})}
	// The deadline counts from here: nothing before it is about the network.
	if _, err := k.Contexts(); err != nil {
		return nil, 0, err
	}
	started := time.Now()
	futures := cluster.NewFutures(t.Context(), cluster.Share(cluster.Limit(cluster.Timeout(live, deadline), 0), k.Named))
	var all []*cluster.Future
	for _, req := range requests {
		all = append(all, futures.Start(req))
	}
	observations := make([]cluster.Observation, len(all))
	for i, f := range all {
		obs, waitErr := f.Wait(t.Context())
		if waitErr != nil {
			err = waitErr
		}
		observations[i] = obs
	}
	futures.Close()
	return observations, time.Since(started), err
}

// judge describes what is wrong with an observation of m by way of addr: it has m's
// facts, or an error, and nothing of another server.
func (s *site) judge(m *member, addr string, obs cluster.Observation) string {
	status := obs.Status
	var registry string
	if status.Registry != nil {
		registry = status.Registry.Host
	}
	if endpoint := obs.Status.Endpoint; !strings.HasSuffix(endpoint, "://"+addr) {
		return "the endpoint is not its own, " + addr
	}
	text := fmt.Sprintf("%+v", status)
	for _, other := range s.members {
		if other.token != "" && strings.Contains(text, other.token) {
			return "a credential is in the observation"
		}
		if other != m && (status.Version == other.version || status.Arch == other.arch || registry != "" && registry == other.registry) {
			return "it has a fact of " + other.name
		}
	}
	if !status.Connected() {
		switch {
		case status.Error == "":
			return "neither connected nor an error"
		case status.Version != "" || status.Arch != "" || registry != "":
			return "not connected, and yet observed"
		}
		return ""
	}
	switch {
	case status.Error != "":
		return "connected, and an error"
	case status.Version != m.version:
		return "want version " + m.version
	case m.docker != nil && status.Arch != m.arch:
		return "want arch " + m.arch
	case m.docker != nil:
		return ""
	case status.Arch != m.arch && (status.Arch != cluster.ArchUnknown || obs.Status.ArchReason == ""):
		return "want arch " + m.arch + ", or why it is unknown"
	case registry != m.registry && (registry != "" || obs.Status.RegistryReason == ""):
		return "want registry " + m.registry + ", or why there is none"
	}
	return ""
}

// pulse measures how long a machine that does much else lets a process wait.
type pulse struct{ gap atomic.Int64 }

func newPulse(t *testing.T) *pulse {
	p := &pulse{}
	stop := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-stop:
				return
			case <-tick.C:
				p.gap.Store(max(p.gap.Load(), int64(time.Since(last))))
				last = time.Now()
			}
		}
	})
	t.Cleanup(func() { close(stop); beating.Wait() })
	return p
}

func (p *pulse) longest() time.Duration { return time.Duration(p.gap.Load()) }

// openFiles is how many files and sockets this process has open; 0 if that
// is not to be found out. A copy between two sockets takes a pipe from a pool,
// which only the collector closes: uncollected, a proxy's pipes look like a leak.
func openFiles() int {
	if runtime.GOOS != "linux" {
		return 0
	}
	runtime.GC()
	all, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return 0
	}
	return len(all)
}

// eventually waits until nothing is wrong any more.
func eventually(t testing.TB, wrong func() string) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		text := wrong()
		if text == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("still after %s: %s", patience, text)
		}
	}
}
