package faults

import (
	"net"
	"net/http"
	"sync"
	"testing"
)

// Refused is an address that refuses every connection.
func Refused(t testing.TB) *Server {
	t.Helper()
	// The near end of a connection of its own holds the port: nobody listens
	// there, and no other process can come to.
	far, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen on loopback: %v", err)
	}
	t.Cleanup(func() { far.Close() })
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
	near, err := dialer.Dial("tcp", far.Addr().String())
	if err != nil {
		t.Fatalf("hold a port: %v", err)
	}
	t.Cleanup(func() { near.Close() })
	addr := near.LocalAddr().String()
	return &Server{Addr: addr, URL: "https://" + addr}
}

// Silent accepts connections and never says a word.
func Silent(t testing.TB) *Server {
	t.Helper()
	s, l := listen(t)
	accept(t, l, func(c net.Conn) bool { return true })
	return s
}

// Reset accepts connections and resets each at once.
func Reset(t testing.TB) *Server {
	t.Helper()
	s, l := listen(t)
	accept(t, l, func(c net.Conn) bool { reset(c); return false })
	return s
}

// ResetFirst resets the first n connections and serves h, as Serve does, on
// those that follow.
func ResetFirst(t testing.TB, n int, h http.Handler) *Server {
	t.Helper()
	s, l := listen(t)
	config := serverConfig(t, Certificates(t).Server)
	serveOn(t, s, &resettingListener{Listener: l, left: n}, h, config)
	return s
}

// accept hands each connection to f until the test ends. Those for which f says
// so are kept open until then.
func accept(t testing.TB, l net.Listener, f func(net.Conn) (keep bool)) {
	var loop sync.WaitGroup
	var kept []net.Conn
	loop.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if f(c) {
				kept = append(kept, c)
			}
		}
	})
	t.Cleanup(func() {
		l.Close()
		loop.Wait()
		for _, c := range kept {
			c.Close()
		}
	})
}

// reset closes a connection in a way that its other end sees as a reset.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

// resettingListener resets what it accepts until none is left to reset. Only
// one goroutine accepts.
type resettingListener struct {
	net.Listener
	left int
}

func (l *resettingListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.left == 0 {
			return c, err
		}
		l.left--
		reset(c)
	}
}
