//go:build unix

package kube

import (
	"os/exec"
	"syscall"
)

// runGroup runs cmd in a process group of its own and kills what is left of
// that when cmd has ended or its context is done.
func runGroup(cmd *exec.Cmd) error {
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
