package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
	"github.com/sextant-dev/sextant/internal/localfile"
)

// client asks one API server. All questions go out on one connection, at the
// same time with HTTP/2 and one after another with HTTP/1.1. If that connection
// ends early, what has no answer yet is asked again on another one.
type client struct {
	target    *target
	transport *http.Transport
	http      *http.Client
	trace     *wire.Trace

	mu sync.Mutex
	// line is the connection in use, ended those it replaced: what was asked on
	// them may still be answered.
	line  *line
	ended []*line
	// retried is set once a connection that was refused, or that broke before it
	// had answered anything, has been tried again. There is no third attempt.
	retried bool
	// lost is set once a connection could not be replaced.
	lost bool
}

// maxAtOnce is how many questions are under way on one connection.
const maxAtOnce = 16

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

// enter waits for a slot.
func (l *line) enter(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asking++
	return nil
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
	c := &client{target: t, trace: new(wire.Trace)}
	c.transport = &http.Transport{
		DialContext:            t.dial,
		ForceAttemptHTTP2:      true,
		DisableCompression:     t.config.DisableCompression,
		OnProxyConnectResponse: c.trace.ProxyResponse,
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
		err := c.dial(ctx, maxAtOnce)
		if err == nil || c.retried || !wire.Transient(err) || ctx.Err() != nil {
			return err
		}
		c.retried = true
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
	case c.lost || ctx.Err() != nil:
		return false
	case c.line != gone:
		return true
	case !gone.hasAnswered():
		c.lost, c.retried = c.retried, true
	}
	if !c.lost {
		c.ended = append(c.ended, gone)
		c.lost = c.dial(ctx, 1) != nil
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

// dial opens a line for a number of questions at once, or fewer if the protocol
// wants that; c.mu is held.
func (c *client) dial(ctx context.Context, atOnce int) error {
	ctx, done := context.WithCancel(ctx)
	defer done()
	c.trace.Start(c.target.proxy)
	conn, err := c.transport.NewClientConn(
		httptrace.WithClientTrace(ctx, c.trace.Hooks()), c.target.server.Scheme, hostPort(c.target.server))
	if err != nil {
		phase, host := c.trace.Now()
		return &dialError{phase, host, err}
	}
	c.line = &line{
		conn:    conn,
		slots:   make(chan struct{}, max(1, min(atOnce, conn.Available()))),
		settled: make(chan struct{}),
	}
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

// close ends the connection and, with it, what is under way on it.
func (c *client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range append(c.ended, c.line) {
		if l != nil {
			l.conn.Close()
		}
	}
}

// redirectError is an answer that points to another server.
type redirectError struct{ to string }

func (e *redirectError) Error() string {
	return "the server redirects to " + e.to + ", which is not followed"
}

// dial opens a socket. Nothing of it is left when ctx is done, not even the
// name lookup: Go's resolver leaves a query waiting for seconds after that.
func (t *target) dial(ctx context.Context, network, address string) (net.Conn, error) {
	base := net.DefaultResolver
	query := base.Dial
	if query == nil {
		query = new(net.Dialer).DialContext
	}
	resolver := &net.Resolver{
		PreferGo:     base.PreferGo,
		StrictErrors: base.StrictErrors,
		// The resolver calls this under a context of its own.
		Dial: func(lookup context.Context, network, server string) (net.Conn, error) {
			conn, err := query(lookup, network, server)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
	}
	dialer := &net.Dialer{Resolver: resolver}
	if t.restricted != nil {
		dialer.Control = t.restricted.control
	}
	return dialer.DialContext(ctx, network, address)
}

// trust makes TLS configurations. Contexts often share an authority and a user,
// so it parses each certificate once.
type trust struct {
	mu    sync.Mutex
	pools map[string]*x509.CertPool
	pairs map[string]*tls.Certificate
}

func newTrust() *trust {
	return &trust{pools: map[string]*x509.CertPool{}, pairs: map[string]*tls.Certificate{}}
}

// config is the TLS configuration for t.
func (r *trust) config(t *target) (*tls.Config, error) {
	if t.config.Insecure && (len(t.config.CAData) > 0 || t.config.CAFile != "") {
		return nil, &cluster.PhaseError{
			Phase: cluster.PhaseConfig, Endpoint: t.origin,
			Cause:  fmt.Errorf("cluster %q has both a certificate-authority and insecure-skip-tls-verify", t.context.Cluster),
			Advice: "remove one of them",
		}
	}
	if err := rest.LoadTLSFiles(t.config); err != nil {
		return nil, &cluster.PhaseError{
			Phase: cluster.PhaseCredentials, Endpoint: t.origin, Cause: err,
			Advice: "fix the certificate files of context " + quote(t.name),
		}
	}
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.config.ServerName,
		InsecureSkipVerify: t.config.Insecure,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ca := t.config.CAData; len(ca) > 0 {
		pool, ok := r.pools[string(ca)]
		if !ok {
			pool = x509.NewCertPool()
			if !pool.AppendCertsFromPEM(ca) {
				return nil, &cluster.PhaseError{
					Phase: cluster.PhaseConfig, Endpoint: t.origin,
					Cause:  fmt.Errorf("the certificate-authority of cluster %q holds no certificate", t.context.Cluster),
					Advice: "put the cluster's CA there, in PEM",
				}
			}
			r.pools[string(ca)] = pool
		}
		c.RootCAs = pool
	}
	if len(t.config.CertData) > 0 {
		key := string(t.config.CertData) + "\x00" + string(t.config.KeyData)
		pair, ok := r.pairs[key]
		if !ok {
			made, err := tls.X509KeyPair(t.config.CertData, t.config.KeyData)
			if err != nil {
				return nil, &cluster.PhaseError{
					Phase: cluster.PhaseCredentials, Endpoint: t.origin,
					Cause:  errors.New("the client certificate and key of user " + quote(t.context.AuthInfo) + " do not go together or are not PEM"),
					Advice: "get new ones",
				}
			}
			pair = &made
			r.pairs[key] = pair
		}
		// Whatever authorities the server hints at, it gets this one, as from kubectl.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair, nil }
		t.clientCertificate = pair.Leaf
	}
	return c, nil
}

// exposed are warnings about files that hold the user's secrets and that
// everybody on this machine can read. What a kubelet writes into a pod is
// readable by design.
func (t *target) exposed() []string {
	u := t.user
	if u.LocationOfOrigin == "" {
		return nil
	}
	var warnings []string
	warn := func(file, what string) {
		if file != "" && localfile.Exposed(file) {
			warnings = append(warnings, fmt.Sprintf("everybody on this machine can read %s, which holds %s: run chmod 600 %[1]s", file, what))
		}
	}
	if u.Token != "" || u.Password != "" || len(u.ClientKeyData) > 0 {
		warn(u.LocationOfOrigin, "secrets")
	}
	if len(u.ClientKeyData) == 0 {
		warn(u.ClientKey, "the key")
	}
	// The token file counts if there are both.
	warn(u.TokenFile, "the token")
	return warnings
}
