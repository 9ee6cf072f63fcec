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
		if want := string(rune('a' + i)); code != 0 || stdout != want {
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

// trappedTiltfile declares a command in every way that a Tiltfile has, and calls
// nothing that runs one while the script is evaluated.
const trappedTiltfile = `
load("ext://helm_resource", "helm_repo", "helm_resource")
load("ext://restart_process", "docker_build_with_restart")
load("ext://secret", "secret_create_generic")
load("ext://cert_manager", "deploy_cert_manager")
load("ext://uibutton", "cmd_button")
load("ext://git_resource", "git_checkout")
docker_build("web", ".", ssh = "default", live_update = [sync(".", "/app"), run("touch /x")])
custom_build("job", "git rev-parse HEAD", ["."], command_bat = "git", live_update = [sync(".", "/app")])
docker_build_with_restart("api", ".", entrypoint = "sh", live_update = [sync(".", "/app")])
local_resource("gen", cmd = "touch gen", serve_cmd = ["cat"], readiness_probe = probe(exec = exec_action(["cat"])))
k8s_custom_deploy("edge", apply_cmd = "kubectl apply", delete_cmd = "kubectl delete", deps = ["."])
docker_compose("compose.yaml")
v1alpha1.cmd(name = "c", args = ["sh", "-c", "x"])
helm_repo("r", "https://charts.acme.dev")
helm_resource("redis", "r/redis")
secret_create_generic("s", from_file = "Dockerfile")
deploy_cert_manager()
cmd_button("b", resource = "gen", argv = ["sh"])
k8s_yaml("app.yaml")
git_checkout("https://git.acme.dev/x.git", checkout_dir = "there")
`

// TestNoProgramStartsForTiltfiles: what a Tiltfile declares is never run, and what it
// would run while it is evaluated is refused, or answered from a recording.
func TestNoProgramStartsForTiltfiles(t *testing.T) {
	path, started := traps(t)
	env := []string{"PATH=" + path}
	files := []string{
		"Dockerfile", "FROM scratch\n", "compose.yaml", "services: {db: {image: postgres, build: .}}\n", "there/.git/HEAD", "",
		"app.yaml", "kind: Pod\napiVersion: v1\nmetadata: {name: web}\nspec: {containers: [{name: web, image: web}]}\n",
		"overlay/kustomization.yaml", "", "chart/Chart.yaml", "",
	}
	commands := [][]string{{"eval"}, {"output"}, {"render"}, {"builds"}, {"builds", "-o", "matrix", "--generated", "gen"}, {"resources"}, {"check"}, {"test"}}
	w := newWorkplace(t, append([]string{"Tiltfile", trappedTiltfile}, files...)...)
	for _, args := range commands[:len(commands)-1] {
		stdout, stderr, code := w.run(t, env, args...)
		if code != 0 && code != 3 { // 3 is for the cluster, which is not there
			t.Errorf("%q: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}
	for name, call := range map[string]string{
		"local": "local('touch x')", "local argv": "local(['git', 'x'])", "kustomize": "kustomize('overlay')", "helm": "helm('chart')",
		"helm_remote": "load('ext://helm_remote', 'helm_remote')\nhelm_remote('x', repo_url='https://charts.acme.dev')",
		"git":         "load('ext://git_resource', 'git_checkout')\ngit_checkout('https://git.acme.dev/x.git')",
	} {
		w := newWorkplace(t, append([]string{"Tiltfile", call + "\n", "want.print", ""}, files...)...)
		for _, args := range commands {
			stdout, stderr, code := w.run(t, env, args...)
			if off := strings.Contains(stdout+stderr, "running programs is off"); off == (args[0] == "check") || off && code != 1 {
				t.Errorf("%s: %q: exit code %d\n%s%s", name, args, code, stdout, stderr)
			}
		}
	}
	if got := started(); got != "" {
		t.Errorf("started %s", got)
	}
}
