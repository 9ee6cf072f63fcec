//go:build real && linux

package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for anything.
const patience = 60 * time.Second

// invocation is one run of the command.
type invocation struct {
	args []string
	// dir is the folder it runs in.
	dir string
	// env is added to PATH, a HOME and a TMPDIR that are empty.
	env []string
	// stdout takes standard output; nil collects it.
	stdout io.Writer
	// offline takes every network interface away, loopback too.
	offline bool
}

// result is what a run left.
type result struct {
	stdout, stderr string
	code           int
	begin          time.Time
	took           time.Duration
	cpu            time.Duration // of the command and of what it waited for
}

// running is a command that was started.
type running struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	begin          time.Time
	mark, temp     string
}

// sextant runs the command to its end. Whatever it leaves behind, a process or
// a temporary file, fails the test.
func sextant(t *testing.T, in invocation) result {
	t.Helper()
	return start(t, in).wait(t)
}

// succeed runs the command and fails the test unless it exits with status 0.
func succeed(t *testing.T, in invocation) string {
	t.Helper()
	r := sextant(t, in)
	if r.code != 0 {
		t.Fatalf("sextant %q ended with %d:\n%s", in.args, r.code, r.stderr)
	}
	return r.stdout
}

func start(t *testing.T, in invocation) *running {
	t.Helper()
	r := &running{cmd: exec.Command(programs.Path(t, "cmd/sextant"), in.args...), temp: t.TempDir()}
	r.mark = newMark(r.temp)
	r.cmd.Dir = in.dir
	r.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + r.temp, r.mark}, in.env...)
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	if in.stdout != nil {
		r.cmd.Stdout = in.stdout
	}
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if in.offline {
		r.cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
	}
	// What holds the output open after the command has ended was left behind.
	r.cmd.WaitDelay = 10 * time.Second
	r.begin = time.Now()
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if r.cmd.ProcessState == nil {
			r.cmd.Process.Kill()
			r.cmd.Wait()
		}
		killAll(t, r.mark)
	})
	return r
}

// signal sends the command, and it alone, a signal.
func (r *running) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wait waits for the end of the command and checks what it left behind.
func (r *running) wait(t *testing.T) result {
	t.Helper()
	alarm := time.AfterFunc(patience, func() { r.cmd.Process.Kill() })
	err := r.cmd.Wait()
	took := time.Since(r.begin)
	if !alarm.Stop() {
		t.Fatalf("sextant %q did not end within %s:\n%s", r.cmd.Args[1:], patience, r.stderr.String())
	}
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("sextant %q: %v", r.cmd.Args[1:], err)
	}
	if left := awaitNone(t, r.mark); len(left) > 0 {
		t.Errorf("sextant %q left processes: %v", r.cmd.Args[1:], left)
	}
	if files := filesIn(t, r.temp); len(files) > 0 {
		t.Errorf("sextant %q left files: %v", r.cmd.Args[1:], files)
	}
	ended := r.cmd.ProcessState
	return result{r.stdout.String(), r.stderr.String(), ended.ExitCode(), r.begin, took, ended.UserTime() + ended.SystemTime()}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// script makes a folder with a Clusterfile, and other files by name and contents.
func script(t *testing.T, clusterfile string, others ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files := append([]string{"Clusterfile", clusterfile}, others...)
	for i := 0; i < len(files); i += 2 {
		write(t, filepath.Join(dir, files[i]), files[i+1])
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// eventually polls until done returns true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !done(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so within %s", what, patience)
		}
	}
}
