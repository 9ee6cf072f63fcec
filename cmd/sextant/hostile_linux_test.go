package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/builtins"
)

// hostile is one way to start a command in a folder that others filled.
type hostile struct {
	// command is the path of the subcommand, args follow it.
	command string
	args    []string
	// files are what it opens, below the folder.
	files []string
	// writes are those of the files that it replaces.
	writes []string
	// trusted are files that may be a pipe or a link to anywhere, since the person who
	// runs the command owns them: kubeconfigs.
	trusted []string
	// code is how it ends with nothing in the way.
	code int
}

// scriptFiles are what the script in the folder reads.
var scriptFiles = []string{"Clusterfile", "lib.star", "data.txt", "data.json", "data.yaml", "stream.yaml", "m.yaml", "sub"}

// testFiles are what `sextant test` reads besides.
var testFiles = []string{
	"t", "t/Clusterfile", "t/clusters.yaml", "t/exec.yaml", "t/env", "t/args", "t/want.print", "t/want.clusters.yaml", "t/want.outputs.json",
	"t/want.manifests.yaml", "t/want.error", "t/x_test.star", "t/a.txtar",
}

// replayed are files of every command that runs a script; eval has the rest too.
var replayed = []string{"Clusterfile", "clusters.yaml"}

// soon is when a pipe has to have said something.
const soon = "--timeout=200ms"

// scenarioFiles are those of a script with a scenario.
var scenarioFiles = []string{
	"s", "s/Clusterfile", "s/tests", "s/tests/one", "s/tests/one/clusters.yaml", "s/tests/one/env", "s/tests/one/args", "s/tests/one/exec.yaml",
	"s/tests/one/want.print", "s/tests/one/want.outputs.json",
}

