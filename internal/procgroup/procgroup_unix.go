//go:build unix

package procgroup

import (
	"os/exec"
	"syscall"
)

// Run runs cmd, made with exec.CommandContext, in a process group of its own.
// When cmd has ended or its context is done, the whole group is killed.
func Run(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	kill := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = kill
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	kill() // fails where nothing is left, as it should be
	return err
}
