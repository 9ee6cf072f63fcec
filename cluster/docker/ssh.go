package docker

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/docker/cli/cli/connhelper/ssh"

	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/procgroup"
)

// sshFlags keep ssh from asking anything, and from leaving a master process
// behind for others to share; one that is there already is used.
var sshFlags = []string{"-T", "-o", "BatchMode=yes", "-o", "ControlMaster=no"}

// stderrGrace is how long output is read after ssh has ended, where a process
// that left its group still holds it open.
const stderrGrace = 100 * time.Millisecond

// sshConn is a connection to a remote daemon through the standard streams of a
// local ssh, as `docker system dial-stdio` makes it there.
//
// docker/cli's connhelper has such a thing too. It cannot be used: it outlives
// the context and ends ssh alone, not the processes that ssh started.
type sshConn struct {
	cmd    *exec.Cmd
	group  *procgroup.Group
	in     *os.File // what ssh reads
	out    *os.File // what ssh writes
	stderr tail
	ended  chan struct{} // closed when the process group has ended
	once   sync.Once
	exited bool // it ended by itself; written once, in Close
}

// sshError is how ssh ended by itself.
type sshError struct {
	// code is the exit status: the remote command's, or ssh's own, 255; -1
	// where a signal ended it.
	code int
	// stderr is the end of what it printed there. It is searched, never shown.
	stderr string
}

func (e *sshError) Error() string {
	if e.code < 0 {
		return "ssh was killed"
	}
	return fmt.Sprintf("ssh exited with status %d", e.code)
}

// dialSSH starts ssh. That it runs does not mean yet that it gets through.
func dialSSH(env environ.List, spec *ssh.Spec) (net.Conn, error) {
	path, err := env.LookPath("ssh")
	if err != nil {
		return nil, err
	}
	remote := []string{"docker"}
	if spec.Path != "" && spec.Path != "/" {
		remote = append(remote, "--host=unix://"+spec.Path)
	}
	args, err := spec.Command(sshFlags, append(remote, "system", "dial-stdio")...)
	if err != nil {
		return nil, err
	}
	stdin, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		stdin.Close()
		in.Close()
		return nil, err
	}
	c := &sshConn{cmd: exec.Command(path, args...), in: in, out: out, ended: make(chan struct{})}
	c.cmd.Env = env
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = stdin, stdout, &c.stderr
	c.cmd.WaitDelay = stderrGrace
	ownSession(c.cmd)
	c.group, err = procgroup.Start(c.cmd)
	stdin.Close()
	stdout.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	go func() {
		c.group.Wait() // the state holds the outcome
		close(c.ended)
	}()
	return c, nil
}

// end is how ssh ended by itself; nil if Close ended it. It closes c.
func (c *sshConn) end() *sshError {
	c.Close()
	if !c.exited {
		return nil
	}
	return &sshError{code: c.cmd.ProcessState.ExitCode(), stderr: c.stderr.String()}
}

// Read reads what the remote daemon sends. At its end it waits for ssh to end
// too, so that the error can be reported.
func (c *sshConn) Read(p []byte) (int, error) {
	n, err := c.out.Read(p)
	if err == io.EOF {
		<-c.ended
	}
	return n, err
}

// Write writes to the remote daemon, and waits where Read does.
func (c *sshConn) Write(p []byte) (int, error) {
	n, err := c.in.Write(p)
	if err != nil {
		<-c.ended
	}
	return n, err
}

// Close ends ssh with its process group and returns when it has ended.
func (c *sshConn) Close() error {
	c.once.Do(func() {
		select {
		case <-c.ended:
			c.exited = true
		default:
			c.group.Kill()
		}
		c.in.Close()
		c.out.Close()
	})
	<-c.ended
	return nil
}

func (c *sshConn) LocalAddr() net.Addr                { return sshAddr{} }
func (c *sshConn) RemoteAddr() net.Addr               { return sshAddr{} }
func (c *sshConn) SetReadDeadline(t time.Time) error  { return c.out.SetReadDeadline(t) }
func (c *sshConn) SetWriteDeadline(t time.Time) error { return c.in.SetWriteDeadline(t) }
func (c *sshConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// sshAddr is the address of both ends: which they are only ssh knows.
type sshAddr struct{}

func (sshAddr) Network() string { return networkSSH }
func (sshAddr) String() string  { return networkSSH }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