// hostiles has every command. TestHostileFolderIsComplete holds that.
var hostiles = []hostile{
	{command: "eval", args: []string{"--clusters", "clusters.yaml", "--max-memory=64MiB", soon}, files: append(slices.Clone(scriptFiles), "clusters.yaml")},
	{command: "eval", args: []string{"--clusters", "in/clusters.yaml", soon, "in/Clusterfile"}, files: []string{"in", "in/Clusterfile", "in/clusters.yaml"}},
	{command: "eval", args: []string{"--kubeconfig", "kubeconfig", soon, "live/Clusterfile"}, files: []string{"kubeconfig"}, trusted: []string{"kubeconfig"}},
	{command: "output", args: []string{"--clusters", "clusters.yaml", "--ext", "ext", soon}, files: replayed},
	{command: "output", args: []string{"--clusters", "clusters.yaml", soon, "-f", "Clusterfile"}, files: replayed},
	{command: "render", args: []string{"--clusters", "clusters.yaml", "--ext", "ext", soon}, files: replayed},
	{command: "render", args: []string{"--clusters", "clusters.yaml", soon, "--output-dir", "out"}, files: []string{"out", "out/dev.yaml"}, writes: []string{"out/dev.yaml"}},
	// These run a program for a cluster that answers; before that they open what output does.
	{command: "apply", args: []string{"-f", "Clusterfile", "--ext", "ext"}},
	{command: "exec", args: []string{"-f", "Clusterfile", "--ext", "ext", "dev", "--", "true"}},
	{command: "image", args: []string{"--clusters", "clusters.yaml", "--ext", "ext", soon, "-f", "Clusterfile", "web"}, files: replayed},
	{command: "doctor", args: []string{"--clusters", "clusters.yaml", "--ext", "ext", soon, "Clusterfile"}, files: replayed},
	{command: "repl", args: []string{"--clusters", "clusters.yaml", "--ext", "ext", soon, "-c", "1", "Clusterfile"}, files: replayed},
	// It writes a script, and finds no cluster to record.
	{command: "init", args: []string{"--kubeconfig", "kubeconfig", "new"}, files: []string{"new"}, writes: []string{"new/Clusterfile"}, code: exitNotConnected},
	{command: "check", args: []string{"--ext", "ext"}, files: []string{"Clusterfile", "lib.star"}},
	{command: "check", args: []string{"p/Clusterfile"}, files: []string{"p", "p/Clusterfile", "p/sextant.yaml"}},
	{command: "eval", args: []string{"--clusters", "clusters.yaml", soon, "p/Clusterfile"}, files: []string{"p", "p/Clusterfile", "p/sextant.yaml"}},
	{command: "check", args: []string{"f"}, files: []string{"f"}},
	{command: "eval", args: []string{"--exec", "exec.yaml", soon, "exec/Clusterfile"}, files: []string{"exec.yaml"}},
	{command: "eval", args: []string{"--allow-exec", "--record-exec", "exec.yaml", soon, "exec/Clusterfile"}, files: []string{"exec.yaml"}, writes: []string{"exec.yaml"}},
	{command: "eval", args: []string{"--ext", "ext", soon, "tilt/ext.tiltfile"}, files: []string{"tilt/ext.tiltfile", "ext/mine/Tiltfile"}},
	{command: "builds", args: []string{"-o", "bake", "--generated", "gen", "--ext", "ext", soon, "tilt/Tiltfile"},
		files:  []string{"tilt/Tiltfile", "tilt/Dockerfile", "tilt/.dockerignore", "tilt/gen", "tilt/gen/web.Dockerfile", "tilt/gen/web.Dockerfile.dockerignore"},
		writes: []string{"tilt/gen/web.Dockerfile", "tilt/gen/web.Dockerfile.dockerignore"}},
	{command: "resources", args: []string{"--ext", "ext", soon, "tilt/Tiltfile"}, files: []string{"tilt/Tiltfile", "tilt/Dockerfile"}},
	{command: "fmt", args: []string{"f/a.star"}, files: []string{"f", "f/a.star"}, writes: []string{"f/a.star"}},
	{command: "fmt", args: []string{"f"}, files: []string{"f"}},
	{command: "test", args: []string{"t"}, files: testFiles},
	{command: "test", args: []string{"--ext", "ext", "t/a.txtar"}, files: []string{"t/a.txtar"}},
	{command: "test", args: []string{"--root", "t", "t"}, files: testFiles},
	{command: "test", args: []string{"s"}, files: scenarioFiles},
	{command: "test", args: []string{"s/tests/one"}, files: scenarioFiles},
	{command: "test", args: []string{"--update", "u"}, files: []string{"u", "u/want.print", "u/a.txtar"}, writes: []string{"u/want.print", "u/a.txtar"}},
	{command: "test", args: []string{"--update", "v"}, files: []string{"v", "v/tests", "v/tests/one", "v/tests/one/want.print"}, writes: []string{"v/tests/one/want.print"}},
	{command: "test", args: []string{"--cover-profile", "cover.out", "t"}, files: []string{"cover.out"}, writes: []string{"cover.out"}},
	{command: "test", args: []string{"--live", "--kubeconfig", "kubeconfig", soon, "live"}, files: []string{"kubeconfig"}, trusted: []string{"kubeconfig"}},
	{command: "lsp"}, // with no editor, it ends
	{command: "watch", args: []string{"--kubeconfig", "kubeconfig", "--ext", "ext", "--for", "1ms", soon, "watch/Clusterfile"},
		files: []string{"kubeconfig", "watch/Clusterfile", "watch/data.txt"}, trusted: []string{"kubeconfig"}},
	{command: "doc"},
	{command: "version"},
	{command: "help"},
	{command: "completion bash"}, {command: "completion fish"}, {command: "completion powershell"}, {command: "completion zsh"},
}

// opened has the files that the script in the folder opens with each function that
// opens one.
var opened = map[string]string{
	"read_file": "data.txt", "read_json": "data.json", "read_yaml": "data.yaml", "read_yaml_stream": "stream.yaml",
	"listdir": "sub", "os.path.exists": "data.txt", "k8s_yaml": "m.yaml",
	// These start programs, which --allow-exec trusts with the folder.
	"helm": "", "kustomize": "", "local": "",
	// These change the spelling of a path and open nothing.
	"os.path.abspath": "", "os.path.basename": "", "os.path.dirname": "", "os.path.join": "", "os.path.realpath": "", "os.path.relpath": "",
}

