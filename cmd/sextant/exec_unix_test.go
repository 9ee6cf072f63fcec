//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// pinnedScript declares clusters of each kind, of which one is down and one may not be
// reached.
const pinnedScript = `
config.define_string("tag")
dev = k8s_cluster("dev", namespace="team", default_registry="registry.example.com")
k8s_cluster("down")
k8s_cluster(name="current", namespace="other")
docker_cluster()
dev.image("web", tag=config.parse().get("tag", "v1"))
k8s_yaml(blob("kind: Pod\nmetadata: {name: web}\nspec: {containers: [{image: web}]}\n"), cluster=dev)
`

// fakeKubectl shows what it is given.
const fakeKubectl = `#!/bin/sh
echo "args: $*"
grep -E 'current-context|namespace|server' "$KUBECONFIG" | sort
echo "helm: $HELM_KUBECONTEXT"
ls -ld "$(dirname "$KUBECONFIG")" "$KUBECONFIG" | cut -c1-10
cat
exit "${FAKE_STATUS:-0}"
`

// pinnedFolder makes a script, its clusters and a kubectl, and goes there.
func pinnedFolder(t *testing.T) {
	t.Helper()
	dev := clustertest.NewKube(t, clustertest.KubeFacts{Name: "dev"})
	down := clustertest.NewKube(t, clustertest.KubeFacts{Name: "down"})
	down.Close()
	remote := clustertest.NewKube(t, clustertest.KubeFacts{Name: "work", Version: "v1.36.3-eks-1"})
	docker := clustertest.NewDocker(t, clustertest.DockerFacts{})
	for _, kv := range docker.Env() {
		key, value, _ := strings.Cut(kv, "=")
		t.Setenv(key, value)
	}
	kubeconfig := clustertest.WriteKubeconfig(t, remote, dev, down)
	t.Setenv("KUBECONFIG", kubeconfig)
	t.Setenv("HELM_KUBECONTEXT", "work")
	t.Setenv("TMPDIR", t.TempDir())
	t.Chdir(t.TempDir())
	bin := t.TempDir()
	for name, text := range map[string]string{"Clusterfile": pinnedScript, filepath.Join(bin, "kubectl"): fakeKubectl} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// sextantProcess makes a process of the command, as TestMain runs it.
func sextantProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "sextant"
	return cmd
}

func TestPinnedPrograms(t *testing.T) {
	pinnedFolder(t)
	const web = "kind: Pod\nmetadata: {name: web}\nspec: {containers: [{image: registry.example.com/web:v1}]}\n"
	for _, tt := range []struct {
		name string
		args []string
		env  []string
		code int
		want []string // parts of what is printed
		not  []string
	}{
		{name: "apply", args: []string{"apply", "dev"},
			want: []string{"args: apply --server-side --field-manager=sextant -f -\n", "current-context: dev", "namespace: team", "helm: \n", "drwx------\n", "-rw-------\n", web},
			not:  []string{"server: https://10.", "work"}},
		{name: "apply to the only cluster with manifests", args: []string{"apply"}, code: exitNotConnected,
			want: []string{`error: cluster "down"`}, not: []string{"args:"}},
		{name: "apply, dry run", args: []string{"apply", "--dry-run", "--force-conflicts", "cluster.tilt.dev/dev", "--", "--tag=v2"},
			want: []string{"-f - --dry-run=server --force-conflicts\n", "registry.example.com/web:v2"}},
		{name: "apply, dry run in kubectl's words", args: []string{"apply", "--dry-run=server", "dev"}, want: []string{"-f - --dry-run=server\n"}},
		{name: "kubectl fails", args: []string{"apply", "dev"}, env: []string{"FAKE_STATUS=9"}, code: 9, want: []string{web}},
		{name: "apply without manifests", args: []string{"apply", "docker"}, code: exitScriptFailed, want: []string{"is a Docker daemon"}, not: []string{"args:"}},
		{name: "apply where the guard holds", args: []string{"apply", "current"}, code: exitScriptFailed,
			want: []string{`allow_k8s_contexts("work")`}, not: []string{"args:"}},
		{name: "exec", args: []string{"exec", "dev", "--", "kubectl", "get", "--all"}, want: []string{"args: get --all\n", "current-context: dev", "namespace: team"}},
		{name: "exec with another status", args: []string{"exec", "dev", "--", "sh", "-c", "exit 42"}, code: 42},
		{name: "exec of a program that a signal ends", args: []string{"exec", "dev", "--", "sh", "-c", "kill -TERM $$"}, code: 128 + int(syscall.SIGTERM)},
		{name: "exec of nothing", args: []string{"exec", "dev", "--", "no-such-program"}, code: exitNotFound, want: []string{`"no-such-program": executable file not found`}},
		{name: "exec of what is no program", args: []string{"exec", "dev", "--", "./Clusterfile"}, code: exitNotExecutable},
		{name: "exec where the guard holds", args: []string{"exec", "current", "--", "echo", "reached"}, code: exitScriptFailed,
			want: []string{`allow_k8s_contexts("work")`}, not: []string{"reached"}},
		{name: "exec of a cluster that is down", args: []string{"exec", "down", "--", "echo", "reached"}, code: exitNotConnected,
			want: []string{`error: cluster "down"`}, not: []string{"reached"}},
		{name: "exec of a cluster that is not declared", args: []string{"exec", "dew", "--", "echo", "reached"}, code: exitScriptFailed,
			want: []string{`no cluster "dew" (did you mean "dev"?)`}, not: []string{"reached"}},
		{name: "exec with a daemon", args: []string{"exec", "docker", "--", "sh", "-c", `echo "$DOCKER_HOST"; wc -l < "$KUBECONFIG"`},
			want: []string{os.Getenv("DOCKER_HOST") + "\n2\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := sextantProcess(t, tt.args...)
			cmd.Env = append(os.Environ(), tt.env...)
			out, _ := cmd.CombinedOutput()
			said := string(out)
			if code := cmd.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not printed", want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(said, not) {
					t.Errorf("%q is printed", not)
				}
			}
			if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			if t.Failed() {
				t.Log(said)
			}
		})
	}
}

