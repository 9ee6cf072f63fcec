//go:build real && linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// The API server takes every kind of workload that render prints, and a custom
// resource whose images a locator finds.
func TestRenderedManifestsAreAccepted(t *testing.T) {
	registry := real.Registry(t)
	api, kubeconfig := advertise(t, registry)
	api.Kubectl(t, "", "apply", "-f", "testdata/shop-crd.yaml")
	t.Cleanup(func() { api.Kubectl(t, "", "delete", "-f", "testdata/shop-crd.yaml") })
	api.Kubectl(t, "", "wait", "--for=condition=Established", "--timeout=60s", "crd/shops.example.com")

	workloads := read(t, "testdata/workloads.yaml")
	dir := script(t, webImage+`
k8s_kind("Shop", api_version = "example.com/v1", image_json_path = "{.spec.frontend}")
k8s_kind("Shop", api_version = "example.com/v1", image_object = {
    "json_path": "{.spec.backend}",
    "repo_field": "repository",
    "tag_field": "tag",
})
k8s_yaml("workloads.yaml", cluster = cluster)
`, "workloads.yaml", workloads)
	rendered := succeed(t, invocation{args: []string{"render"}, dir: dir, env: []string{"KUBECONFIG=" + kubeconfig}})

	name := realcluster.SecondName + "/example.com_team_web"
	want := strings.NewReplacer(
		"example.com/team/web:dev", name+":e2e",
		"repository: example.com/team/web\n    tag: dev", "repository: "+name+"\n    tag: e2e",
		"    image: example.com/team/web\n---", "    image: example.com/team/web\n---", // a ConfigMap's
		"example.com/team/web", name+":e2e",
	).Replace(workloads)
	if rendered != want {
		t.Errorf("render printed\n%s\nwant\n%s", rendered, want)
	}
	out := api.Kubectl(t, rendered, "apply", "--dry-run=server", "-f", "-")
	accepted := strings.Count(out, "created (server dry run)")
	if objects := strings.Count(workloads, "\nkind: "); accepted != objects {
		t.Errorf("the API server took %d of %d objects:\n%s", accepted, objects, out)
	}
}

// A node pulls the cluster's name, gets the image that was pushed by the local
// name, and runs it.
func TestNodeRunsWhatWasPushed(t *testing.T) {
	registry, daemon := real.Registry(t), real.Dockerd(t, "one")
	api, kubeconfig := advertise(t, registry)
	kubelet := real.Kubelet(t, api)
	dir := script(t, webImage+`
output("push", web.local)
k8s_yaml("pod.yaml", cluster = cluster)
`, "pod.yaml", fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: e2e-web, namespace: default}
spec:
  nodeName: %s
  hostNetwork: true
  automountServiceAccountToken: false
  enableServiceLinks: false
  containers:
  - {name: main, image: example.com/team/web, imagePullPolicy: Always}
`, kubelet.Node))
	run := invocation{dir: dir, env: []string{"KUBECONFIG=" + kubeconfig}}

	run.args = []string{"output", "push"}
	digest := pushWeb(t, daemon, strings.TrimSpace(succeed(t, run)))

	run.args = []string{"render"}
	rendered := succeed(t, run)
	if name := realcluster.SecondName + "/example.com_team_web:e2e"; !strings.Contains(rendered, name) {
		t.Fatalf("render does not name %s:\n%s", name, rendered)
	}
	api.Kubectl(t, rendered, "apply", "-f", "-")
	t.Cleanup(func() {
		api.Kubectl(t, "", "delete", "pod", "e2e-web", "--grace-period=1", "--wait", "--timeout=60s")
	})
	api.Kubectl(t, "", "wait", "--for=condition=Ready", "pod/e2e-web", "--timeout=60s")
	id := api.Kubectl(t, "", "get", "pod", "e2e-web", "-o", "jsonpath={.status.containerStatuses[0].imageID}")
	if _, got, _ := strings.Cut(id, "@"); got != digest {
		t.Errorf("the pod runs %s, pushed was %s", id, digest)
	}
}
