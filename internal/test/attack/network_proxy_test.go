package attack

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// action is what a chaos proxy does to a connection at some point of it.
type action string

const (
	pass    action = "pass"    // nothing: forward to the end
	latency action = "latency" // wait once, then forward
	drip    action = "drip"    // forward a few bytes at a time
	reset   action = "reset"   // reset both ends
	finish  action = "finish"  // end both in good order
	stall   action = "stall"   // forward no more, and leave the connection open
)

// fault is an action on one direction of a connection, after a number of bytes.
type fault struct {
	down   bool // of what the server sends
	at     int
	action action
	pause  time.Duration // of latency and drip
	chunk  int           // of drip
}

func (f fault) String() string {
	way := "up"
	if f.down {
		way = "down"
	}
	return fmt.Sprintf("%s@%s+%d(%s,%d)", f.action, way, f.at, f.pause, f.chunk)
}

// plan is the faults of each connection in turn; those that follow the last
// have none.
type plan [][]fault

func (p plan) String() string {
	var all []string
	for _, faults := range p {
		all = append(all, fmt.Sprint(faults))
	}
	return strings.Join(all, " then ")
}

// randomPlan breaks the first connection, and often the one that replaces it.
// Offsets are dense where a TLS handshake and the first headers are.
func randomPlan(r *rand.Rand) plan {
	actions := []action{pass, latency, drip, reset, finish, stall}
	p := make(plan, 1+r.IntN(2))
	for i := range p {
		for range 1 + r.IntN(3) {
			f := fault{down: r.IntN(2) == 0, action: actions[r.IntN(len(actions))], chunk: 1 + r.IntN(200)}
			f.at = r.IntN([]int{1, 16, 400, 2000, 6000}[r.IntN(5)])
			f.pause = time.Duration(r.IntN(30)) * time.Millisecond
			p[i] = append(p[i], f)
		}
	}
	return p
}

// chaos is a TCP proxy that follows a plan. It lives until close.
type chaos struct {
	listener net.Listener
	upstream string
	plan     plan
	// link, if set, is passed the address that the server will see, before it
	// sees anything.
	link func(from string)

	ended   chan struct{}
	running sync.WaitGroup
}

func startChaos(address, upstream string, p plan, link func(from string)) (*chaos, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &chaos{listener: l, upstream: upstream, plan: p, link: link, ended: make(chan struct{})}
	c.running.Go(c.accept)
	return c, nil
}

func newChaos(t testing.TB, address, upstream string, p plan) *chaos {
	t.Helper()
	c, err := startChaos(address, upstream, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func (c *chaos) addr() string { return c.listener.Addr().String() }

// close ends every connection and waits for what served them.
func (c *chaos) close() {
	close(c.ended)
	c.listener.Close()
	c.running.Wait()
}

func (c *chaos) accept() {
	for i := 0; ; i++ {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		var faults []fault
		if i < len(c.plan) {
			faults = c.plan[i]
		}
		c.running.Go(func() { c.serve(conn.(*net.TCPConn), faults) })
	}
}

func (c *chaos) serve(client *net.TCPConn, faults []fault) {
	defer client.Close()
	conn, err := net.Dial("tcp", c.upstream)
	if err != nil {
		return
	}
	server := conn.(*net.TCPConn)
	defer server.Close()
	if c.link != nil {
		c.link(server.LocalAddr().String())
	}
	var up, down []fault
	for _, f := range faults {
		if f.down {
			down = append(down, f)
		} else {
			up = append(up, f)
		}
	}
	closeBoth := sync.OnceFunc(func() { client.Close(); server.Close() })
	over := make(chan struct{})
	var copies sync.WaitGroup
	copies.Go(func() {
		select {
		case <-c.ended:
			closeBoth()
		case <-over:
		}
	})
	var ways sync.WaitGroup
	ways.Go(func() { c.forward(server, client, up, closeBoth) })
	ways.Go(func() { c.forward(client, server, down, closeBoth) })
	ways.Wait()
	close(over)
	copies.Wait()
}

// forward copies one direction and does what the faults say.
func (c *chaos) forward(to, from *net.TCPConn, faults []fault, closeBoth func()) {
	defer closeBoth()
	sent := 0
	for {
		next := -1
		for i, f := range faults {
			if next < 0 || f.at < faults[next].at {
				next = i
			}
		}
		if next < 0 {
			io.Copy(to, from)
			return
		}
		f := faults[next]
		faults = append(append([]fault(nil), faults[:next]...), faults[next+1:]...)
		if n := f.at - sent; n > 0 {
			copied, err := io.CopyN(to, from, int64(n))
			if sent += int(copied); err != nil {
				return
			}
		}
		switch f.action {
		case latency:
			c.pause(f.pause)
		case drip:
			if err := c.drip(to, from, f); err != nil {
				return
			}
		case reset:
			to.SetLinger(0)
			from.SetLinger(0)
			return
		case finish:
			return
		case stall:
			<-c.ended
			return
		}
	}
}

// drip forwards twenty chunks, with a pause after each.
func (c *chaos) drip(to io.Writer, from io.Reader, f fault) error {
	buffer := make([]byte, f.chunk)
	for range 20 {
		n, err := from.Read(buffer)
		if _, werr := to.Write(buffer[:n]); err != nil || werr != nil {
			return errors.Join(err, werr)
		}
		c.pause(f.pause / 4)
	}
	return nil
}

func (c *chaos) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ended:
	}
}
