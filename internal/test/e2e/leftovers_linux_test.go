package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newMark is a variable for the environment of a process. All that descends
// from it inherits the variable, even in a session or a group of its own and
// with another parent. id distinguishes this run from others.
func newMark(id string) string { return "SEXTANT_E2E=" + id }

// leftover is a process that runs and should not.
type leftover struct {
	pid     int
	command string
}

func (l leftover) String() string { return fmt.Sprintf("%d %s", l.pid, l.command) }

// marked are the processes that have the mark in their environment. A zombie,
// whose environment is empty, is none of them.
func marked(t *testing.T, mark string) []leftover {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []leftover
	for _, folder := range folders {
		environ, err := os.ReadFile(filepath.Join(folder, "environ"))
		if err != nil || !slices.ContainsFunc(bytes.Split(environ, []byte{0}), func(v []byte) bool { return string(v) == mark }) {
			continue // the process has ended since, or is another's
		}
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			t.Fatal(err)
		}
		command, err := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil {
			continue // it has ended since
		}
		found = append(found, leftover{pid, strings.ReplaceAll(string(command), "\x00", " ")})
	}
	return found
}

// awaitNone returns those that are still there a moment later: a process that was
// killed takes one to end, and on a busy machine more.
func awaitNone(t *testing.T, mark string) []leftover {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; <-ticker.C {
		left := marked(t, mark)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

func killAll(t *testing.T, mark string) {
	t.Helper()
	for _, p := range marked(t, mark) {
		syscall.Kill(p.pid, syscall.SIGKILL) // it may have ended since
	}
}

// What the other tests rely on: a process that got away is found.
func TestMarkFindsWhatGotAway(t *testing.T) {
	mark := newMark(t.TempDir())
	t.Cleanup(func() { killAll(t, mark) })
	cmd := exec.Command("setsid", "--fork", "sleep", "3600")
	cmd.Env = append(os.Environ(), mark)
	// No pipe: the one that gets away would hold it open.
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	found := func() bool {
		left := marked(t, mark)
		return len(left) == 1 && strings.HasPrefix(left[0].command, "sleep")
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(10 * time.Second); !found(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatal("the process that got away is not found")
		}
	}
	killAll(t, mark)
	if left := awaitNone(t, mark); len(left) > 0 {
		t.Errorf("killed and still found: %v", left)
	}
}
