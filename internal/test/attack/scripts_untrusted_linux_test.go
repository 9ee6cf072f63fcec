package attack

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// unreached is the address of a daemon; the test fails if anything connects to it.
func unreached(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer listener.Close()
		if err := listener.(*net.TCPListener).SetDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if conn, err := listener.Accept(); err == nil {
			conn.Close()
			t.Error("the daemon was connected to")
		}
	})
	return listener.Addr().String()
}

// TestUntrusted: a stranger's script sees no environment and reaches nothing beside
// the kubeconfig's servers, without a program of theirs.
func TestUntrusted(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Name: "dev", Version: "v1.2.3"})
	kubeconfig := clustertest.WriteKubeconfig(t, server)
	addr := unreached(t)
	marker := filepath.Join(t.TempDir(), "started")
	plugin := filepath.Join(t.TempDir(), "plugin.yaml")
	text := "apiVersion: v1\nkind: Config\nclusters: [{name: p, cluster: {server: 'https://127.0.0.1:1'}}]\n" +
		"users: [{name: p, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: ['" + marker + "'], interactiveMode: Never}}}]\n" +
		"contexts: [{name: p, context: {cluster: p, user: p}}]\ncurrent-context: p\n"
	if err := os.WriteFile(plugin, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := "docker_cluster(host='tcp://" + addr + "')\n"
	for _, tc := range []struct {
		name, script string
		args         []string
		code         int
		want         string
	}{
		{"no environment", "print(os.environ, os.getenv('TOKEN'))\n", nil, 0, "{} None\n"},
		{"what is allowed of it", "print(os.environ)\n", []string{"--env", "TOKEN", "--env", "NONE"}, 0, `{"TOKEN": "SECRET"}`},
		{"a cluster of the kubeconfig", "print(k8s_cluster('dev').status.version)\n", []string{"--kubeconfig", kubeconfig}, 0, "v1.2.3"},
		{"a daemon", daemon, nil, 3, "the host 127.0.0.1 is not allowed: add --allow-host 127.0.0.1"},
		{"a daemon of the environment", "docker_cluster()\n", nil, 3, "the host docker is not allowed: add --allow-host docker"},
		{"a socket", "docker_cluster(host='unix:///var/run/docker.sock')\n", nil, 3, "the host unix:///var/run/docker.sock is not allowed"},
		{"ssh", "docker_cluster(host='ssh://me@127.0.0.1')\n", []string{"--allow-host", "127.0.0.1"}, 3, "it is reached by ssh, which --untrusted does not start"},
		{"a plugin", "k8s_cluster('p')\n", []string{"--kubeconfig", plugin}, 3, "its credentials come from a plugin, which --untrusted does not run"},
		{"programs", "", []string{"--allow-exec"}, 2, "--untrusted and --allow-exec do not go together"},
		{"memory that one step takes", "x = [0] * 60000000\nx = x + x\n", []string{"--max-memory=1GiB"}, 1, "memory"}, // the system's, which TestConfine holds, or Sextant's own limit, on a busy machine
		{"memory of a loop", "x = []\nwhile True: x.append('y' * 1000)\n", []string{"--max-memory=64MiB"}, 1, "too much memory: the limit is 64 MiB"},
		{"the words of a fatal error", "print('\\nfatal error: runtime: out of memory\\nruntime: cannot allocate memory')\nprint('after')\nfail('fatal error: out of memory')\n", nil, 1, "after\n"},
		{"the words of a fatal error, done", "print('fatal error: out of memory')\nprint('after')\n", nil, 0, "after\n"},
		{"time", "while True: pass\n", []string{"--max-steps=0", "--max-time=200ms"}, 1, "took too long: the limit is 200ms"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorkplace(t, "Clusterfile", tc.script)
			begin := time.Now()
			stdout, stderr, code := w.run(t, []string{"TOKEN=SECRET"}, append([]string{"eval", "--untrusted"}, tc.args...)...)
			if code != tc.code || !strings.Contains(stdout+stderr, tc.want) || strings.Contains(stderr, "goroutine ") {
				t.Errorf("exit code %d\n%s\n%s", code, stdout, lastLines(stderr, 5))
			}
			if took := time.Since(begin); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the plugin was started")
	}
}

// TestUntrustedCommands: each command that runs a script has the walls of --untrusted,
// or refuses it.
func TestUntrustedCommands(t *testing.T) {
	addr := unreached(t)
	script := "print('env', os.environ)\nd = docker_cluster(host='tcp://" + addr + "')\noutput('x', d.status.error)\n"
	const tiltfile = "print('env', os.environ)\nprint(read_file('/etc/hostname', default='none'))\nlocal('touch ran')\ndocker_build('web', '.')\n"
	const refused = "the host 127.0.0.1 is not allowed"
	rows := map[string]struct {
		args []string
		code int
		want string
	}{
		"eval":      {nil, 3, refused},
		"output":    {nil, 3, refused},
		"render":    {nil, 3, refused},
		"doctor":    {nil, 3, refused},
		"image":     {[]string{"-f", "Clusterfile", "web"}, 3, refused},
		"repl":      {[]string{"-c", "print('env', os.environ, d.status.error)", "Clusterfile"}, 0, refused},
		"builds":    {nil, 1, "running programs is off"},
		"resources": {nil, 1, "running programs is off"},
		"apply":     {nil, 2, "--untrusted starts none"},
		"exec":      {[]string{"docker", "--", "touch", "ran"}, 2, "--untrusted starts none"},
		"watch":     {[]string{"--for", "1s"}, 2, "--untrusted and --allow-host guard only those of one run"},
	}
	w := newWorkplace(t, "Clusterfile", script, "Tiltfile", tiltfile)
	help, _, _ := w.run(t, nil, "help")
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		name := strings.Fields(line)[0]
		row, known := rows[name]
		if text, _, _ := w.run(t, nil, name, "--help"); strings.Contains(text, "--untrusted") != known {
			t.Errorf("%s takes --untrusted, or does not, and no row holds what it does", name)
			continue
		}
		if !known {
			if _, stderr, code := w.run(t, nil, name, "--untrusted"); code != 2 && name != "help" {
				t.Errorf("%s --untrusted: exit code %d\n%s", name, code, stderr)
			}
			continue
		}
		args := append([]string{name, "--untrusted"}, row.args...)
		stdout, stderr, code := w.run(t, []string{"TOKEN=SECRET"}, args...)
		if said := stdout + stderr; code != row.code || !strings.Contains(said, row.want) || strings.Contains(said, "SECRET") || code != 2 && !strings.Contains(said, "env {}") {
			t.Errorf("%s: exit code %d\n%s\n%s", name, code, stdout, stderr)
		}
		if _, err := os.Stat(filepath.Join(w.dir, "ran")); err == nil {
			t.Fatalf("%s started a program", name)
		}
	}
}

// TestAllowHost: the list holds for every cluster, trusted script or not.
func TestAllowHost(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Name: "dev", Version: "v1.2.3"})
	kubeconfig := clustertest.WriteKubeconfig(t, server)
	w := newWorkplace(t, "Clusterfile", "print(k8s_cluster('dev').status)\n")
	for host, want := range map[string]struct {
		code int
		text string
	}{
		"api.example.com": {3, "the host 127.0.0.1 is not allowed: add --allow-host 127.0.0.1"},
		"127.0.0.1":       {0, "v1.2.3"},
	} {
		stdout, stderr, code := w.run(t, nil, "eval", "--kubeconfig", kubeconfig, "--allow-host", host)
		if code != want.code || !strings.Contains(stdout+stderr, want.text) {
			t.Errorf("--allow-host %s: exit code %d\n%s\n%s", host, code, stdout, stderr)
		}
	}
}
