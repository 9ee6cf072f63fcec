package foreground

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
)

// Run runs cmd to its end and returns its exit code. Signals that this process is
// sent are passed on to the program, which decides what becomes of them, so there is
// no context. One that the terminal sends to all of its foreground is not passed on:
// the program has it already, and a second one means haste to many.
//
// A program that a signal ends has the exit code 128 and the signal's number, as in a
// shell. The error reports a program that could not be started.
func Run(cmd *exec.Cmd) (code int, err error) {
	came := make(chan os.Signal, 16)
	signal.Notify(came, passed...)
	defer signal.Stop(came)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // it ends with the program
	for {
		select {
		case s := <-came:
			if !fromTerminal(s) {
				cmd.Process.Signal(s) // fails only if the program has just ended
			}
		case err := <-ended:
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
				return 0, err
			}
			return codeOf(cmd.ProcessState), nil
		}
	}
}
