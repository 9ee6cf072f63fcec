package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// sextant runs a command in this process and returns what a user sees.
func sextant(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	caught := make(chan struct{})
	close(caught)
	code = run(t.Context(), caught, args, &out, &err)
	return code, out.String(), err.String()
}

// TestInit: what it writes is a script that runs and a test that passes offline.
func TestInit(t *testing.T) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{Name: "kind-dev", ConfigMaps: clustertest.LocalRegistry(`host: "localhost:5000"`)})
	kubeconfig := clustertest.WriteKubeconfig(t, api)
	dir := filepath.Join(t.TempDir(), "My Shop")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)

	code, stdout, stderr := sextant(t, "init", "--kubeconfig", kubeconfig)
	if want := "Clusterfile\nclusters.yaml\nwant.outputs.json\n"; code != 0 || stdout != want || stderr != "next: sextant test .\n" {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	script, err := os.ReadFile("Clusterfile")
	if err != nil {
		t.Fatal(err)
	}
	want := `# The clusters of this project. Sextant connects to them, and the script reads
# what they are. sextant doc lists what a script can call.
clusters = [
    k8s_cluster("kind-dev"),
]

# The names of one image: to push from this machine, and to write into manifests.
for cluster in clusters:
    image = cluster.image("my-shop", tag = "dev")
    output(cluster.name, {"push": image.local, "pull": image.cluster, "arch": cluster.status.arch})
`
	if diff := cmp.Diff(want, string(script)); diff != "" {
		t.Error(diff)
	}
	for _, args := range [][]string{{"test"}, {"check"}, {"fmt", "--check"}, {"eval", "--clusters", "clusters.yaml"}} {
		if code, stdout, stderr := sextant(t, args...); code != 0 {
			t.Errorf("%v: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}

	// Nothing is replaced.
	if code, _, stderr := sextant(t, "init", "--kubeconfig", kubeconfig); code != 2 || !strings.Contains(stderr, "Clusterfile exists, and init replaces nothing") {
		t.Errorf("a second time: exit code %d, %s", code, stderr)
	}
	links := t.TempDir()
	if err := os.Symlink(filepath.Join(t.TempDir(), "outside"), filepath.Join(links, "want.outputs.json")); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := sextant(t, "init", "--kubeconfig", kubeconfig, links); code != 2 || !strings.Contains(stderr, "want.outputs.json exists, and init replaces nothing") {
		t.Errorf("a link that leads nowhere: exit code %d, %s", code, stderr)
	}
	if code, _, stderr := sextant(t, "init", "--kubeconfig", kubeconfig, "--context", "kind-def", t.TempDir()); code != 2 || !strings.Contains(stderr, "kind-dev") {
		t.Errorf("a context that is missing: exit code %d, %s", code, stderr)
	}
}

// TestInitNotConnected: only the script is written.
func TestInitNotConnected(t *testing.T) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{Name: "down", Status: map[string]int{"/version": http.StatusUnauthorized}})
	dir := t.TempDir()
	code, stdout, stderr := sextant(t, "init", "--kubeconfig", clustertest.WriteKubeconfig(t, api), dir)
	if code != exitNotConnected || stdout != filepath.Join(dir, "Clusterfile")+"\n" || !strings.Contains(stderr, "&& sextant test --update "+dir) {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestImageName(t *testing.T) {
	for folder, want := range map[string]string{"shop": "shop", "My Shop": "my-shop", "-a--b-": "a-b", "/": "app", "...": "app", "é1": "1"} {
		if got := imageName(folder); got != want {
			t.Errorf("imageName(%q) = %q, want %q", folder, got, want)
		}
	}
}
