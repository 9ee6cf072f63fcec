//go:build real && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

const shopManifests = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {image: example.com/team/web} # no image
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example.com/team/web # of today
`

// shopGolden is what render makes of them for a cluster that advertises the registry
// of shopHosting.
var shopGolden = strings.Replace(shopManifests, "image: example.com/team/web # of", "image: registry:5000/example.com_team_web:v2 # of", 1)

const shopHosting = "host: localhost:5000\nhostFromContainerRuntime: registry:5000\n"

// shop is a script for one of two clusters, while the current context is the other's.
type shop struct {
	elsewhere, meant *realcluster.APIServer
	invocation
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{elsewhere: real.APIServer(t, "alpha"), meant: real.APIServer(t, "beta")}
	namespace := realcluster.Object{"apiVersion": "v1", "kind": "Namespace", "metadata": realcluster.Object{"name": "shop"}}
	s.meant.Apply(t, realcluster.LocalRegistryHosting(shopHosting), namespace)
	s.elsewhere.Apply(t, namespace)
	t.Cleanup(func() {
		s.meant.Kubectl(t, "", "delete", "configmap", "local-registry-hosting", "--namespace", "kube-public")
		for _, api := range []*realcluster.APIServer{s.meant, s.elsewhere} {
			api.Kubectl(t, "", "delete", "deployments,configmaps", "--all", "--namespace", "shop")
		}
	})
	bin := t.TempDir()
	if err := os.Symlink(real.Tools(t).Kubectl, filepath.Join(bin, "kubectl")); err != nil {
		t.Fatal(err)
	}
	s.dir = script(t, `
cluster = k8s_cluster("dev", namespace = "shop")
cluster.image("example.com/team/web", tag = "v2")
k8s_yaml("shop.yaml")
`, "shop.yaml", shopManifests)
	// A file of defaults for kubectl's flags that leads elsewhere, whatever KUBECONFIG is.
	kuberc := "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n"
	elsewhere := realcluster.Kubeconfig(t, s.elsewhere.Context("elsewhere", realcluster.Admin))
	for _, command := range []string{"apply", "create configmap", "config current-context"} {
		kuberc += fmt.Sprintf("- command: %s\n  options: [{name: kubeconfig, default: %q}]\n", command, elsewhere)
	}
	write(t, filepath.Join(bin, "kuberc"), kuberc)
	s.env = []string{
		"KUBERC=" + filepath.Join(bin, "kuberc"),
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"KUBECONFIG=" + realcluster.Kubeconfig(t, s.elsewhere.Context("elsewhere", realcluster.Admin), s.meant.Context("dev", realcluster.Admin)),
	}
	return s
}

// run runs a command of the shop with what the shell in it reads.
func (s *shop) run(t *testing.T, args ...string) result {
	t.Helper()
	in := s.invocation
	in.args = args
	return sextant(t, in)
}

// deployed is what an API server has of the shop.
type deployed struct {
	Image   string // of the Deployment; empty: there is none
	Setting string // in the ConfigMap
	Applied bool   // server-side, by the field manager sextant
}

func deployedOn(t *testing.T, api *realcluster.APIServer) (d deployed) {
	t.Helper()
	var list struct {
		Items []struct {
			Metadata struct {
				Name          string
				ManagedFields []struct{ Manager, Operation string }
			}
			Data map[string]string
			Spec struct {
				Template struct {
					Spec struct{ Containers []struct{ Image string } }
				}
			}
		}
	}
	for _, path := range []string{"/apis/apps/v1/namespaces/shop/deployments", "/api/v1/namespaces/shop/configmaps"} {
		if err := json.Unmarshal([]byte(api.Kubectl(t, "", "get", "--raw", path)), &list); err != nil {
			t.Fatal(err)
		}
		for _, item := range list.Items {
			for _, c := range item.Spec.Template.Spec.Containers {
				d.Image = c.Image
			}
			if text := item.Data["image"]; text != "" {
				d.Setting = text
			}
			for _, m := range item.Metadata.ManagedFields {
				d.Applied = d.Applied || m.Manager == "sextant" && m.Operation == "Apply"
			}
		}
	}
	return d
}

// What render prints is applied, server-side, to the cluster that the script means,
// whatever context is current.
func TestApplyReachesTheClusterMeant(t *testing.T) {
	s := newShop(t)
	if r := s.run(t, "render"); r.code != 0 || r.stdout != shopGolden {
		t.Fatalf("render ended with %d and printed (-want +got):\n%s%s", r.code, cmp.Diff(shopGolden, r.stdout), r.stderr)
	}
	want := deployed{Image: "registry:5000/example.com_team_web:v2", Setting: "example.com/team/web", Applied: true}
	check := func(what string, want deployed) {
		t.Helper()
		if got := deployedOn(t, s.meant); got != want {
			t.Errorf("after %s the cluster has %+v, want %+v", what, got, want)
		}
		if got := deployedOn(t, s.elsewhere); got != (deployed{}) {
			t.Errorf("after %s the current context's cluster has %+v", what, got)
		}
	}

	if r := s.run(t, "apply", "--dry-run"); r.code != 0 || strings.Count(r.stdout, "serverside-applied (server dry run)") != 2 {
		t.Errorf("a dry run ended with %d: %s%s", r.code, r.stdout, r.stderr)
	}
	check("a dry run", deployed{})
	for _, args := range [][]string{{"apply"}, {"apply", "dev"}, {"apply", "cluster.tilt.dev/dev"}} {
		if r := s.run(t, args...); r.code != 0 || strings.Count(r.stdout, "serverside-applied") != 2 {
			t.Errorf("%q ended with %d: %s%s", args, r.code, r.stdout, r.stderr)
		}
		check(strings.Join(args, " "), want)
	}

	// Another manager has a field: kubectl's own exit code, and nothing changes.
	s.meant.Kubectl(t, "", "--namespace", "shop", "patch", "deployment", "web", "--field-manager=other", "--type=json",
		`--patch=[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "other"}]`)
	other := want
	other.Image = "other"
	if r := s.run(t, "apply"); r.code != 1 || !strings.Contains(r.stderr, `conflict with "other"`) {
		t.Errorf("a conflict ended with %d: %s%s", r.code, r.stdout, r.stderr)
	}
	check("a conflict", other)
	if r := s.run(t, "apply", "--force-conflicts"); r.code != 0 {
		t.Errorf("--force-conflicts ended with %d: %s", r.code, r.stderr)
	}
	check("--force-conflicts", want)
}

// A program that exec runs reaches the cluster meant and can reach no other one, and
// nothing is run for a cluster that the script may not use.
func TestExecReachesTheClusterMeant(t *testing.T) {
	s := newShop(t)
	if r := s.run(t, "exec", "dev", "--", "sh", "-ec", `
