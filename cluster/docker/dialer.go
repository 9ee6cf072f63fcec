package docker

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/sextant-dev/sextant/internal/environ"
)

var errDialerClosed = errors.New("the resolution has ended")

// dialer opens the connections of one resolution and owns them, and with them
// the processes that stand for connections.
type dialer struct {
	ep     *endpoint
	env    environ.List
	ctx    context.Context
	cancel context.CancelFunc

	dialing sync.WaitGroup
	mu      sync.Mutex
	closed  bool
	dials   int
	open    []net.Conn
	ssh     *sshConn // the last one
}

func newDialer(ctx context.Context, ep *endpoint, env environ.List) *dialer {
	ctx, cancel := context.WithCancel(ctx)
	return &dialer{ep: ep, env: env, ctx: ctx, cancel: cancel}
}

// connections is how many were asked for.
func (d *dialer) connections() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dials
}

// sshEnd is how ssh ended by itself, nil where it did not.
func (d *dialer) sshEnd() *sshError {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ssh == nil {
		return nil
	}
	return d.ssh.end()
}

// dial connects to the endpoint. address counts for TCP only, where it may be a
// proxy's.
func (d *dialer) dial(ctx context.Context, _, address string) (net.Conn, error) {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil, errDialerClosed
	}
	d.dials++
	d.dialing.Add(1)
	d.mu.Unlock()
	defer d.dialing.Done()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	conn, err := d.connect(ctx, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if c, ok := conn.(*sshConn); ok {
		d.ssh = c
	}
	conn = &clientFirst{Conn: conn, begun: make(chan struct{})}
	d.open = append(d.open, conn)
	return conn, nil
}

func (d *dialer) connect(ctx context.Context, address string) (net.Conn, error) {
	switch d.ep.network {
	case networkSSH:
		return dialSSH(d.env, d.ep.ssh)
	case networkPipe:
		return dialPipe(ctx, d.ep.address)
	case networkUnix:
		return new(net.Dialer).DialContext(ctx, "unix", d.ep.address)
	default:
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
}

// close ends every connection and process, and returns when they have ended.
func (d *dialer) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.dialing.Wait()
	for _, conn := range d.open {
		conn.Close() // one that is closed already is as it should be
	}
}

// clientFirst is a connection on which nothing is read before something was
// written. What a login shell's greeting or a server of another protocol sends
// unasked is thus taken for the answer to the first request, and fails that;
// net/http would print it to the standard log.
type clientFirst struct {
	net.Conn
	once  sync.Once
	begun chan struct{} // closed by the first Write, or by Close
}

func (c *clientFirst) begin() { c.once.Do(func() { close(c.begun) }) }

func (c *clientFirst) Read(p []byte) (int, error) {
	<-c.begun
	return c.Conn.Read(p)
}

func (c *clientFirst) Write(p []byte) (int, error) {
	c.begin()
	return c.Conn.Write(p)
}

func (c *clientFirst) Close() error {
	defer c.begin()
	return c.Conn.Close()
}
