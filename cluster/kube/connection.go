package kube

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// client asks one API server. All questions go out on one connection, at the
// same time with HTTP/2 and one after another with HTTP/1.1. If that connection
// ends early, what has no answer yet is asked again on another one. A question
// that others hold up for too long gets a connection of its own.
type client struct {
	target    *target
	transport *http.Transport
	http      *http.Client

	mu sync.Mutex
	// line is the connection in use. others are those that it replaced, where what
	// was asked may still be answered, and those of single questions.
	line   *line
	others []*line
	// retried is set once a connection that was refused, or that broke before it
	// had answered anything, has been tried again. There is no third attempt.
	retried atomic.Bool
	// lost is set once a connection could not be replaced.
	lost bool
	// foreign is set once an answer was not HTTP.
	foreign *wire.Fault
}

const (
	// maxAtOnce is how many questions are under way on one connection.
	maxAtOnce = 16
	// maxHeldUp is how long a question waits for others on one connection, and
	// at most a tenth of the time that is left.
	maxHeldUp = time.Second
)

// line is one connection and what is known of it.
//
// A server may close the connection with each answer, as kube-apiserver does
// for users it does not know. Whether a connection ended that way, or broke, is
// not to be read from how the operating system reports the end: the same close
// is an end of file, a reset or a GOAWAY, depending on what was in flight. It
// follows from whether a complete answer came before the end. So a question that
// lost its connection waits until the line is settled, and asks again if the line
// answered another one: each new line then brings at least one answer.
type line struct {
	conn *http.ClientConn
	// slots has room for the questions that may be under way at once. After a
	// line has ended early, the next has one slot: then no question is lost
	// because it was sent while the server was closing.
	slots chan struct{}
	// settled is closed once the line has answered, or nothing is under way on it.
	settled chan struct{}

	mu       sync.Mutex
	asking   int
	answered bool
}

// entered notes that a question has taken a slot.
func (l *line) entered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asking++
}

// leave frees the slot. answered reports whether a complete answer came.
func (l *line) leave(answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	<-l.slots
	l.asking--
	l.answered = l.answered || answered
	if l.answered || l.asking == 0 {
		select {
		case <-l.settled:
		default:
			close(l.settled)
		}
	}
}

// hasAnswered reports whether a complete answer came on the line.
func (l *line) hasAnswered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answered
}

// newClient prepares a client for t. It does not connect.
func newClient(t *target, r *trust) (*client, error) {
	c := &client{target: t}
	c.transport = &http.Transport{
		DialContext:        t.dial,
		ForceAttemptHTTP2:  true,
		DisableCompression: t.config.DisableCompression,
		OnProxyConnectResponse: func(ctx context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
			return ctx.Value(traceKey{}).(*wire.Trace).ProxyResponse(ctx, proxy, req, resp)
		},
	}
	if t.proxy != nil {
		c.transport.Proxy = http.ProxyURL(t.proxy)
	}
	if t.server.Scheme == "https" {
		config, err := r.config(t)
		if err != nil {
			return nil, err
		}
		c.transport.TLSClientConfig = config
	}
	config := rest.CopyConfig(t.config)
	config.ExecProvider = nil
	config.UserAgent = "sextant"
	wrapped, err := rest.HTTPWrappersForConfig(config, c)
	if err != nil {
		return nil, &cluster.PhaseError{Phase: cluster.PhaseConfig, Endpoint: t.origin, Cause: err, Advice: "fix user " + strconv.Quote(t.context.AuthInfo)}
	}
	c.http = &http.Client{Transport: wrapped, CheckRedirect: c.sameHost}
	return c, nil
}

// sameHost lets a redirect be followed on the connection that there is. The
// credentials of one server are not for another.
func (c *client) sameHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		// The path is left out: a login's may hold a ticket.
		to := next.URL.Scheme + "://" + next.URL.Host
		if c.sent([]byte(to)) {
			to = "what it was sent"
		}
		return &redirectError{to}
	}
	if len(via) >= 5 {
		return errors.New("redirected in a circle")
	}
	return nil
}

// attempts is how often a connection was opened in vain.
func (c *client) attempts() int {
	if c.retried.Load() {
		return 2
	}
	return 1
}

// problem explains a failure of the client.
func (c *client) problem(err error) error { return c.target.problem(err, c.attempts()) }

