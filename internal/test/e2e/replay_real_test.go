//go:build real && linux

package e2e

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// replayed names images, hands out outputs and manifests, and reads all that a
// run can learn of a cluster.
const replayed = `
dev = k8s_cluster("dev", namespace = "shop")
limited = k8s_cluster("limited")
current = k8s_cluster()
host = docker_cluster(str(read_file("docker")), default_registry = "localhost:5001")

web = dev.image("example.com/team/web", tag = "e2e")
output("dev", dev)
output("limited", [limited.connected, limited.registry_source, limited.architectures])
output("context", [k8s_context(), k8s_namespace()])
output("names", [web.local, web.cluster, host.image("busybox").local])
print(str(dev.status.connected_at), limited.status.arch, host.status.version)
k8s_yaml("pod.yaml", cluster = dev)
`

const pod = `# a pod
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: main, image: example.com/team/web}
`

// What was recorded once is what every later run prints, byte by byte, without
// any network.
func TestReplayWithoutNetwork(t *testing.T) {
	api, _ := advertise(t, real.Registry(t))
	api.Apply(t, realcluster.Node("replay-1", "arm64", nil))
	t.Cleanup(func() { api.Kubectl(t, "", "delete", "node", "replay-1") })
	daemon := real.Dockerd(t, "one")
	dir := script(t, replayed, "pod.yaml", pod, "docker", daemon.Host)
	kubeconfig := realcluster.Kubeconfig(t, api.Context("dev", realcluster.Admin), api.Context("limited", realcluster.Limited))
	live := []string{"KUBECONFIG=" + kubeconfig}

	broken := filepath.Join(t.TempDir(), "broken")
	write(t, broken, "{ this is no kubeconfig")
	garbage := []string{"KUBECONFIG=" + broken, "DOCKER_HOST=garbage://nowhere", "DOCKER_CONFIG=" + broken}

	// The namespace really cuts the network off.
	cut := sextant(t, invocation{args: []string{"eval", "-o", "json", "--timeout", "3s"}, dir: dir, env: live, offline: true})
	if cut.code == 0 {
		t.Fatalf("without a network the clusters are connected:\n%s", cut.stdout)
	}

	for _, format := range []string{"yaml", "json"} {
		t.Run(format, func(t *testing.T) {
			recorded := succeed(t, invocation{args: []string{"eval", "-o", format}, dir: dir, env: live})
			if list := parse(t, recorded); len(list.Items) != 4 {
				t.Fatalf("recorded %d clusters, want 4:\n%s", len(list.Items), recorded)
			}
			file := filepath.Join(t.TempDir(), "clusters."+format)
			write(t, file, recorded)
			again := sextant(t, invocation{args: []string{"eval", "-o", format, "--clusters", file}, dir: dir, env: garbage, offline: true})
			if again.code != 0 {
				t.Fatalf("the replay ended with %d:\n%s", again.code, again.stderr)
			}
			if diff := cmp.Diff(recorded, again.stdout); diff != "" {
				t.Errorf("the replay of what was recorded (-recorded +replayed):\n%s", diff)
			}
		})
	}
}

// What scripts make of a replay is what they made of the clusters themselves.
func TestReplayedResults(t *testing.T) {
	api, _ := advertise(t, real.Registry(t))
	daemon := real.Dockerd(t, "one")
	dir := script(t, replayed, "pod.yaml", pod, "docker", daemon.Host)
	env := []string{"KUBECONFIG=" + realcluster.Kubeconfig(t, api.Context("dev", realcluster.Admin), api.Context("limited", realcluster.Limited))}
	file := filepath.Join(t.TempDir(), "clusters.yaml")
	write(t, file, succeed(t, invocation{args: []string{"eval", "-o", "yaml"}, dir: dir, env: env}))

	for _, args := range [][]string{
		{"output", "names"}, {"output", "limited"}, {"output", "context"}, {"render", "--cluster", "dev"}, {"image", "example.com/team/web"},
	} {
		t.Run(args[0]+" "+args[1], func(t *testing.T) {
			want := succeed(t, invocation{args: args, dir: dir, env: env})
			got := succeed(t, invocation{args: append(args, "--clusters", file), dir: dir, offline: true})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sextant %q (-live +replayed):\n%s", args, diff)
			}
		})
	}
}
