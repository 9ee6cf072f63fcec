//go:build real && unix

package kube_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// A store that is paused makes the registry unknown, never none: no run in the
// middle of that may print names without it.
func TestRealRegistryUnknown(t *testing.T) {
	api := seeded(t)
	etcd := real.Etcd(t)
	file := realcluster.Kubeconfig(t, api.Context("ctx", realcluster.Admin))
	var mu sync.Mutex
	sources := map[string]int{}
	stopped := make(chan struct{})
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				obs := resolveWith(t, kube.Options{Kubeconfig: file, Env: []string{}}, "", 6*time.Second)
				if !obs.Status.Connected() {
					t.Errorf("not connected: %s", obs.Status.Error)
				}
				s := obs.Status
				if (s.Registry != nil) != (s.RegistrySource == cluster.SourceConfigMap) || s.RegistrySource == cluster.SourceUnknown && !strings.HasPrefix(s.RegistryReason, cluster.ReasonUnreadable) {
					t.Errorf("registry %v, source %q, reason %q", s.Registry, s.RegistrySource, s.RegistryReason)
				}
				mu.Lock()
				sources[s.RegistrySource]++
				mu.Unlock()
			}
		})
	}
	end := sync.OnceFunc(func() { close(stopped); running.Wait() })
	defer end()
	// more waits for so many more observations with a source.
	more := func(source string, n int) {
		t.Helper()
		seen := func() int {
			mu.Lock()
			defer mu.Unlock()
			return sources[source]
		}
		first := seen()
		for deadline := time.Now().Add(2 * time.Minute); seen() < first+n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d observations more with source %q, want %d", seen()-first, source, n)
			}
		}
	}
	more(cluster.SourceConfigMap, 20)
	resume := etcd.Pause(t)
	more(cluster.SourceUnknown, 4) // each of the four, in the middle of a run
	resume()
	more(cluster.SourceConfigMap, 20)
	end()
	t.Logf("the sources of the registry: %v", sources)
	if len(sources) != 2 || sources[cluster.SourceConfigMap] == 0 || sources[cluster.SourceUnknown] == 0 {
		t.Errorf("sources %v, want configmap and unknown", sources)
	}
}

// A user who may not read kube-public is warned, and what the warning shows is
// what makes it readable.
func TestRealRegistryForbidden(t *testing.T) {
	api := real.APIServer(t, "kube-forbidden")
	api.Apply(t, realcluster.LocalRegistryHosting("host: localhost:5000"))
	entry := api.Context("ctx", realcluster.Limited)
	obs := resolveEntries(t, "", entry)
	if s := obs.Status; !s.Connected() || s.RegistrySource != "none" || s.RegistryReason != "forbidden" {
		t.Fatalf("%+v", s)
	}
	warnings := cluster.RegistryWarnings(&cluster.Declaration{}, obs, true)
	if len(warnings) != 1 {
		t.Fatalf("warnings %q, want one", warnings)
	}
	_, commands, ok := strings.Cut(warnings[0], "can allow it with: ")
	if !ok {
		t.Fatal(warnings[0])
	}
	for command := range strings.SplitSeq(commands, "; ") {
		api.Kubectl(t, "", strings.Fields(command)[1:]...)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) { // RBAC takes a moment
		s := resolveEntries(t, "", entry).Status
		if s.Registry != nil && s.Registry.Host == "localhost:5000" && s.RegistryReason == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still %q, %q", s.RegistrySource, s.RegistryReason)
		}
	}
}

// The older ways to advertise a registry, on a real API server.
func TestRealRegistrySources(t *testing.T) {
	api := real.APIServer(t, "kube-sources")
	controlPlane := realcluster.Node("a", "amd64", nil)
	controlPlane["metadata"].(realcluster.Object)["labels"].(map[string]string)["node-role.kubernetes.io/control-plane"] = ""
	api.Apply(t, controlPlane,
		realcluster.Node("b", "arm64", map[string]string{"tilt.dev/registry": "localhost:1", "tilt.dev/registry-from-cluster": "registry:1"}),
		realcluster.Node("c", "arm64", map[string]string{"kind.x-k8s.io/registry": "localhost:2"}),
		realcluster.Object{"apiVersion": "v1", "kind": "Namespace", "metadata": realcluster.Object{"name": "container-registry"}},
		realcluster.Object{"apiVersion": "v1", "kind": "Service", "metadata": realcluster.Object{"name": "registry", "namespace": "container-registry"},
			"spec": realcluster.Object{"type": "NodePort", "ports": []realcluster.Object{{"name": "registry", "port": 5000, "nodePort": 32000}}}})
	for _, tc := range []struct {
		context, cluster string
		source           string
		want             *cluster.RegistryHosting
	}{
		{"plain", "plain", "node-annotation", &cluster.RegistryHosting{Host: "localhost:1", HostFromContainerRuntime: "registry:1"}},
		{"microk8s", "microk8s-cluster", "microk8s", &cluster.RegistryHosting{Host: "localhost:32000"}},
	} {
		entry := api.Context(tc.context, realcluster.Admin)
		entry.Cluster.Name = tc.cluster
		s := resolveEntries(t, tc.context, entry).Status
		if diff := cmp.Diff(tc.want, s.Registry); diff != "" || s.RegistrySource != tc.source {
			t.Errorf("%s: source %q, %s%s", tc.context, s.RegistrySource, diff, s.Error)
		}
		if s.Arch != "arm64" || s.ArchReason != "" {
			t.Errorf("%s: arch %q, %q: the control plane counts", tc.context, s.Arch, s.ArchReason)
		}
	}
	api.Apply(t, realcluster.Node("b", "arm64", map[string]string{"other": "x"}))
	if s := resolveEntries(t, "plain", api.Context("plain", realcluster.Admin)).Status; s.Registry == nil || s.Registry.Host != "localhost:2" {
		t.Errorf("kind's annotation: %v, %q", s.Registry, s.RegistrySource)
	}
}
