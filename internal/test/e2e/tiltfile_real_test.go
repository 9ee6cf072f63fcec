//go:build real && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// buildsTiltfile has the forms of builds that public Tiltfiles have.
const buildsTiltfile = `
allow_k8s_contexts("dev")
docker_build("acme/base", "base")
docker_build("acme/web", ".", dockerfile = "web/Dockerfile", only = ["base/pause"], build_args = {"FROM_DIR": "base"}, target = "run")
docker_build("acme/job", "base", dockerfile_contents = "FROM acme/base\nENTRYPOINT [\"/pause\"]\n")
custom_build("acme/custom", "docker build --quiet --tag $EXPECTED_REF --file web/Dockerfile --target run --build-arg FROM_DIR=base .", ["base"])
k8s_yaml("pods.yaml")
`

// plannedBuild is what the test needs of an item of builds -o json.
type plannedBuild struct {
	Ref, Local, Cluster string
	Docker              *struct {
		Context, Dockerfile, DockerfileContents, Target string
		BuildArgs                                       map[string]string
	}
	Custom *struct {
		Command struct {
			Args []string
			Dir  string
		}
	}
}

// Images of a Tiltfile are built as builds -o json plans them and pushed by the
// local name; a node pulls and runs them by the cluster's name.
func TestTiltfileIsBuiltAndRuns(t *testing.T) {
	registry, daemon := real.Registry(t), real.Dockerd(t, "one")
	api, kubeconfig := advertise(t, registry)
	kubelet := real.Kubelet(t, api)
	pod := func(name string) string {
		return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: tilt-%s, namespace: default}
spec:
  nodeName: %s
  hostNetwork: true
  automountServiceAccountToken: false
  enableServiceLinks: false
  containers:
  - {name: main, image: acme/%[1]s, imagePullPolicy: Always}
---
`, name, kubelet.Node)
	}
	names := []string{"web", "job", "custom"}
	var pods strings.Builder
	for _, name := range names {
		pods.WriteString(pod(name))
	}
	dir := script(t, "", "Tiltfile", buildsTiltfile, "pods.yaml", pods.String())
	for folder, dockerfile := range map[string]string{
		"base": "FROM scratch\nCOPY pause /pause\n",
		"web":  "FROM scratch AS run\nARG FROM_DIR\nCOPY $FROM_DIR/pause /pause\nENTRYPOINT [\"/pause\"]\nFROM scratch\nCOPY none /none\n",
	} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, folder, "Dockerfile"), dockerfile)
	}
	program, err := os.ReadFile(programs.Path(t, "internal/test/realcluster/pause"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "base", "pause"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	run := invocation{dir: dir, env: []string{"KUBECONFIG=" + kubeconfig}}

	run.args = []string{"builds", "-o", "json", "Tiltfile"}
	var plan struct{ Items []plannedBuild }
	if text := succeed(t, run); json.Unmarshal([]byte(text), &plan) != nil || len(plan.Items) != 4 {
		t.Fatalf("builds -o json printed\n%s", text)
	}
	digests := map[string]string{}
	for _, b := range plan.Items {
		if want := registry.Host + "/" + strings.ReplaceAll(b.Ref, "/", "_"); b.Local != want {
			t.Errorf("%s is pushed as %s, want %s", b.Ref, b.Local, want)
		}
		build(t, daemon, dir, b)
		match := pushedDigest.FindStringSubmatch(docker(t, daemon, "push", b.Local))
		if match == nil {
			t.Fatalf("docker push %s printed no digest", b.Local)
		}
		digests[b.Ref] = match[1]
	}

	run.args = []string{"render", "Tiltfile"}
	rendered := succeed(t, run)
	for _, b := range plan.Items[1:] {
		if !strings.HasPrefix(b.Cluster, realcluster.SecondName+"/") || !strings.Contains(rendered, "image: "+b.Cluster) {
			t.Fatalf("render does not name %s:\n%s", b.Cluster, rendered)
		}
	}
	api.Kubectl(t, rendered, "apply", "-f", "-")
	t.Cleanup(func() {
		api.Kubectl(t, rendered, "delete", "-f", "-", "--grace-period=1", "--wait", "--timeout=60s")
	})
	for _, name := range names {
		api.Kubectl(t, "", "wait", "--for=condition=Ready", "pod/tilt-"+name, "--timeout=60s")
		id := api.Kubectl(t, "", "get", "pod", "tilt-"+name, "-o", "jsonpath={.status.containerStatuses[0].imageID}")
		if _, got, _ := strings.Cut(id, "@"); got != digests["acme/"+name] {
			t.Errorf("the pod of %s runs %s, pushed was %s", name, id, digests["acme/"+name])
		}
	}
}

// build builds one image under its local name, and under its own for the builds that
// start from it.
func build(t *testing.T, daemon *realcluster.Docker, dir string, b plannedBuild) {
	t.Helper()
	t.Cleanup(func() { docker(t, daemon, "image", "rm", "--force", b.Local, b.Ref) })
	if b.Custom != nil {
		cmd := exec.Command(b.Custom.Command.Args[0], b.Custom.Command.Args[1:]...)
		cmd.Dir = filepath.Join(dir, b.Custom.Command.Dir)
		cmd.Env = append(os.Environ(), "EXPECTED_REF="+b.Local, "DOCKER_HOST="+daemon.Host, "DOCKER_CONFIG="+t.TempDir(), "DOCKER_BUILDKIT=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", b.Ref, err, out)
		}
		docker(t, daemon, "tag", b.Local, b.Ref)
		return
	}
	file := filepath.Join(dir, b.Docker.Dockerfile)
	if b.Docker.DockerfileContents != "" {
		file = filepath.Join(t.TempDir(), "Dockerfile")
		write(t, file, b.Docker.DockerfileContents)
	}
	args := []string{"build", "--tag", b.Local, "--tag", b.Ref, "--file", file, "--target", b.Docker.Target}
	for name, value := range b.Docker.BuildArgs {
		args = append(args, "--build-arg", name+"="+value)
	}
	docker(t, daemon, append(args, filepath.Join(dir, b.Docker.Context))...)
}
