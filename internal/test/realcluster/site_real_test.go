//go:build real

package realcluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/test/realcluster/process"
)

// Everything at once, stopped while a pod runs, leaves nothing behind.
func TestCloseLeavesNothing(t *testing.T) {
	before := children(t)
	site := New()
	closed := false
	defer func() {
		if !closed {
			t.Error(site.Close())
		}
	}()
	api := site.APIServer(t, "alpha")
	site.SSH(t, site.Dockerd(t, "one"))
	site.Podman(t)
	kubelet := site.Kubelet(t, api)
	dir := filepath.Dir(filepath.Dir(kubelet.Log))
	site.Registry(t).PushPause(t, "web", "1")
	api.Apply(t, pod(kubelet, "last", site.Registry(t).Host+"/web:1"))
	api.Kubectl(t, "", "wait", "--for=condition=Ready", "pod/last", "--timeout=60s")
	uid := api.Kubectl(t, "", "get", "pod", "last", "-o", "jsonpath={.metadata.uid}")

	started := time.Now()
	err := site.Close()
	closed = true
	if err != nil {
		t.Error(err)
	}
	t.Logf("closed in %s", time.Since(started).Round(time.Millisecond))
	if after := children(t); len(after) != len(before) {
		t.Errorf("processes before: %v, after: %v", before, after)
	}
	left, err := process.Mentioning(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
	traces, err := filepath.Glob("/var/log/containers/last_default_*")
	if cgroups, _ := filepath.Glob("/sys/fs/cgroup/*/kubepods/*/pod" + uid); err != nil || len(traces)+len(cgroups) > 0 {
		t.Errorf("traces of the pod are left: %v, %v, %v", traces, cgroups, err)
	}
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || strings.Contains(string(mounts), dir) {
		t.Errorf("mounts are left: %v", err)
	}
}

func children(t *testing.T) []string {
	t.Helper()
	list, err := process.Descendants(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, p := range list {
		commands = append(commands, fmt.Sprintf("%d %s", p.PID, p.Command))
	}
	return commands
}
