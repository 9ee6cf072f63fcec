//go:build unix

package process

import (
	"os"
	"os/exec"
	"testing"
)

// A child that reads a pipe lives until the pipe is closed.
func TestDescendants(t *testing.T) {
	cmd := exec.Command("sh", "-c", "cat; true")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A line that comes back shows that cat runs.
	if _, err := stdin.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	got, err := Descendants(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].PID != cmd.Process.Pid || got[1].Parent != cmd.Process.Pid || got[1].Command != "cat" {
		t.Errorf("got %+v, want sh, process %d, and its child cat", got, cmd.Process.Pid)
	}
	if running, err := Running(cmd.Process.Pid); err != nil || !running {
		t.Errorf("sh runs: %t, %v", running, err)
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if running, err := Running(cmd.Process.Pid); err != nil || running {
		t.Errorf("sh has ended and runs: %t, %v", running, err)
	}
}

func TestZombieDoesNotRun(t *testing.T) {
	cmd := exec.Command("sh", "-c", ":")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for n := 1; n > 0; n, _ = stdout.Read(make([]byte, 1)) { // to the end: it is over
	}
	for {
		running, err := Running(cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if !running {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}