kubectl create configmap made --from-literal=image=by-exec
kubectl config current-context
kubectl config get-contexts -o name
if kubectl --context elsewhere get namespaces; then exit 9; fi
exit 7`); r.code != 7 || r.stdout != "configmap/made created\ndev\ndev\n" {
		t.Errorf("ended with %d: %s%s", r.code, r.stdout, r.stderr)
	}
	if got, want := deployedOn(t, s.meant), (deployed{Setting: "by-exec"}); got != want {
		t.Errorf("the cluster has %+v, want %+v", got, want)
	}

	// A pipe, as the help text has it.
	pipe := exec.Command("sh", "-ec", "$SEXTANT render --cluster dev | $SEXTANT exec dev -- kubectl apply --server-side --field-manager=sextant -f -")
	pipe.Dir, pipe.Env = s.dir, append([]string{"SEXTANT=" + programs.Path(t, "cmd/sextant"), "HOME=" + t.TempDir()}, s.env...)
	if out, err := pipe.CombinedOutput(); err != nil {
		t.Errorf("the pipe: %v: %s", err, out)
	}
	if got, want := deployedOn(t, s.meant), "registry:5000/example.com_team_web:v2"; got.Image != want || !got.Applied {
		t.Errorf("after the pipe the cluster has %+v, want image %s", got, want)
	}

	// Without a context the script means whatever is current, and that is not allowed.
	write(t, filepath.Join(s.dir, "Clusterfile"), "k8s_cluster(namespace = \"shop\").image(\"example.com/team/web\")\nk8s_yaml(\"shop.yaml\")\n")
	for _, args := range [][]string{{"apply"}, {"exec", "default", "--", "kubectl", "apply", "-f", "shop.yaml"}} {
		if r := s.run(t, args...); r.code != 1 || !strings.Contains(r.stderr, `allow_k8s_contexts("elsewhere")`) {
			t.Errorf("%q on a context that is not allowed ended with %d: %s%s", args, r.code, r.stdout, r.stderr)
		}
	}
	if got := deployedOn(t, s.elsewhere); got != (deployed{}) {
		t.Errorf("the current context's cluster has %+v", got)
	}
}

// While the store of a cluster is paused, render prints the right names, or fails
// with the reason and prints nothing. It never prints other names.
func TestRenderWhileTheStoreStands(t *testing.T) {
	s := newShop(t)
	etcd := real.Etcd(t)

	var mu sync.Mutex
	outcomes := map[string]int{}
	count := func(outcome string) int {
		mu.Lock()
		defer mu.Unlock()
		outcomes[outcome]++
		return outcomes[outcome]
	}
	seen := func(outcome string) int {
		mu.Lock()
		defer mu.Unlock()
		return outcomes[outcome]
	}
	const right, unknown = "right names", "unknown"
	const reason = `the registry of cluster "dev" is unknown (unreadable: `
	stopped := make(chan struct{})
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				switch r := s.run(t, "render", "--timeout", "3s"); {
				case r.code == 0 && r.stdout == shopGolden:
					count(right)
				case r.code == 1 && r.stdout == "" && strings.Contains(r.stderr, reason):
					count(unknown)
				default:
					t.Errorf("outcome %d: ended with %d and printed\n%s\n%s", count("other"), r.code, r.stdout, r.stderr)
				}
			}
		})
	}
	end := sync.OnceFunc(func() { close(stopped); running.Wait() })
	defer end()
	// Round after round, so that the store stops at any step of a run.
	for round := 1; round <= 3; round++ {
		rights, unknowns := seen(right), seen(unknown)
		eventually(t, "names are right", func() bool { return seen(right) > rights || seen("other") > 0 })
		resume := etcd.Pause(t)
		eventually(t, "the registry is unknown", func() bool { return seen(unknown) > unknowns || seen("other") > 0 })
		resume()
	}
	rights := seen(right)
	eventually(t, "names are right again", func() bool { return seen(right) > rights || seen("other") > 0 })
	end()
	t.Logf("outcomes: %v", outcomes)
}
