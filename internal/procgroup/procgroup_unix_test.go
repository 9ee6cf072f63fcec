//go:build unix

package procgroup

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// parent is a shell that starts a child, reports that, and goes on.
const parent = `sleep 3600 >/dev/null 2>&1 & echo started; `

// family starts the shell and returns when its child runs. What it returns waits
// for both to be gone: they hold the other end of a pipe.
func family(t *testing.T, cmd *exec.Cmd, start func() error) (gone func()) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd.ExtraFiles = []*os.File{w}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	return func() {
		t.Helper()
		w.Close()
		r.SetReadDeadline(time.Now().Add(60 * time.Second))
		if _, err := io.ReadAll(r); err != nil {
			t.Errorf("a process is left: %v", err)
		}
	}
}

func TestChildrenEndWithTheCommand(t *testing.T) {
	cmd := exec.Command("sh", "-c", parent+"exit 3")
	var g *Group
	gone := family(t, cmd, func() (err error) { g, err = Start(cmd); return err })
	var exit *exec.ExitError
	if err := g.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("got %v, want exit status 3", err)
	}
	gone()
	g.Kill() // a group that has ended is not an error
}

func TestKill(t *testing.T) {
	for _, session := range []bool{false, true} {
		cmd := exec.Command("sh", "-c", parent+"wait")
		if session {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		}
		var g *Group
		gone := family(t, cmd, func() (err error) { g, err = Start(cmd); return err })
		g.Kill()
		if err := g.Wait(); err == nil {
			t.Error("a command that was killed did not fail")
		}
		gone()
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "sh", "-c", parent+"wait")
	ended := make(chan error, 1)
	gone := family(t, cmd, func() error {
		go func() { ended <- Run(cmd) }()
		return nil
	})
	cancel()
	if err := <-ended; err == nil {
		t.Error("a command that was killed did not fail")
	}
	gone()
}

func TestMissingProgram(t *testing.T) {
	if _, err := Start(exec.Command("/nowhere/program")); err == nil {
		t.Error("a program that is not there was started")
	}
	if err := Run(exec.CommandContext(t.Context(), "/nowhere/program")); err == nil {
		t.Error("a program that is not there was run")
	}
}
