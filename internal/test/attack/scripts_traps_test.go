//go:build unix

package attack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// traps makes a folder of programs that note that they were started. It returns
// the folder, to be all of PATH, and what was started so far.
func traps(t *testing.T) (folder string, started func() string) {
	t.Helper()
	folder = t.TempDir()
	note := filepath.Join(t.TempDir(), "started")
	for _, name := range []string{"sh", "bash", "env", "cat", "touch", "git", "helm", "kustomize", "kubectl", "docker", "docker-compose", "docker-buildx", "tilt", "go", "make", "ssh"} {
		text := "#!/bin/sh\necho " + name + " \"$@\" >> " + note + "\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder, func() string {
		data, err := os.ReadFile(note)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(data)
	}
}

// TestNoProgramStarts: without --allow-exec, and with answers from a recording, no
// command starts a program, whatever the script calls.
func TestNoProgramStarts(t *testing.T) {
	path, started := traps(t)
	const calls = `
def ask(name):
    calls = {
        "shell": lambda: local("git rev-parse HEAD"),
        "program": lambda: local(["git", "rev-parse", "HEAD"]),
        "stdin": lambda: local("cat", stdin="x", env={"A": "b"}, quiet=True),
        "kustomize": lambda: kustomize("overlay"),
        "helm": lambda: helm("chart"),
    }
    return calls[name]()
`
	const recording = `programs:
- {shell: git rev-parse HEAD, stdout: a}
- {args: [git, rev-parse, HEAD], stdout: b}
- {shell: cat, stdin: x, env: {A: b}, stdout: c}
- {args: [kustomize, build, ./overlay], stdout: d}
- {args: [helm, template, chart, ./chart, --include-crds], stdout: e}
`
	for i, name := range []string{"shell", "program", "stdin", "kustomize", "helm"} {
		script := calls + "output('o', str(ask('" + name + "')))\n"
		w := newWorkplace(t, "Clusterfile", script, "overlay/kustomization.yaml", "", "chart/Chart.yaml", "", "exec.txt", recording,
			"want.outputs.json", "{}\n")
		env := []string{"PATH=" + path}
		for _, args := range [][]string{{"eval"}, {"output"}, {"render"}, {"image", "busybox"}, {"test"}, {"test", "--update"}, {"check"}} {
			stdout, stderr, code := w.run(t, env, args...)
			if off := strings.Contains(stdout+stderr, "running programs is off"); off == (args[0] == "check") {
				t.Errorf("%s: %q: exit code %d\n%s%s", name, args, code, stdout, stderr)
			}
		}
		stdout, stderr, code := w.run(t, env, "output", "o", "--exec", "exec.txt")
		if want := string(rune('a'+i)) + "\n"; code != 0 || stdout != want {
			t.Errorf("%s, from the recording: exit code %d, %q, want %q\n%s", name, code, stdout, want, stderr)
		}
		if got := started(); got != "" {
			t.Fatalf("%s started %s", name, got)
		}
		if name == "helm" { // the traps do catch
			w.run(t, env, "eval", "--allow-exec")
			if got := started(); !strings.HasPrefix(got, "helm template") {
				t.Errorf("the traps caught %q", got)
			}
		}
	}
}