const hostileScript = `load("lib.star", "x")
c = k8s_cluster("dev")
print(x, read_file("data.txt"), read_json("data.json"), read_yaml("data.yaml"), read_yaml_stream("stream.yaml"))
print(listdir("sub"), os.path.exists("data.txt"))
k8s_yaml("m.yaml", cluster=c)
output("version", c.status.version)
`

const hostileRecording = `apiVersion: tilt.dev/v1alpha1
kind: ClusterList
metadata: {}
items:
- metadata: {name: dev}
  spec: {connection: {kubernetes: {context: dev}}}
  status: {connectedAt: "2026-01-02T03:04:05.000000Z", version: v1.2.3, connection: {kubernetes: {cluster: dev, context: dev, namespace: default, product: kind}}}
`

// hostileFolder makes the folder as it should be, and goes there.
func hostileFolder(t *testing.T, top string) {
	t.Helper()
	files := map[string]string{
		"Clusterfile": hostileScript, "lib.star": "x = 1\n", "data.txt": "text\n", "data.json": "{}", "data.yaml": "a: 1\n", "p/sextant.yaml": "timeout: 200ms\n", "p/Clusterfile": "k8s_cluster('dev')\n", "stream.yaml": "a: 1\n",
		"m.yaml": "kind: Pod\nspec: {containers: [{image: web}]}\n", "sub/file": "", "clusters.yaml": hostileRecording,
		"in/Clusterfile": "k8s_cluster('dev')\n", "in/clusters.yaml": hostileRecording,
		"kubeconfig": "apiVersion: v1\nkind: Config\n", "live/Clusterfile": "print(k8s_contexts())\n", "watch/Clusterfile": "print(k8s_contexts(), read_file('data.txt'))\n", "watch/data.txt": "x",
		"live/want.print": "[]\n",
		"t/Clusterfile":   "print(os.environ['A'])\nconfig.define_string_list('args', args=True)\noutput('args', config.parse()['args'])\nk8s_yaml(blob('a: 1\\n'), cluster=k8s_cluster('dev'))\n",
		"t/clusters.yaml": hostileRecording, "t/env": "A=b\n", "t/args": "one\n", "t/want.print": "b\n", "t/want.error": "",
		"t/want.outputs.json": "{\n  \"args\": [\n    \"one\"\n  ]\n}\n", "t/want.manifests.yaml": "a: 1\n", "t/want.clusters.yaml": "",
		"t/x_test.star": "def test_1(): assert.eq(1, 1)\n", "t/a.txtar": "-- Clusterfile --\nprint(1)\n-- want.print --\n1\n",
		"u/Clusterfile": "print(2)\n", "u/want.print": "old\n", "u/a.txtar": "-- Clusterfile --\nprint(1)\n-- want.print --\nold\n",
		"s/Clusterfile":             "print(os.environ['A'])\nconfig.define_string_list('args', args=True)\noutput('args', config.parse()['args'])\nk8s_cluster('dev')\n",
		"s/tests/one/clusters.yaml": hostileRecording, "s/tests/one/env": "A=b\n", "s/tests/one/args": "one\n", "s/tests/one/exec.yaml": "programs: []\n",
		"s/tests/one/want.print": "b\n", "s/tests/one/want.outputs.json": "{\n  \"args\": [\n    \"one\"\n  ]\n}\n",
		"v/Clusterfile": "print(2)\n", "v/tests/one/want.print": "old\n",
		"exec/Clusterfile": "print(local('echo 1', quiet=True))\n", "exec.yaml": "programs:\n- shell: echo 1\n  stdout: |\n    1\n",
		"tilt/Tiltfile": "docker_build('web', '.', ignore=['x'])\n", "tilt/Dockerfile": "FROM scratch\n", "tilt/.dockerignore": "y\n",
		"tilt/gen/web.Dockerfile": "old\n", "tilt/gen/web.Dockerfile.dockerignore": "old\n",
		"tilt/ext.tiltfile": "load('ext://mine', 'mine')\n", "ext/mine/Tiltfile": "mine = 1\n",
		"t/exec.yaml": "programs: []\n", "out/dev.yaml": "old\n", "cover.out": "old\n", "f/a.star": "x=1\n", "new/README": "",
	}
	for name, text := range files {
		path := filepath.Join(top, filepath.FromSlash(name))
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644),
			os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour))) // the command waits for what was written just now
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(top)
	// What this version writes there is what the test wants.
	if code, said := started(t, "test", "--update", "t"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, said)
	}
}

