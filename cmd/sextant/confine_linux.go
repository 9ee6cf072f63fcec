package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
)

// confinedVariable has, in the process that runs an untrusted script, how many bytes
// of memory it may take.
const confinedVariable = "SEXTANT_CONFINED"

// confined applies the limit of this process, if it is one that runs an untrusted
// script. The limit is on what the process writes to: the interpreter reserves
// addresses that it never uses.
func confined() bool {
	text, ok := os.LookupEnv(confinedVariable)
	if !ok {
		return false
	}
	os.Unsetenv(confinedVariable)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return false
	}
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: n, Max: n}) == nil
}

// confine runs this command line in a process that the operating system limits to so
// many bytes, and returns its exit code.
func confine(args []string, limit int64, stdout, stderr io.Writer) (code int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	tail := &deathWatch{w: stderr}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", confinedVariable, limit))
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, tail
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
	if tail.died {
		return 0, fmt.Errorf("the script took more memory than the operating system allows it: %d MiB", limit>>20)
	}
	if code := cmd.ProcessState.ExitCode(); code >= 0 {
		return code, nil
	}
	return 0, errors.New("the process that ran the script was killed")
}

// deathWatch passes what a process says, but not the dump of a Go program that could
// get no memory.
type deathWatch struct {
	w    io.Writer
	died bool
}

func (d *deathWatch) Write(p []byte) (int, error) {
	for _, begin := range []string{"fatal error: ", "runtime: out of memory", "runtime: cannot allocate"} {
		if !d.died && (bytes.HasPrefix(p, []byte(begin)) || bytes.Contains(p, []byte("\n"+begin))) {
			d.died = true
		}
	}
	if d.died {
		return len(p), nil
	}
	return d.w.Write(p)
}
