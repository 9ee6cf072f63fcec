package attack

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// What a run of two thousand clusters may take; docs/reliability.md states it.
const (
	mostFiles  = cluster.DefaultLimit + 40 // a connection for each cluster under way, and the process's own
	mostMemory = 768 << 20
)

// highWater is the most memory that a process has had, in KiB, in /proc/PID/status. Its
// rusage would be that of this test too, which forks to start it.
var highWater = regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`)

// TestManyClusters has as many clusters as keep `make test` quick.
// TestTwoThousandClusters has all.
func TestManyClusters(t *testing.T) { manyClusters(t, 100) }

// manyClusters runs one script with n clusters in a process that may have 1,024
// files open, against API servers on loopback.
func manyClusters(t *testing.T, n int) {
	var most, memory atomic.Int64
	var servers []*clustertest.Kube
	for i := range 20 {
		servers = append(servers, clustertest.NewKube(t, clustertest.KubeFacts{
			Name: fmt.Sprintf("server-%d", i), Version: fmt.Sprintf("v1.36.%d", i), Latency: 5 * time.Millisecond,
			Nodes: []clustertest.Node{clustertest.ArchNode("n", []string{"amd64", "arm64"}[i%2])},
		}))
	}
	var contexts, clusters strings.Builder
	for i := range n {
		fmt.Fprintf(&contexts, "- {name: c%d, context: {cluster: s%d, user: u}}\n", i, i%len(servers))
	}
	for i, s := range servers {
		fmt.Fprintf(&clusters, "- {name: s%d, cluster: {server: %q, insecure-skip-tls-verify: true}}\n", i, s.URL)
	}
	dir := t.TempDir()
	kubeconfig := writeFile(t, "contexts:\n"+contexts.String()+"clusters:\n"+clusters.String()+"users: [{name: u, user: {}}]\n", 0o600, dir, "config")
	writeFile(t, fmt.Sprintf("for i in range(%d):\n    k8s_cluster(context = 'c%%d' %% i)\n", n), 0o644, dir, "Clusterfile")

	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ulimit -n 1024 && exec "$0" "$@"`, command(t),
		"eval", "-o", "yaml", "--timeout", "60s", "--kubeconfig", kubeconfig)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, []string{"HOME=" + dir}, &stdout, &stderr
	started := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var counting sync.WaitGroup
	counting.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			process := filepath.Join("/proc", fmt.Sprint(cmd.Process.Pid))
			if files, err := os.ReadDir(filepath.Join(process, "fd")); err == nil {
				most.Store(max(most.Load(), int64(len(files))))
			}
			if status, err := os.ReadFile(filepath.Join(process, "status")); err == nil {
				if m := highWater.FindSubmatch(status); m != nil {
					kib, _ := strconv.ParseInt(string(m[1]), 10, 64)
					memory.Store(kib << 10)
				}
			}
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	err := cmd.Wait()
	elapsed := time.Since(started)
	close(stop)
	counting.Wait()
	if err != nil {
		t.Fatalf("%v: %.2000s", err, stderr.String())
	}
	list, err := cluster.ParseList("c.yaml", stdout.Bytes())
	if err != nil || len(list.Items) != n {
		t.Fatalf("not %d clusters, %v: %.2000s", n, err, stdout.String())
	}
	for i, c := range list.Items {
		s := i % len(servers)
		if want, arch := fmt.Sprintf("v1.36.%d", s), []string{"amd64", "arm64"}[s%2]; c.Name != fmt.Sprintf("c%d", i) || c.Status.Version != want || c.Status.Arch != arch {
			t.Fatalf("cluster %d: %s %+v, want version %s, arch %s", i, c.Name, c.Status, want, arch)
		}
	}
	connections := 0
	for _, s := range servers {
		connections += s.Connections()
	}
	t.Logf("%d clusters in %s: %d connections, %d files open at most, %d MiB of memory at most", n, elapsed, connections, most.Load(), memory.Load()>>20)
	if connections != n {
		t.Errorf("%d connections for %d clusters", connections, n)
	}
	if most.Load() > mostFiles || most.Load() == 0 {
		t.Errorf("%d files were open, want %d at most", most.Load(), mostFiles)
	}
	if memory.Load() > mostMemory || memory.Load() == 0 {
		t.Errorf("%d MiB of memory, want %d at most", memory.Load()>>20, mostMemory>>20)
	}
}
