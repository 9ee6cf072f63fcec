package docker

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// dialPipe connects to a named pipe.
func dialPipe(ctx context.Context, path string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, path)
}

// ownSession has nothing to do: a command without a console asks nothing.
func ownSession(*exec.Cmd) {}

// killGroup ends a process.
func killGroup(p *os.Process) { p.Kill() }

func refused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }

// reset reports whether trying once more may help.
func reset(err error) bool {
	return refused(err) || errors.Is(err, windows.WSAECONNRESET) || errors.Is(err, windows.WSAECONNABORTED) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