// TestPinnedProgramGetsSignals: what ends sextant is for the program to decide, and
// sextant waits for it and cleans up.
func TestPinnedProgramGetsSignals(t *testing.T) {
	pinnedFolder(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1} {
		script := fmt.Sprintf(`trap 'test -s "$KUBECONFIG" && echo got it; exit 7' %d; echo ready; while :; do sleep 0.05; done`, int(s))
		cmd := sextantProcess(t, "exec", "dev", "--", "sh", "-c", script)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal sends it anything
		var out bytes.Buffer
		from, to, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = to, to
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		to.Close()
		ready := make([]byte, len("ready\n"))
		from.SetReadDeadline(time.Now().Add(60 * time.Second))
		if _, err := from.Read(ready); err != nil {
			t.Fatal(err)
		}
		cmd.Process.Signal(s)
		out.ReadFrom(from)
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 7 || out.String() != "got it\n" {
			t.Errorf("%v: exit code %d: %q%q", s, code, ready, out.String())
		}
		if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
			t.Errorf("%v: left behind: %v, %v", s, left, err)
		}
		from.Close()
	}
}

// TestPinnedProgramGetsOneInterrupt: the terminal sends Ctrl-C to sextant and to the
// program, which must not get it a second time.
func TestPinnedProgramGetsOneInterrupt(t *testing.T) {
	pinnedFolder(t)
	const script = `trap 'n=$((n+1))' INT; n=0; echo ready; while [ $n = 0 ]; do sleep 0.05; done; sleep 0.3; echo "got $n"; exit 5`
	cmd := sextantProcess(t, "exec", "dev", "--", "sh", "-c", script)
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	said := ""
	buffer := make([]byte, 4096)
	for err == nil {
		var n int
		n, err = terminal.Read(buffer)
		before := said
		said += string(buffer[:n])
		if strings.Contains(said, "ready") && !strings.Contains(before, "ready") {
			if _, err := terminal.Write([]byte{3}); err != nil { // Ctrl-C
				t.Fatal(err)
			}
		}
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 5 || !strings.Contains(said, "got 1") {
		t.Errorf("exit code %d: %q", code, said)
	}
}

// TestColors: a table has colors on a terminal, unless NO_COLOR is set, and nowhere else.
func TestColors(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TERM", "xterm")
	t.Setenv("KUBECONFIG", "/nonexistent")
	if err := os.WriteFile("Clusterfile", []byte("k8s_cluster('down')\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		env  string
		want bool
	}{{"NO_COLOR=", true}, {"NO_COLOR=1", false}, {"TERM=dumb", false}} {
		cmd := sextantProcess(t, "eval")
		cmd.Env = append(os.Environ(), tt.env)
		terminal, err := pty.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		out.ReadFrom(terminal) // it ends with an error when the program does
		cmd.Wait()
		terminal.Close()
		if got := strings.Contains(out.String(), "\x1b[1mNAME") && strings.Contains(out.String(), "\x1b[31mdown"); got != tt.want {
			t.Errorf("%s: %q", tt.env, out.String())
		}
	}
	out, _ := sextantProcess(t, "eval").Output()
	if !bytes.HasPrefix(out, []byte("NAME")) {
		t.Errorf("without a terminal: %q", out)
	}
}
