//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminalUser types at a program that runs in a pseudo-terminal.
type terminalUser struct {
	t      *testing.T
	pty    *os.File
	output chan string
	seen   string // what was printed since the last match
}

// typeAt starts a sextant command in a pseudo-terminal. The program must end
// before the test does.
func typeAt(t *testing.T, dir string, args ...string) (*terminalUser, *exec.Cmd) {
	t.Helper()
	// TestMain puts this test binary on PATH by this name.
	cmd := exec.CommandContext(t.Context(), "sextant", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "KUBECONFIG=/nonexistent", "TERM=xterm", "GORACE=atexit_sleep_ms=10")
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	u := &terminalUser{t: t, pty: file, output: make(chan string)}
	go func() {
		defer close(u.output)
		buffer := make([]byte, 4096)
		for {
			n, err := file.Read(buffer)
			if n > 0 {
				u.output <- string(buffer[:n])
			}
			if err != nil {
				return // EIO on Linux when the program has ended
			}
		}
	}()
	t.Cleanup(func() {
		file.Close()
		for range u.output {
		}
	})
	return u, cmd
}

// expect waits until the program has printed text.
func (u *terminalUser) expect(text string) {
	u.t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		if _, rest, ok := strings.Cut(u.seen, text); ok {
			u.seen = rest
			return
		}
		select {
		case more, ok := <-u.output:
			if !ok {
				u.t.Fatalf("the program ended before it printed %q; it printed:\n%s", text, u.seen)
			}
			u.seen += more
		case <-deadline:
			u.t.Fatalf("no %q; it printed:\n%q", text, u.seen)
		}
	}
}

func (u *terminalUser) send(keys string) {
	u.t.Helper()
	if _, err := io.WriteString(u.pty, keys); err != nil {
		u.t.Fatal(err)
	}
}

// TestReplTerminal drives the console as a person does.
func TestReplTerminal(t *testing.T) {
	recording, err := filepath.Abs("../../examples/quickstart/clusters.yaml")
	if err != nil {
		t.Fatal(err)
	}
	u, cmd := typeAt(t, t.TempDir(), "repl", "--clusters", recording)
	u.expect(">>> ")
	u.send("1 + 1\r")
	u.expect("\n2\r\n>>> ")

	// A statement of several lines, and its history.
	u.send("def twice(x):\r")
	u.expect("... ")
	u.send("  return x * 2\r")
	u.expect("... ")
	u.send("\r")
	u.expect(">>> ")
	u.send("twi\t(21)\r") // completed
	u.expect("twice(21)")
	u.expect("\n42\r\n>>> ")
	u.send("\x1b[A\r") // the line before
	u.expect("twice(21)")
	u.expect("\n42\r\n>>> ")

	// Candidates, if there are several.
	u.send("os.path.\t")
	u.expect("os.path.abspath  os.path.basename")
	u.expect(">>> os.path.")
	u.send("\x03") // clears the line
	u.send("2 + 2\r")
	u.expect("\n4\r\n>>> ")

	// An error has a caret, and the console goes on.
	u.send("1 // 0\r")
	u.expect("floored division by zero")
	u.expect("  |   ^")
	u.expect(">>> ")

	// What ends the console of Python shows how to end this one.
	for _, word := range []string{"exit", "quit()"} {
		u.send(word + "\r")
		u.expect("Press Ctrl-D to leave.")
		u.expect(">>> ")
	}

	// Ctrl-C stops a statement, as long as it runs in a terminal that is not raw.
	u.send("print('begun') or [x for x in range(1 << 40) if not x + 1]\r")
	u.expect("begun\r\n")
	u.send("\x03")
	u.expect("canceled: interrupt")
	u.expect(">>> ")

	u.send("\x04") // Ctrl-D
	if err := cmd.Wait(); err != nil {
		t.Errorf("exit: %v; it printed:\n%s", err, u.seen)
	}
}

// TestReplEnds: what is no interrupt from the keyboard ends the console.
func TestReplEnds(t *testing.T) {
	u, cmd := typeAt(t, t.TempDir(), "repl")
	u.expect(">>> ")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("after SIGTERM: %v; it printed:\n%s", err, u.seen)
	}
}
