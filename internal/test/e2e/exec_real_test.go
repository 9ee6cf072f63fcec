//go:build real && linux

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
	"github.com/sextant-dev/sextant/internal/test/realcluster/kubeconfig"
)

// twoContexts returns a kubeconfig of which a script should hand on one half.
func twoContexts(t *testing.T) string {
	t.Helper()
	alpha := real.APIServer(t, "alpha")
	return realcluster.Kubeconfig(t, alpha.Context("current", realcluster.LimitedByToken), alpha.Context("pinned", realcluster.Admin))
}

// A program that a script runs reaches the cluster that the script means and
// can reach no other one.
func TestLocalHasOneContext(t *testing.T) {
	kubeconfig := twoContexts(t)
	tools := real.Tools(t)
	dir := script(t, `
cluster = k8s_cluster("pinned")
def run(command):
    return str(local(command, cluster = cluster))

output("seen", {
    "version": decode_json(run(["`+tools.Kubectl+`", "get", "--raw", "/version"]))["gitVersion"],
    "kubeconfig": decode_yaml(run("cat \"$KUBECONFIG\"")),
    "file": run("stat -c %a \"$KUBECONFIG\"").strip(),
    "folder": run("stat -c %a \"$(dirname \"$KUBECONFIG\")\"").strip(),
    "path": run("printf %s \"$KUBECONFIG\""),
})
`)
	text := succeed(t, invocation{args: []string{"output", "seen", "--allow-exec"}, dir: dir, env: []string{"KUBECONFIG=" + kubeconfig}})
	var seen struct {
		Version, File, Folder, Path string
		Kubeconfig                  struct {
			Current  string           `json:"current-context"`
			Clusters []map[string]any `json:"clusters"`
			Users    []map[string]any `json:"users"`
			Contexts []map[string]any `json:"contexts"`
		}
	}
	if err := json.Unmarshal([]byte(text), &seen); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	config := seen.Kubeconfig
	got := []any{seen.Version, seen.File, seen.Folder, config.Current, len(config.Contexts), len(config.Clusters), len(config.Users)}
	want := []any{tools.Version, "600", "700", "pinned", 1, 1, 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what a program saw (-want +got):\n%s\n%s", diff, text)
	}
	if _, err := os.Stat(filepath.Dir(seen.Path)); !os.IsNotExist(err) {
		t.Errorf("the folder of %s is left: %v", seen.Path, err)
	}
}

// holding runs a program that prints where its kubeconfig is and then waits for
// its children. All of them hold the output open and ignore the polite signals.
const holding = `
local("""
    trap '' TERM INT HUP
    sleep 3600 &
    (sleep 3600 & wait) &
    printf %s "$KUBECONFIG" > "$NOTE.new"
    mv "$NOTE.new" "$NOTE"
    wait
""", cluster = k8s_cluster("pinned"))
`

// An interrupt ends the program that a script waits for, with its children, and
// takes the kubeconfig away.
func TestSignalsLeaveNothing(t *testing.T) {
	kubeconfig := twoContexts(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			note := filepath.Join(t.TempDir(), "note")
			dir := script(t, holding)
			r := start(t, invocation{args: []string{"eval", "--allow-exec"}, dir: dir, env: []string{"KUBECONFIG=" + kubeconfig, "NOTE=" + note}})
			eventually(t, "the program runs", func() bool { _, err := os.Stat(note); return err == nil })
			path := read(t, note)
			var config kubeconfigFile
			if err := yaml.Unmarshal([]byte(read(t, path)), &config); err != nil || config.Current != "pinned" {
				t.Errorf("the program's kubeconfig %s is for %q, %v", path, config.Current, err)
			}
			if n := len(marked(t, r.mark)); n < 4 {
				t.Errorf("%d processes run, want the command, a shell and its children", n)
			}

			r.signal(t, s)
			result := r.wait(t)
			if result.code != 130 || result.stdout != "" {
				t.Errorf("ended with %d, want 130, and printed %q", result.code, result.stdout)
			}
			if !strings.Contains(result.stderr, "interrupted") {
				t.Errorf("standard error does not say that it was interrupted:\n%s", result.stderr)
			}
			if _, err := os.Stat(filepath.Dir(path)); !os.IsNotExist(err) {
				t.Errorf("the folder of %s is left: %v", path, err)
			}
		})
	}
}

type kubeconfigFile struct {
	Current string `json:"current-context"`
}

// A credential plugin that hangs, with a child that holds its output, is gone
// when its cluster's time is up, and the run ends.
func TestPluginsLeaveNothing(t *testing.T) {
	api := real.APIServer(t, "alpha")
	for name, plugin := range map[string]*faults.Plugin{"hanging": faults.HangingPlugin(t), "orphaning": faults.OrphaningPlugin(t)} {
		t.Run(name, func(t *testing.T) {
			entry := api.Context("dev", realcluster.Anonymous)
			entry.User = kubeconfig.User{Name: "plugin", Exec: &kubeconfig.Exec{Command: plugin.Path}}
			r := sextant(t, invocation{
				args: []string{"eval", "-o", "yaml", "--timeout", "3s"},
				dir:  script(t, `k8s_cluster("dev")`), env: []string{"KUBECONFIG=" + realcluster.Kubeconfig(t, entry)},
			})
			list := parse(t, r.stdout)
			if len(list.Items) != 1 {
				t.Fatalf("printed %d clusters, want 1", len(list.Items))
			}
			if failed := list.Items[0].Status.Error != ""; failed != (r.code == 3) || name == "hanging" && !failed {
				t.Errorf("ended with %d and the error %q", r.code, list.Items[0].Status.Error)
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
