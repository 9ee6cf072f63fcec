//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/terminal"
)

// typeAt starts a sextant command in a pseudo-terminal. The program must end
// before the test does.
func typeAt(t *testing.T, dir string, args ...string) (*terminal.Terminal, *exec.Cmd) {
	t.Helper()
	// TestMain puts this test binary on PATH by this name.
	cmd := exec.CommandContext(t.Context(), "sextant", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "KUBECONFIG=/nonexistent", "TERM=xterm", "GORACE=atexit_sleep_ms=10")
	return terminal.Start(t, cmd, 24, 200), cmd
}

// TestReplTerminal drives the console as a person does.
func TestReplTerminal(t *testing.T) {
	recording, err := filepath.Abs("../../examples/quickstart/clusters.yaml")
	if err != nil {
		t.Fatal(err)
	}
	u, cmd := typeAt(t, t.TempDir(), "repl", "--clusters", recording)
	u.Expect(">>> ")
	u.Send("1 + 1\r")
	u.Expect("\n2\r\n>>> ")

	// A statement of several lines, and its history.
	u.Send("def twice(x):\r")
	u.Expect("... ")
	u.Send("  return x * 2\r")
	u.Expect("... ")
	u.Send("\r")
	u.Expect(">>> ")
	u.Send("twi\t(21)\r") // completed
	u.Expect("twice(21)")
	u.Expect("\n42\r\n>>> ")
	u.Send("\x1b[A\r") // the line before
	u.Expect("twice(21)")
	u.Expect("\n42\r\n>>> ")

	// Candidates, if there are several.
	u.Send("os.path.\t")
	u.Expect("os.path.abspath  os.path.basename")
	u.Expect(">>> os.path.")
	u.Send("\x03") // clears the line
	u.Send("2 + 2\r")
	u.Expect("\n4\r\n>>> ")

	// An error has a caret, and the console goes on.
	u.Send("1 // 0\r")
	u.Expect("floored division by zero")
	u.Expect("  |   ^")
	u.Expect(">>> ")

	// What ends the console of Python shows how to end this one.
	for _, word := range []string{"exit", "quit()"} {
		u.Send(word + "\r")
		u.Expect("Press Ctrl-D to leave.")
		u.Expect(">>> ")
	}

	// Ctrl-C stops a statement, as long as it runs in a terminal that is not raw.
	u.Send("print('begun') or [x for x in range(1 << 40) if not x + 1]\r")
	u.Expect("begun\r\n")
	u.Send("\x03")
	u.Expect("canceled: interrupt")
	u.Expect(">>> ")

	u.Send("\x04") // Ctrl-D
	if err := cmd.Wait(); err != nil {
		t.Errorf("exit: %v; it printed:\n%s", err, u.Unread())
	}
}

// TestReplEnds: what is no interrupt from the keyboard ends the console.
func TestReplEnds(t *testing.T) {
	u, cmd := typeAt(t, t.TempDir(), "repl")
	u.Expect(">>> ")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("after SIGTERM: %v; it printed:\n%s", err, u.Unread())
	}
}
