//go:build unix

package docker

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
)

// dialPipe fails: named pipes are a thing of Windows.
func dialPipe(context.Context, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: networkPipe, Err: errors.New("this system has no Windows pipes")}
}

// ownSession gives a command its own session: a process group to end it by,
// and no terminal to ask for a password on.
func ownSession(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

// killGroup ends a process started in its own session, and its children. There
// may be none left.
func killGroup(p *os.Process) {
	syscall.Kill(-p.Pid, syscall.SIGKILL)
}

func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// reset reports whether trying once more may help.
func reset(err error) bool {
	return refused(err) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