// connect opens the connection. One that is refused or reset is tried once more.
func (c *client) connect(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		l, err := c.dial(ctx, maxAtOnce)
		if err == nil || c.retried.Load() || !wire.Transient(err) || ctx.Err() != nil {
			c.line = l
			return err
		}
		c.retried.Store(true)
	}
}

// enter waits for a slot on the line in use. If others hold all of them for too
// long, such as one that a server of HTTP/1.1 does not answer, the question gets a
// line of its own, once: own is set then.
func (c *client) enter(ctx context.Context, own *bool) (*line, error) {
	l := c.current()
	select {
	case l.slots <- struct{}{}:
		l.entered()
		return l, nil
	default:
	}
	dialled := make(chan *line)
	var running sync.WaitGroup
	defer running.Wait()
	dialling, stop := context.WithCancel(ctx)
	defer stop()
	if !*own {
		running.Go(func() {
			if wire.Pause(dialling, heldUp(ctx)) {
				c.dialOwn(dialling, dialled)
			}
		})
	}
	select {
	case l.slots <- struct{}{}:
	case l = <-dialled:
		*own = true
		l.slots <- struct{}{}
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	l.entered()
	return l, nil
}

// heldUp is how long a question waits for others.
func heldUp(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(maxHeldUp, time.Until(deadline)/10)
	}
	return maxHeldUp
}

// dialOwn opens a line for one question and hands it over, unless ctx is done first.
func (c *client) dialOwn(ctx context.Context, to chan<- *line) {
	l, err := c.dial(ctx, 1)
	if err != nil {
		return // it waits on for the line in use
	}
	select {
	case to <- l:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.others = append(c.others, l)
	case <-ctx.Done():
		l.conn.Close()
	}
}

// replace opens another connection in place of one that ended early, unless
// another question has already done so. It reports whether there is one to ask
// on again.
func (c *client) replace(ctx context.Context, gone *line) bool {
	select {
	case <-gone.settled:
	case <-ctx.Done():
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.lost || c.foreign != nil || ctx.Err() != nil:
		return false
	case c.line != gone:
		return true
	case !gone.hasAnswered():
		c.lost = c.retried.Swap(true)
	}
	if !c.lost {
		l, err := c.dial(ctx, 1)
		if c.lost = err != nil; !c.lost {
			c.others, c.line = append(c.others, gone), l
		}
	}
	return !c.lost
}

// dialError is a connection that could not be opened, and how far it came.
type dialError struct {
	phase cluster.Phase
	// host is the name that was looked up, for the phase of that.
	host string
	err  error
}

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// traceKey is the context key of the trace of an attempt to connect.
type traceKey struct{}

// dial opens a line for a number of questions at once, or fewer if the protocol
// wants that.
func (c *client) dial(ctx context.Context, atOnce int) (*line, error) {
	ctx, done := context.WithCancel(ctx)
	defer done()
	trace := new(wire.Trace)
	trace.Start(c.target.proxy)
	conn, err := c.transport.NewClientConn(
		httptrace.WithClientTrace(context.WithValue(ctx, traceKey{}, trace), trace.Hooks()), c.target.server.Scheme, hostPort(c.target.server))
	if err != nil {
		phase, host := trace.Now()
		return nil, &dialError{phase, host, err}
	}
	return &line{
		conn:    conn,
		slots:   make(chan struct{}, max(1, min(atOnce, conn.Available()))),
		settled: make(chan struct{}),
	}, nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// current is the line in use.
func (c *client) current() *line {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.line
}

// lineKey is the context key of the line that a request is for.
type lineKey struct{}

// RoundTrip sends a request on its line.
func (c *client) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := req.Context().Value(lineKey{}).(*line).conn.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	wire.Bound(req.Context(), resp)
	if to := resp.Header.Get("Location"); to != "" {
		if _, err := url.Parse(to); err != nil {
			// net/http would show all of it.
			resp.Body.Close()
			return nil, &redirectError{"what is no URL"}
		}
	}
	return resp, nil
}

// close ends the connections and, with them, what is under way.
func (c *client) close() {
	c.closeOthers()
	if l := c.current(); l != nil {
		l.conn.Close()
	}
}

// closeOthers ends all connections but the one in use.
func (c *client) closeOthers() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.others {
		l.conn.Close()
	}
	c.others = nil
}

// redirectError is an answer that points to another server.
type redirectError struct{ to string }

func (e *redirectError) Error() string {
	return "the server redirects to " + e.to + ", which is not followed"
}
