//go:build unix

package attack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/localexec"
	"github.com/sextant-dev/sextant/starlark"
)

// TestProgramsAreOff: without --allow-exec no command runs one, whatever the
// script tries.
func TestProgramsAreOff(t *testing.T) {
	for _, call := range []string{"local('touch ran')", "local(['touch', 'ran'])", "kustomize('.')", "helm('.')", "local('touch ran', dir='/')"} {
		script := call + "\ndef test_it():\n    pass\n"
		w := newWorkplace(t, "Clusterfile", script, "a_test.star", script, "want.outputs.json", "{}\n")
		for _, args := range [][]string{{"eval"}, {"output"}, {"render"}, {"image", "busybox"}, {"test"}, {"test", "a_test.star"}, {"test", "--update"}} {
			stdout, stderr, code := w.run(t, nil, args...)
			if code != 1 || !strings.Contains(stdout+stderr, "running programs is off: allow it with --allow-exec") {
				t.Errorf("%s, %q: exit code %d\n%s%s", call, args, code, stdout, stderr)
			}
			if _, err := os.Stat(filepath.Join(w.dir, "ran")); err == nil {
				t.Fatalf("%s, %q: it ran", call, args)
			}
		}
	}
}

// pinned makes a kubeconfig without a cluster behind it.
func pinned(name, namespace string) ([]byte, error) {
	if name == "broken" {
		return nil, errors.New("no such context")
	}
	return []byte(strings.TrimSpace("pinned to "+name+" "+namespace) + "\n"), nil
}

// runLocal runs a script that may run programs, with the temporary folder temp.
func runLocal(t *testing.T, ctx context.Context, temp string, script string, env ...string) (*builtins.Run, error) {
	t.Helper()
	return runLocalWith(t, ctx, temp, script, cluster.Observation{}, env...)
}

// runLocalWith is runLocal with an observation of every cluster.
func runLocalWith(t *testing.T, ctx context.Context, temp, script string, observed cluster.Observation, env ...string) (*builtins.Run, error) {
	t.Helper()
	t.Setenv("TMPDIR", temp)
	runner := &localexec.Runner{Root: t.TempDir(), Env: append([]string{"PATH=" + os.Getenv("PATH")}, env...), Pin: pinned}
	up := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		return observed, nil
	})
	run := builtins.New(builtins.Options{Exec: runner, Resolver: up})
	engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": &fstest.MapFile{Data: []byte(script)}, "sub": &fstest.MapFile{Mode: fs.ModeDir}}}
	err := engine.Run(ctx, "Clusterfile", run)
	if cerr := runner.Close(); cerr != nil {
		t.Error(cerr)
	}
	if _, err := runner.Run(context.Background(), builtins.Command{Args: []string{"true"}}); err == nil {
		t.Error("a closed runner runs programs")
	}
	return run, err
}

// TestKubeconfigOfPrograms: a program finds one context, in a file that only its
// user can read, and the file is gone with the run, however that ends.
func TestKubeconfigOfPrograms(t *testing.T) {
	const look = `
c = k8s_cluster("dev")
def ls(p): return str(local(["ls", "-ld", p])).split(" ")[0][:10]
f = str(local("printf %s $KUBECONFIG"))
output("text", str(local(["cat", f])))
output("file", ls(f))
output("folder", ls(f[:f.rindex("/")]))
output("env", str(local("env | grep ^KUBE | cut -d= -f1 | sort")))
output("none", str(local("cat $KUBECONFIG", cluster=docker_cluster())))
output("namespace", str(local("cat $KUBECONFIG", cluster=k8s_cluster("dev", name="team", namespace="team"))))
`
	temp := t.TempDir()
	run, err := runLocal(t, t.Context(), temp, look, "KUBECONFIG=/mine", "KUBERNETES_SERVICE_HOST=10.0.0.1", "KUBERNETES_SERVICE_PORT=443")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"text": `"pinned to dev\n"`, "file": `"-rw-------"`, "folder": `"drwx------"`, "env": `"KUBECONFIG\nKUBERC\n"`,
		"none": `"apiVersion: v1\nkind: Config\n"`, "namespace": `"pinned to dev team\n"`,
	}
	for _, o := range run.Outputs() {
		if string(o.JSON) != want[o.Name] {
			t.Errorf("%s: got %s, want %s", o.Name, o.JSON, want[o.Name])
		}
	}
	for name, script := range map[string]string{
		"after a failure":       "local('true')\nfail('now')\n",
		"after a program fails": "local('exit 3')\n",
		"after a broken pin":    "local('true')\nlocal('true', cluster=k8s_cluster('broken'))\n",
		"after exit":            "local('true')\nexit()\n",
		"after a limit":         "local('true')\ndef f(): f()\nf()\n",
	} {
		runLocal(t, t.Context(), temp, script)
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%s: left behind %v, %v", name, left, err)
		}
	}
}

