package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"syscall"
)

// confinedVariable has, in the process that runs an untrusted script, how many bytes
// of memory it may take.
const confinedVariable = "SEXTANT_CONFINED"

// confinedStderr is the descriptor of standard error in that process. What has the
// usual number belongs to the Go runtime alone there, which reports its own end on it:
// nothing that a script prints can pass for that.
const confinedStderr = 3

// confined applies the limit of this process, if it is one that runs an untrusted
// script, and returns its standard error. The limit is on what the process writes to:
// the interpreter reserves addresses that it never uses.
func confined(stderr io.Writer) (io.Writer, bool) {
	text, ok := os.LookupEnv(confinedVariable)
	if !ok {
		return stderr, false
	}
	os.Unsetenv(confinedVariable)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: n, Max: n}) != nil {
		return stderr, false
	}
	syscall.CloseOnExec(confinedStderr)
	return os.NewFile(confinedStderr, "/dev/stderr"), true
}

// confine runs this command line in a process that the operating system limits to so
// many bytes, and returns its exit code. What the runtime reports there goes to crash,
// unless it is that there was no memory.
func confine(args []string, limit int64, stdout io.Writer, stderr *os.File, crash io.Writer) (code int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	report := &deathReport{}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", confinedVariable, limit))
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, report
	cmd.ExtraFiles = []*os.File{stderr} // confinedStderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(ends)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case sig := <-ends:
			cmd.Process.Signal(sig)
			continue
		case err = <-done:
		}
		break
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	if report.outOfMemory() {
		return 0, fmt.Errorf("the script took more memory than the operating system allows it: %d MiB", limit>>20)
	}
	crash.Write(report.text)
	if code := cmd.ProcessState.ExitCode(); code >= 0 {
		return code, nil
	}
	return 0, errors.New("the process that ran the script was killed")
}

// deathReport is the first of what the Go runtime reports when it ends a process.
type deathReport struct{ text []byte }

func (d *deathReport) Write(p []byte) (int, error) {
	const most = 64 << 10
	d.text = append(d.text, p[:min(len(p), most-len(d.text))]...)
	return len(p), nil
}

// outOfMemory matches how the runtime ends without memory: in words of its own, for lack
// of a thread, or with a fault, since parts of its collector (runtime.newSpanSPMC) write
// to what they could not get. A fault of a program's own code is a panic instead.
var outOfMemory = regexp.MustCompile(`(?m)^(fatal error|runtime): .*(memory|allocate|stack overflow|cannot map|OS thread|unexpected signal)|^SIG(SEGV|BUS): `)

// outOfMemory reports whether the runtime could get no memory.
func (d *deathReport) outOfMemory() bool { return outOfMemory.Match(d.text) }
