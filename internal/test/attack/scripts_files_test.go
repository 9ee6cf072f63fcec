//go:build unix

package attack

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

const secretText = "SECRET-OF-THE-MACHINE"

// trap is a folder of scripts beside what they must not reach.
func trap(t *testing.T) *workplace {
	t.Helper()
	w := newWorkplace(t, "fine.yaml", "fine: true\n", "sub/deep.yaml", "deep: true\n")
	outside := filepath.Join(w.temp, "secret.yaml")
	if err := os.WriteFile(outside, []byte(secretText+": true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"link": outside, "folderlink": w.temp, "sub/up": "../..", "loop": "loop", "device": "/dev/zero", "inside": "fine.yaml",
	} {
		if err := os.Symlink(target, filepath.Join(w.dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(w.dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	// A socket's path has a length of its own, so it is made in a folder with a short path.
	command(t) // is built where the module is
	t.Chdir(w.dir)
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	huge, err := os.Create(filepath.Join(w.dir, "huge"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(huge.Truncate(1<<40), huge.Close()); err != nil {
		t.Fatal(err)
	}
	return w
}

// runIn runs a script that is the Clusterfile of a folder, and returns what
// it printed.
func (w *workplace) runIn(t *testing.T, script string) (string, error) {
	t.Helper()
	w.write(t, "Clusterfile", script)
	dir, err := starlark.OpenDir(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	var said strings.Builder
	replay := cluster.NewReplay("none", cluster.NewList(nil))
	run := builtins.New(builtins.Options{Resolver: replay, Dir: w.dir, Limits: builtins.Limits{FileSize: 4 << 20}})
	engine := starlark.Engine{Files: dir, Print: func(_ diag.Position, m string) { fmt.Fprintln(&said, m) }}
	err = engine.Run(t.Context(), "Clusterfile", run)
	return said.String(), err
}

// readers are all the ways in which a script names a file.
var readers = map[string]string{
	"read_file":        "print(read_file(%s))",
	"read_json":        "print(read_json(%s))",
	"read_yaml":        "print(read_yaml(%s))",
	"read_yaml_stream": "print(read_yaml_stream(%s))",
	"listdir":          "print(listdir(%s, recursive=True))",
	"load":             "load(%s, 'x')",
}

// TestFilesOutside: no path leads out of the root, and none of what is no
// regular file is read, and nothing waits for one.
func TestFilesOutside(t *testing.T) {
	w := trap(t)
	for _, tc := range []struct{ path, want string }{
		{"../secret.yaml", "leaves the root"},
		{"sub/../../x", "leaves the root"},
		{"/etc/passwd", ""},
		{"//etc/passwd", ""},
		{"link", "leaves the root"},
		{"folderlink/secret.yaml", "leaves the root"},
		{"sub/up/x", "leaves the root"},
		{"device", "leaves the root"},
		{"loop", "too many levels of symbolic links"},
		{"pipe", "named pipe"},
		{"socket", ""},
		{"nul\x00byte", ""},
		{strings.Repeat("x", 5000), "too long"},
		{"fine.yaml/x", "not a directory"},
		{"none", "no such file"},
	} {
		for name, call := range readers {
			if name == "listdir" && (tc.path == "pipe" || tc.path == "socket") {
				continue // it opens none of what it lists
			}
			said, err := w.runIn(t, fmt.Sprintf(call, strconv.Quote(tc.path)))
			if err == nil || said != "" || strings.Contains(err.Error(), secretText) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s of %.20q: printed %q, %v", name, tc.path, said, err)
			}
		}
	}
	for _, path := range []string{"link", "folderlink/secret.yaml", "sub/up/x", "../x"} {
		if said, err := w.runIn(t, fmt.Sprintf("print(os.path.exists(%q))", path)); err == nil || said != "" {
			t.Errorf("os.path.exists of %q: printed %q, %v", path, said, err)
		}
	}
	// What stays inside works, through links too.
	said, err := w.runIn(t, "print(read_yaml('inside'), read_yaml('sub/../fine.yaml'), os.path.exists('pipe'))")
	if want := "{\"fine\": True} {\"fine\": True} True\n"; err != nil || said != want {
		t.Errorf("inside: printed %q, %v", said, err)
	}
}

// TestHugeFiles: a file of a terabyte costs no more than the limit.
func TestHugeFiles(t *testing.T) {
	w := trap(t)
	for name, call := range readers {
		if name == "listdir" {
			continue
		}
		_, err := w.runIn(t, fmt.Sprintf(call, "'huge'"))
		var limit *diag.LimitError
		if !errors.As(err, &limit) || !strings.Contains(err.Error(), "file size") && !strings.Contains(err.Error(), "file too large") {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.write(t, "clusters.yaml", `{apiVersion: tilt.dev/v1alpha1, kind: ClusterList, items: [{metadata: {name: dev}, spec: {connection: {kubernetes: {context: dev}}}, status: {connectedAt: "2026-01-01T00:00:00.000000Z", version: v1, connection: {kubernetes: {cluster: dev, context: dev, namespace: default, product: kind}}}}]}`)
	w.write(t, "Clusterfile", "k8s_yaml('huge', cluster=k8s_cluster('dev'))\n")
	stdout, stderr, code := w.run(t, nil, "render", "--clusters", "clusters.yaml", "--max-memory", "64MiB")
	if code != 1 || stdout != "" || !strings.Contains(stderr, "too much memory: the limit is 64 MiB") || strings.Contains(stderr, "goroutine ") {
		t.Errorf("k8s_yaml: exit code %d, %d bytes\n%s", code, len(stdout), stderr)
	}
}

// TestLinksThatChange swaps a file for a link to the outside and back all the
// time while scripts read it: they get the file, or an error, never the outside.
func TestLinksThatChange(t *testing.T) {
	w := trap(t)
	path := filepath.Join(w.dir, "swapped")
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// A rename swaps in one step, so that there is always something.
			next := filepath.Join(w.temp, "next")
			target := filepath.Join(w.temp, "secret.yaml")
			if i%2 == 0 {
				target = "fine.yaml"
			}
			if err := errors.Join(os.Symlink(target, next), os.Rename(next, path)); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	script := "for i in range(100):\n    print(read_file('swapped'), read_yaml('swapped'), os.path.exists('swapped'))\n"
	read, refused := 0, 0
	for i := 0; i < 2000 && (read < 5 || refused < 5); i++ {
		said, err := w.runIn(t, script)
		if strings.Contains(said, secretText) || err != nil && strings.Contains(err.Error(), secretText) {
			t.Fatalf("a script read the outside: %s %v", said, err)
		}
		if said != "" {
			read++
		}
		if errors.Is(err, starlark.ErrOutside) {
			refused++
		}
	}
	close(stop)
	<-ended
	if read == 0 || refused == 0 {
		t.Errorf("the links did not change: %d runs read, %d were refused", read, refused)
	}
}
