package faults

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
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

// Unending answers every request, in plain HTTP/1.1, with the status and a body
// that never ends: one chunk and then nothing, or chunk after chunk if it floods.
// The status may be one that has no body, and one that is informational.
func Unending(t testing.TB, status int, flood bool) *Server {
	t.Helper()
	s, l := listen(t)
	s.URL = "http://" + s.Addr
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	accept(t, l, func(c net.Conn) bool {
		serving.Go(func() {
			requests := bufio.NewReader(c)
			if _, err := http.ReadRequest(requests); err != nil {
				return
			}
			_, err := fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", status, http.StatusText(status))
			for chunk := " "; err == nil; chunk = strings.Repeat(" ", 32<<10) {
				if _, err = fmt.Fprintf(c, "%x\r\n%s\r\n", len(chunk), chunk); !flood {
					break
				}
			}
			io.Copy(io.Discard, requests) // until the client, or the test, ends
		})
		return true
	})
	return s
}

// EveryStatus calls f with a server for every HTTP status and both kinds of a
// body that never ends, several at a time. The context that f gets has a
// deadline; a call that has not returned long after it fails the test.
func EveryStatus(t *testing.T, f func(ctx context.Context, t *testing.T, s *Server, status int)) {
	t.Helper()
	const atATime, deadline, late = 64, 200 * time.Millisecond, 30 * time.Second
	var running sync.WaitGroup
	slots := make(chan struct{}, atATime)
	for status := 100; status <= 599; status++ {
		for _, flood := range []bool{false, true} {
			s := Unending(t, status, flood)
			slots <- struct{}{}
			running.Go(func() {
				defer func() { <-slots }()
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				defer time.AfterFunc(late, func() {
					panic(fmt.Sprintf("status %d, flood %t: still running %s after its deadline", status, flood, late))
				}).Stop()
				f(ctx, t, s, status)
			})
		}
	}
	running.Wait()
}

// ClosesSilently answers one request a connection with h, in plain HTTP/1.1, and
// closes it without having announced that. What else was sent on it is lost.
func ClosesSilently(t testing.TB, h http.Handler) *Server {
	t.Helper()
	s, l := listen(t)
	s.URL = "http://" + s.Addr
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	accept(t, l, func(c net.Conn) bool {
		serving.Go(func() {
			defer c.Close()
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				return
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			resp := w.Result()
			resp.ContentLength = int64(w.Body.Len())
			resp.Write(c) // a client that is gone has no use for it
		})
		return true
	})
	return s
}
