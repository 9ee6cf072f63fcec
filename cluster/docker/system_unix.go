//go:build unix

package docker

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"syscall"
)

// dialPipe fails: named pipes are a thing of Windows.
func dialPipe(context.Context, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: networkPipe, Err: errors.New("this system has no Windows pipes")}
}

// ownSession runs a command in its own session, which has no terminal to ask for a
// password on.
func ownSession(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}