// started runs a command in this process. It must end, whatever is in its way.
func started(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	caught := make(chan struct{})
	close(caught)
	var out, errs bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- run(context.Background(), caught, args, &out, &errs) }()
	select {
	case code := <-ended:
		return code, out.String() + errs.String()
	case <-time.After(60 * time.Second):
		t.Fatalf("sextant %s does not end", strings.Join(args, " "))
		return 0, ""
	}
}

// traps replace a file, which is taken away before. beside is a copy of it outside
// of the folder.
var traps = map[string]func(path, beside string) error{
	"a link outside": func(path, beside string) error { return os.Symlink(beside, path) },
	"a relative link": func(path, beside string) error {
		to, err := filepath.Rel(filepath.Dir(path), beside)
		return errors.Join(err, os.Symlink(to, path))
	},
	"a link to zeros":    func(path, _ string) error { return os.Symlink("/dev/zero", path) },
	"a link to a secret": func(path, _ string) error { return os.Symlink("/proc/self/environ", path) },
	"a pipe":             func(path, _ string) error { return syscall.Mkfifo(path, 0o644) },
	"a folder":           func(path, _ string) error { return os.Mkdir(path, 0o755) },
	"a loop":             func(path, _ string) error { return os.Symlink(filepath.Base(path), path) },
	"a terabyte": func(path, _ string) error {
		return errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, 1<<40))
	},
}

// lure puts a trap into the place of a file, with a copy of that outside, and
// returns what puts it back.
func lure(t *testing.T, trap func(path, beside string) error, file, outside string) (restore func()) {
	t.Helper()
	path, err := filepath.Abs(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	beside := filepath.Join(outside, filepath.Base(path))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		err = os.CopyFS(beside, os.DirFS(path))
	} else {
		var data []byte
		data, err = os.ReadFile(path)
		err = errors.Join(err, os.WriteFile(beside, data, 0o644))
	}
	if err := errors.Join(err, os.Rename(path, kept), trap(path, beside)); err != nil {
		t.Fatal(err)
	}
	var held *os.File
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeNamedPipe {
		// With a writer that says nothing a reader waits for ever, and with a reader a
		// writer does not.
		if held, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if held != nil {
			held.Close()
		}
		if err := errors.Join(os.RemoveAll(path), os.Rename(kept, path), os.RemoveAll(beside)); err != nil {
			t.Fatal(err)
		}
	}
}

// watched reports what is opened or changed in a folder and below it.
type watched struct {
	fd    int
	names map[int32]string
}

func watchFolder(t *testing.T, dir string) *watched {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{fd, map[int32]string{}}
	var dirs []string // first, since to walk is to open
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range dirs {
		id, err := syscall.InotifyAddWatch(fd, path, syscall.IN_OPEN|syscall.IN_MODIFY|syscall.IN_CREATE|syscall.IN_DELETE|syscall.IN_MOVE|syscall.IN_ATTRIB)
		if err != nil {
			t.Fatal(err)
		}
		w.names[int32(id)] = path
	}
	return w
}

// events ends the watch and returns what happened.
func (w *watched) events() string {
	defer syscall.Close(w.fd)
	buf := make([]byte, 4096)
	n, err := syscall.Read(w.fd, buf)
	if err != nil || n < syscall.SizeofInotifyEvent {
		return ""
	}
	id := int32(uint32(buf[0]) | uint32(buf[1])<<8 | uint32(buf[2])<<16 | uint32(buf[3])<<24)
	return fmt.Sprintf("event %x of %s %s", buf[4:8], w.names[id], bytes.TrimRight(buf[syscall.SizeofInotifyEvent:n], "\x00"))
}