// TestProgramsDieWithTheRun: whatever a program starts in its process group ends
// with the run: children in the background, and those that ignore being asked.
// One that makes a session of its own escapes; docs/reliability.md says so.
func TestProgramsDieWithTheRun(t *testing.T) {
	for name, program := range map[string]string{
		"a child in the background":     "sleep 600 & echo $! > %[1]s/pids",
		"a child that holds the output": "(sleep 600; echo late) & echo $! > %[1]s/pids; echo done",
		"one that ignores signals":      "trap '' INT TERM HUP; (trap '' INT TERM HUP; sleep 600) & echo $$ $! > %[1]s/pids; sleep 600",
		"a child of a child":            "sh -c 'sleep 600 & echo $! $$ > %[1]s/pids; wait'",
	} {
		t.Run(name, func(t *testing.T) {
			temp, out := t.TempDir(), t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { // ends the run once the program has said who it is
				defer close(ended)
				defer cancel()
				eventually(t, func() string {
					if len(pids(out)) == 0 {
						return "the program has not begun"
					}
					return ""
				})
			}()
			_, err := runLocal(t, ctx, temp, "local("+strconv.Quote(fmt.Sprintf(program, out))+")\n")
			<-ended
			var canceled *starlark.CanceledError
			if err != nil && !errors.As(err, &canceled) {
				t.Error(err)
			}
			for _, pid := range pids(out) {
				eventually(t, func() string {
					if !gone(pid) {
						return fmt.Sprintf("process %d runs", pid)
					}
					return ""
				})
			}
		})
	}
}

// pids are the numbers that a program wrote.
func pids(dir string) []int {
	data, _ := os.ReadFile(filepath.Join(dir, "pids"))
	if !strings.HasSuffix(string(data), "\n") {
		return nil
	}
	var out []int
	for word := range strings.FieldsSeq(string(data)) {
		if n, err := strconv.Atoi(word); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// gone reports that a process has ended. One that nobody has waited for yet,
// because its parent is gone too, has.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// TestOutputOfPrograms holds it to its limit, and to the time of the program.
func TestOutputOfPrograms(t *testing.T) {
	temp := t.TempDir()
	if _, err := runLocal(t, t.Context(), temp, "local('yes', quiet=True)"); err == nil || !strings.Contains(err.Error(), "sh printed more than 64 MiB") {
		t.Errorf("endless output: %v", err)
	}
	begin := time.Now()
	run, err := runLocal(t, t.Context(), temp, "output('o', str(local('sleep 600 & echo done')))")
	if err != nil || string(run.Outputs()[0].JSON) != `"done\n"` || time.Since(begin) > 30*time.Second {
		t.Errorf("output that never ends: %v after %s", err, time.Since(begin))
	}
}

// TestProgramsThroughLinks: the folder that a script names for a program is not
// one that a link leads out of the root.
func TestProgramsThroughLinks(t *testing.T) {
	w := newWorkplace(t, "Clusterfile", "")
	if err := os.Symlink(w.temp, filepath.Join(w.dir, "out")); err != nil {
		t.Fatal(err)
	}
	for call, want := range map[string]string{
		"local('touch ran', dir='out')":         "the path leaves the root folder of the scripts",
		"local('touch ran', dir='..')":          "leaves the root",
		"local('touch ran', dir='/tmp')":        "leaves the root",
		"local('touch ran', dir='none')":        "no such file",
		"kustomize('out')":                      "the path leaves the root folder of the scripts",
		"helm('out')":                           "the path leaves the root folder of the scripts",
		"helm('.', values=['out/v.yaml'])":      "the path leaves the root folder of the scripts",
		"local('touch ran', dir='Clusterfile')": "not a directory",
	} {
		w.write(t, "Clusterfile", call+"\n")
		if _, stderr, code := w.run(t, nil, "eval", "--allow-exec"); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d\n%s", call, code, stderr)
		}
		if left := w.leftBehind(t); left != nil {
			t.Errorf("%s: left behind %v", call, left)
		}
	}
}

// TestProgramsReachNoClusterThatIsDown: a cluster that the script reached by the
// current context alone may be up again when the program runs, so it stays guarded.
func TestProgramsReachNoClusterThatIsDown(t *testing.T) {
	down := cluster.Observation{Status: cluster.ClusterStatus{
		Error: "refused",
		Connection: &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{
			Context: "gke_acme_prod", Product: "gke",
		}},
	}}
	const look = "k8s_cluster()\noutput('text', str(local('cat $KUBECONFIG')))\n"
	run, err := runLocalWith(t, t.Context(), t.TempDir(), look, down)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(run.Outputs()[0].JSON); strings.Contains(got, "pinned") {
		t.Errorf("it got %s", got)
	}
	var guarded *builtins.ContextNotAllowedError
	const given = "c = k8s_cluster()\nlocal('cat $KUBECONFIG', cluster = c)\n"
	if _, err := runLocalWith(t, t.Context(), t.TempDir(), given, down); !errors.As(err, &guarded) {
		t.Errorf("got %v", err)
	}
	const allowed = "allow_k8s_contexts('gke_acme_prod')\n"
	run, err = runLocalWith(t, t.Context(), t.TempDir(), allowed+look, down)
	if err != nil || !strings.Contains(string(run.Outputs()[0].JSON), "pinned") {
		t.Errorf("allowed: %v", err)
	}
}
