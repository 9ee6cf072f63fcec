//go:build unix

package procgroup

import (
	"os/exec"
	"sync/atomic"
	"syscall"
)

// system is a process group. A command that asks for a session of its own has
// one with it.
type system struct{ leader atomic.Int64 }

func (s *system) prepare(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setpgid = !cmd.SysProcAttr.Setsid
	return nil
}

func (s *system) enter(cmd *exec.Cmd) error {
	s.leader.Store(int64(cmd.Process.Pid))
	return nil
}

// kill does nothing to a group that has not been entered: 0 would mean the group
// of this process.
func (s *system) kill() error {
	leader := int(s.leader.Load())
	if leader == 0 {
		return nil
	}
	return syscall.Kill(-leader, syscall.SIGKILL)
}

func (s *system) release() {}