// TestHostileFolder puts a trap into the place of each file that a command opens:
// the command fails in time, and neither reads nor writes outside of the folder.
func TestHostileFolder(t *testing.T) {
	t.Setenv("KUBECONFIG", "/nonexistent/kubeconfig")
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	t.Setenv("TOKEN", "SECRET-OF-THE-MACHINE")
	outside := t.TempDir()
	hostileFolder(t, t.TempDir())
	for _, h := range hostiles {
		if len(h.files) == 0 {
			continue // nothing to replace
		}
		args := append(strings.Fields(h.command), h.args...)
		untouched := snapshot(t)
		if code, said := started(t, args...); code != h.code {
			t.Errorf("%s: exit code %d with nothing in the way\n%s", strings.Join(args, " "), code, said)
			continue
		}
		untouched()
		for _, file := range h.files {
			for name, trap := range traps {
				if slices.Contains(h.trusted, file) && (strings.Contains(name, "link") || name == "a pipe") {
					continue
				}
				if info, err := os.Stat(file); err == nil && info.IsDir() && !strings.Contains(name, "link") {
					continue // another folder, or a file that is listed alone, is no trap
				}
				if name == "a folder" && h.command == "fmt" {
					continue // it formats what is in one
				}
				if name == "a terabyte" && slices.Contains(h.writes, file) && h.command != "fmt" && !strings.HasPrefix(file, "u/") {
					continue // a file that is only written may have any size
				}
				restore := lure(t, trap, file, outside)
				w := watchFolder(t, outside)
				begin := time.Now()
				code, said := started(t, args...)
				took := time.Since(begin)
				happened := w.events()
				restore()
				untouched()
				if code == h.code || happened != "" || strings.Contains(said, "SECRET-OF-THE-MACHINE") {
					t.Errorf("%s, with %s as %s: exit code %d; outside: %q\n%s", strings.Join(args, " "), name, file, code, happened, said[:min(len(said), 2000)])
				}
				if took > 30*time.Second {
					t.Errorf("%s, with %s as %s: it took %s", strings.Join(args, " "), name, file, took)
				}
			}
		}
	}
}

// snapshot remembers the files of the current folder and returns what puts them
// back.
func snapshot(t *testing.T) (restore func()) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if _, known := files[path]; err == nil && !known && !d.IsDir() {
				err = os.Remove(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for path, data := range files {
			if now, err := os.ReadFile(path); err == nil && bytes.Equal(now, data) {
				continue
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// namesFiles matches the help of a flag that takes the name of a file.
var namesFiles = regexp.MustCompile(`(?i)\b(file|folder|kubeconfig|script|path)\b`)

// TestHostileFolderIsComplete: every command, each of its flags that names a file,
// and each function of scripts that opens one are in TestHostileFolder.
func TestHostileFolderIsComplete(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		path := strings.TrimPrefix(cmd.CommandPath(), "sextant ")
		if cmd.Runnable() && cmd.HasParent() && !(cmd.HasSubCommands() && path == "completion") {
			covered := map[string]bool{"root": true} // a folder that the person chose
			found := false
			for _, h := range hostiles {
				if h.command == path {
					found = true
					for _, a := range h.args {
						covered[strings.TrimLeft(a, "-")] = true
					}
				}
			}
			if !found {
				t.Errorf("sextant %s is not among the hostiles: add a row with the files that it opens", path)
			}
			cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
				// What every script's command has is there once.
				shared := slices.Contains([]string{"kubeconfig", "clusters", "exec", "record-exec", "file"}, f.Name)
				if f.Value.Type() == "string" && namesFiles.MatchString(f.Usage) && !covered[f.Name] && !covered[f.Shorthand] && !shared {
					t.Errorf("no row of sextant %s has --%s: add one", path, f.Name)
				}
			})
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	a := &app{}
	visit(newRootCommand(a))
	for _, f := range builtins.Functions() {
		for _, p := range f.Params {
			takesPath := strings.Contains(p.Doc, "relative to the calling file") || strings.Contains(p.Doc, " path, a Blob") || strings.HasSuffix(p.Doc, "A path.")
			file, ok := opened[f.Name]
			switch {
			case takesPath && !ok:
				t.Errorf("%s takes the path of a file as %s: add it to what is opened", f.Name, p.Name)
			case takesPath && file != "" && (!slices.Contains(scriptFiles, file) || !strings.Contains(hostileScript, f.Name+"(")):
				t.Errorf("the script does not call %s with %s", f.Name, file)
			}
		}
	}
}
