//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/internal/atomicfile"
)

// TestWatchTerminal: a terminal shows the current table in place of the one before;
// anything else gets the tables one after another, and no control characters.
func TestWatchTerminal(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	save := func(version string) {
		t.Helper()
		server := clustertest.NewKube(t, clustertest.KubeFacts{Name: "a", UID: version, Version: version})
		data, err := clientcmd.Write(*server.Kubeconfig())
		if err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.Write(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("v1.36.1")
	if err := os.WriteFile(filepath.Join(dir, "Clusterfile"), []byte("k8s_cluster('a')\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const erase = "\x1b[H\x1b[2J"
	args := []string{"watch", "--kubeconfig", file}
	u, cmd := typeAt(t, dir, args...)
	u.Expect(erase)
	u.Expect(" ADDED a: Connected\r\n")
	u.Expect("NAME")
	u.Expect("v1.36.1")
	save("v1.36.2")
	u.Expect(erase)
	u.Expect(" MODIFIED a: Replaced\r\n")
	u.Expect("v1.36.2")
	u.Send("\x03")
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("exit: %v; it printed:\n%s", err, u.Unread())
	}

	plain := exec.CommandContext(t.Context(), "sextant", append(args, "--for", "2s")...)
	plain.Dir = dir
	out, err := plain.Output()
	if err != nil || !strings.Contains(string(out), " ADDED a: Connected\nNAME") || strings.Contains(string(out), "\x1b") {
		t.Errorf("without a terminal: %v, %q", err, out)
	}
}
