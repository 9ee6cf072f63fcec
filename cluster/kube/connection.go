package kube

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/sextant-dev/sextant/cluster"
)

// client asks one API server, all questions on one connection. With HTTP/2 they
// are under way at the same time; a server that speaks only HTTP/1.1 gets them
// one after another.
type client struct {
	target    *target
	transport *http.Transport
	http      *http.Client
	trace     *trace

	mu   sync.Mutex
	conn *http.ClientConn
	// again is set once the connection has been tried for a second time.
	again bool
	// ended are the connections that the server ended in good order. What was asked
	// on them may still be answered.
	ended []*http.ClientConn
	// answered is set once a question was answered on the connection in use.
	answered bool
}

// newClient prepares a client for t. It does not connect.
func newClient(t *target, r *trust) (*client, error) {
	c := &client{target: t, trace: new(trace)}
	c.transport = &http.Transport{
		DialContext:        dial,
		ForceAttemptHTTP2:  true,
		DisableCompression: t.config.DisableCompression,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return &proxyError{resp.StatusCode}
			}
			c.trace.passedProxy()
			return nil
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
		return nil, &cluster.PhaseError{Phase: cluster.PhaseConfig, Endpoint: t.origin, Cause: err, Advice: "fix user " + quote(t.context.AuthInfo)}
	}
	c.http = &http.Client{Transport: wrapped, CheckRedirect: sameHost}
	return c, nil
}

// sameHost lets a redirect be followed on the connection that there is. The
// credentials of one server are not for another.
func sameHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		// The path is left out: a login's may hold a ticket.
		return &redirectError{next.URL.Scheme + "://" + next.URL.Host}
	}
	if len(via) >= 5 {
		return errors.New("redirected in a circle")
	}
	return nil
}

// connect opens the connection. One that is refused or reset is tried once more.
func (c *client) connect(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		err := c.dial(ctx)
		if err == nil || c.again || !(refused(err) || lost(err)) || ctx.Err() != nil {
			return err
		}
		c.again = true
	}
}

// maxEnded is how many connections that a server ended in good order are
// replaced: one for each question, which then has an answer of its own.
const maxEnded = 4

// reconnect replaces a connection that broke with err, or that the server ended,
// unless another request has already done so. It reports whether there is one to
// try again on. A connection that is closed after an answer, and not reset, was
// ended in good order, even where its last words were lost.
func (c *client) reconnect(ctx context.Context, gone *http.ClientConn, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != gone {
		return true
	}
	ended := errors.Is(err, errEnded) || c.answered && !wasReset(err)
	switch {
	case ctx.Err() != nil:
		return false
	case ended && len(c.ended) < maxEnded:
		c.ended = append(c.ended, gone)
	case c.again:
		return false
	default:
		c.again = true
		gone.Close()
	}
	return c.dial(ctx) == nil
}

// dial opens a connection; c.mu is held.
func (c *client) dial(ctx context.Context) error {
	ctx, done := context.WithCancel(ctx)
	defer done()
	proxy := c.target.proxy
	socks := proxy != nil && strings.HasPrefix(proxy.Scheme, "socks")
	c.trace.start(proxy != nil)
	conn, err := c.transport.NewClientConn(
		httptrace.WithClientTrace(ctx, c.trace.hooks(socks)), c.target.server.Scheme, hostPort(c.target.server))
	if err != nil {
		return err
	}
	c.trace.passedProxy()
	c.trace.set(cluster.PhaseRequest)
	c.conn, c.answered = conn, false
	return nil
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

// current is the connection in use.
func (c *client) current() *http.ClientConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// RoundTrip sends a request on the connection.
func (c *client) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.current().RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if to := resp.Header.Get("Location"); to != "" {
		if _, err := url.Parse(to); err != nil {
			// net/http would show all of it.
			resp.Body.Close()
			return nil, &redirectError{"what is no URL"}
		}
	}
	return resp, nil
}

// close ends the connection and, with it, what is under way on it.
func (c *client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range append(c.ended, c.conn) {
		if conn != nil {
			conn.Close()
		}
	}
}

// proxyError is a proxy that let the connection not through.
type proxyError struct{ code int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.code, http.StatusText(e.code))
}

// redirectError is an answer that points to another server.
type redirectError struct{ to string }

func (e *redirectError) Error() string {
	return "the server redirects to " + e.to + ", which is not followed"
}
