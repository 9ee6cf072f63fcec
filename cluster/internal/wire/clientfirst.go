package wire

import (
	"net"
	"sync"
)

// ClientFirst returns conn, from which nothing is read before something was
// written. What a login shell's greeting or a server of another protocol sends
// unasked is thus taken for the answer to the first request, and fails that. Left
// to itself, net/http prints what comes before a request to the standard log, and
// ends the connection without a cause: which of the two a server that speaks first
// met would depend on how busy this machine is.
func ClientFirst(conn net.Conn) net.Conn {
	return &clientFirst{Conn: conn, begun: make(chan struct{})}
}

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
