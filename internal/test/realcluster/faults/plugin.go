//go:build unix

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/test/realcluster/process"
)

// Plugin is a credential plugin: a program that a kubeconfig user names under
// exec and that prints an ExecCredential. Whatever it has started ends with the
// test at the latest.
type Plugin struct {
	// Path is the command to put into the kubeconfig.
	Path string
	dir  string
}

const (
	printCredential = `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"` + Token + `"}}'` + "\n"
	startChild      = "sleep 3600 &\necho $! >>\"$dir/pids\"\n"
)

// GoodPlugin prints a credential.
func GoodPlugin(t testing.TB) *Plugin {
	t.Helper()
	return newPlugin(t, printCredential)
}

// SlowPlugin prints a credential after a delay.
func SlowPlugin(t testing.TB, delay time.Duration) *Plugin {
	t.Helper()
	return newPlugin(t, fmt.Sprintf("sleep %g\n", delay.Seconds())+printCredential)
}

// HeldPlugin prints a credential once it is released.
func HeldPlugin(t testing.TB) (p *Plugin, release func()) {
	t.Helper()
	p = newPlugin(t, "until [ -e \"$dir/released\" ]; do sleep 0.02; done\n"+printCredential)
	return p, func() {
		t.Helper()
		if err := os.WriteFile(filepath.Join(p.dir, "released"), nil, 0o600); err != nil {
			t.Errorf("release a credential plugin: %v", err)
		}
	}
}

// HangingPlugin never ends, ignores the polite signals, and has a child that
// does the same with the plugin's standard output open.
func HangingPlugin(t testing.TB) *Plugin {
	t.Helper()
	return newPlugin(t, "trap '' TERM INT HUP\n"+startChild+"wait\n")
}

// OrphaningPlugin prints a credential and ends, and leaves a child behind that
// keeps the standard output open, so a reader of it never sees the end.
func OrphaningPlugin(t testing.TB) *Plugin {
	t.Helper()
	return newPlugin(t, "trap '' TERM INT HUP\n"+startChild+printCredential)
}

// TalkingPlugin prints text to standard error, as one that asks its user to log
// in, and then a credential.
func TalkingPlugin(t testing.TB, text string) *Plugin {
	t.Helper()
	return newPlugin(t, "cat >&2 <<'END'\n"+text+"\nEND\n"+printCredential)
}

// GarbagePlugin prints what is not JSON and ends well.
func GarbagePlugin(t testing.TB) *Plugin {
	t.Helper()
	return newPlugin(t, "echo 'Welcome! You are not logged in.'\n")
}

// EndlessPlugin prints without end.
func EndlessPlugin(t testing.TB) *Plugin {
	t.Helper()
	return newPlugin(t, "exec yes\n")
}

// FailingPlugin writes FailingMessage to standard error and exits with 1.
func FailingPlugin(t testing.TB) *Plugin {
	t.Helper()
	return newPlugin(t, "echo '"+FailingMessage+"' >&2\nexit 1\n")
}

// FailingMessage is what FailingPlugin says.
const FailingMessage = "login needed: run example-login"

// MissingPlugin is not there.
func MissingPlugin(t testing.TB) *Plugin {
	t.Helper()
	dir := t.TempDir()
	return &Plugin{Path: filepath.Join(dir, "no-such-plugin"), dir: dir}
}

// newPlugin writes a script that first notes the call and its process id.
func newPlugin(t testing.TB, body string) *Plugin {
	t.Helper()
	dir := t.TempDir()
	p := &Plugin{Path: filepath.Join(dir, "plugin"), dir: dir}
	script := `#!/bin/sh
dir=${0%/*}
echo $$ >>"$dir/pids"
printf '%s\n' "$KUBERNETES_EXEC_INFO" >>"$dir/calls"
` + body
	// A process forked while the script is open for writing keeps it open,
	// and the script cannot be run until that process has its own program.
	syscall.ForkLock.RLock()
	err := os.WriteFile(p.Path, []byte(script), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatalf("write a credential plugin: %v", err)
	}
	t.Cleanup(func() {
		for _, pid := range p.Running(t) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return p
}

// Calls has one element for each call until now: KUBERNETES_EXEC_INFO as it was
// given, which is JSON on one line.
func (p *Plugin) Calls(t testing.TB) []string {
	t.Helper()
	return p.lines(t, "calls")
}

// Running are the process ids of the plugin and its children that still run.
func (p *Plugin) Running(t testing.TB) []int {
	t.Helper()
	all, err := process.List()
	if err != nil {
		t.Fatal(err)
	}
	var running []int
	for _, line := range p.lines(t, "pids") {
		pid, err := strconv.Atoi(line)
		if err != nil {
			t.Fatalf("credential plugin %s noted a process id: %v", p.Path, err)
		}
		for _, one := range all {
			if one.PID == pid {
				running = append(running, pid)
			}
		}
	}
	return running
}

func (p *Plugin) lines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatalf("read what a credential plugin noted: %v", err)
	}
	var lines []string
	for line := range strings.Lines(string(data)) {
		if strings.HasSuffix(line, "\n") { // else it is being written
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}
