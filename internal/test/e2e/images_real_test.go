//go:build real && linux

package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// advertise returns an API server that advertises the registry, by the name this
// machine has for it and by the one that nodes have, and a kubeconfig for it.
func advertise(t *testing.T, registry *realcluster.Registry) (api *realcluster.APIServer, kubeconfig string) {
	t.Helper()
	api = real.APIServer(t, "alpha")
	api.Apply(t, realcluster.LocalRegistryHosting(fmt.Sprintf(
		"host: %q\nhostFromContainerRuntime: %q\n", registry.Host, realcluster.SecondName)))
	t.Cleanup(func() {
		api.Kubectl(t, "", "delete", "configmap", "local-registry-hosting", "--namespace", "kube-public")
	})
	return api, realcluster.Kubeconfig(t, api.Context("dev", realcluster.Admin))
}

const webImage = `
cluster = k8s_cluster("dev")
web = cluster.image("example.com/team/web", tag = "e2e")
`

// The name that a script calls local is one that docker push takes, and what
// was pushed can be read back by it.
func TestPushByTheLocalName(t *testing.T) {
	registry, daemon := real.Registry(t), real.Dockerd(t, "one")
	_, kubeconfig := advertise(t, registry)
	run := invocation{dir: script(t, webImage+`output("push", web.local)`), env: []string{"KUBECONFIG=" + kubeconfig}}

	run.args = []string{"output", "push"}
	name := strings.TrimSuffix(succeed(t, run), "\n")
	if want := registry.Host + "/example.com_team_web:e2e"; name != want {
		t.Fatalf("the local name is %q, want %q", name, want)
	}
	pushed := pushWeb(t, daemon, name)
	if read := digestOf(t, name); read != pushed {
		t.Errorf("pushed %s, read back %s under %s", pushed, read, name)
	}

	type names struct{ ClusterName, Local, Cluster string }
	want := []names{{"dev", name, realcluster.SecondName + "/example.com_team_web:e2e"}}
	run.args = []string{"image", "-o", "json", "example.com/team/web:e2e"}
	var got []names
	if text := succeed(t, run); json.Unmarshal([]byte(text), &got) != nil {
		t.Fatalf("image -o json printed\n%s", text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the names that sextant image shows (-want +got):\n%s", diff)
	}
	run.args = []string{"image", "example.com/team/web:e2e"}
	table := strings.Fields(succeed(t, run))
	for _, cell := range []string{want[0].Local, want[0].Cluster} {
		if !slices.Contains(table, cell) {
			t.Errorf("the table of sextant image does not show %s: %q", cell, table)
		}
	}
}

var pushedDigest = regexp.MustCompile(`digest: (sha256:[0-9a-f]{64})`)

// pushWeb makes an image of one static program, which runs until it is asked to
// end, pushes it by its name, and returns the digest that the push printed.
func pushWeb(t *testing.T, daemon *realcluster.Docker, name string) (digest string) {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile(programs.Path(t, "internal/test/realcluster/pause"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "web"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\nCOPY web /web\nENTRYPOINT [\"/web\"]\n")
	docker(t, daemon, "build", "--tag", name, dir)
	t.Cleanup(func() { docker(t, daemon, "image", "rm", name) })
	out := docker(t, daemon, "push", name)
	match := pushedDigest.FindStringSubmatch(out)
	if match == nil {
		t.Fatalf("docker push told no digest:\n%s", out)
	}
	return match[1]
}

func docker(t *testing.T, daemon *realcluster.Docker, args ...string) string {
	t.Helper()
	cmd := exec.Command("docker", args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+daemon.Host, "DOCKER_CONFIG="+t.TempDir(), "DOCKER_BUILDKIT=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// digestOf asks the registry of a name, in plain HTTP, for the manifest and
// returns its digest, as the registry reports it and as it is.
func digestOf(t *testing.T, name string) string {
	t.Helper()
	host, path, _ := strings.Cut(name, "/")
	repository, tag, _ := strings.Cut(path, ":")
	url := "http://" + host + "/v2/" + repository + "/manifests/" + tag
	head, _ := ask(t, http.MethodHead, url)
	_, body := ask(t, http.MethodGet, url)
	said, is := head.Get("Docker-Content-Digest"), fmt.Sprintf("sha256:%x", sha256.Sum256(body))
	if said != is {
		t.Errorf("the registry says that %s is %s, and it is %s", name, said, is)
	}
	return said
}

func ask(t *testing.T, method, url string) (http.Header, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Without these a registry may convert the manifest, which has another
	// digest then.
	req.Header.Add("Accept", "application/vnd.docker.distribution.manifest.v2+json")
	req.Header.Add("Accept", "application/vnd.oci.image.manifest.v1+json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v", method, url, resp.Status, err)
	}
	return resp.Header, body
}
