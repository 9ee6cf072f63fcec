package docker

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/docker/docker/client"

	"github.com/sextant-dev/sextant/cluster/internal/wire"
	"github.com/sextant-dev/sextant/internal/environ"
)

// platformHost is where the docker command looks if nothing names a daemon.
const platformHost = client.DefaultDockerHost

// answer is what the daemon reports of itself.
type answer struct {
	version, arch string
	// id is the daemon's ID, "" if it is not known.
	id string
	at time.Time
}

// errNotDaemon is the cause where something answers that is no daemon.
var errNotDaemon = errors.New("the answer is not from a Docker daemon")

// ask agrees on an API version with the daemon and asks for its version.
// apiVersion overrides the agreement if it is not empty.
//
// The ping is made here, not left to the client, because the client goes on
// after a ping that failed and so would try a dead daemon twice as often.
func ask(ctx context.Context, ep *endpoint, t *transport, apiVersion string) (answer, error) {
	// WithHost comes first: it configures the transport that WithHTTPClient
	// then replaces. Only the transport knows how the daemon is reached.
	c, err := client.NewClientWithOpts(
		client.WithHost("tcp://"+ep.httpHost()),
		client.WithScheme(ep.httpScheme()),
		client.WithHTTPClient(&http.Client{
			Transport:     t,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		client.WithVersion(apiVersion),
		client.WithUserAgent("sextant"),
	)
	if err != nil {
		return answer{}, err
	}
	ping, err := c.Ping(ctx)
	if err != nil {
		return answer{}, err
	}
	c.NegotiateAPIVersionPing(ping)
	v, err := c.ServerVersion(ctx)
	if err != nil {
		return answer{}, err
	}
	if v.Version == "" || t.progress.snapshot().status != http.StatusOK {
		return answer{}, errNotDaemon
	}
	return answer{version: v.Version, arch: v.Arch, at: time.Now(), id: identity(ctx, c)}, nil
}

// identityTimeout bounds the question for the daemon's ID: a busy daemon takes
// long to answer it, and nothing depends on it.
const identityTimeout = time.Second

// identity asks for the daemon's ID, "" if there is no answer in time.
func identity(ctx context.Context, c *client.Client) string {
	ctx, cancel := context.WithTimeout(ctx, identityTimeout)
	defer cancel()
	info, err := c.Info(ctx)
	if err != nil {
		return ""
	}
	return info.ID
}

// maxConnections is how often a resolution connects: once, and once more after
// a refusal or a reset.
const maxConnections = 2

// transport carries the requests of one resolution. Of what goes wrong, it keeps
// the cause that the Docker client's own errors drop.
type transport struct {
	inner    *http.Transport
	dialer   *dialer
	progress *progress
}

func newTransport(ctx context.Context, ep *endpoint, d *dialer, env environ.List) *transport {
	t := &transport{dialer: d, progress: newProgress(ctx)}
	t.inner = &http.Transport{
		DialContext:            d.dial,
		DisableCompression:     true,
		MaxIdleConns:           1,
		OnProxyConnectResponse: t.progress.trace.ProxyResponse,
	}
	if ep.tls != nil {
		t.inner.TLSClientConfig = ep.tls.config
	}
	if ep.network == networkTCP {
		t.inner.Proxy = t.proxy(env)
	}
	return t
}

// close ends every connection and returns when they have ended.
func (t *transport) close() {
	t.inner.CloseIdleConnections()
	t.dialer.close()
}

// outcome returns how far the requests came.
func (t *transport) outcome() outcome {
	return outcome{trip: t.progress.snapshot(), attempts: t.dialer.connections(), ssh: t.dialer.sshEnd()}
}

// proxy applies HTTP_PROXY, HTTPS_PROXY and NO_PROXY, of which the lower-case
// spellings count too.
func (t *transport) proxy(env environ.List) func(*http.Request) (*url.URL, error) {
	choose := env.Proxies().ProxyFunc()
	return func(req *http.Request) (*url.URL, error) {
		u, err := choose(req.URL)
		if u != nil {
			t.progress.viaProxy(u)
		}
		return u, err
	}
}

// RoundTrip sends a request without a body. A refused or reset connection is
// tried once more, a server that is too busy asked again until the deadline.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	for {
		t.progress.begin()
		resp, err := t.inner.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), t.progress.hooks())))
		if err != nil {
			if wire.Transient(err) && t.dialer.connections() < maxConnections {
				continue
			}
			t.progress.update(func(s *trip) { s.err = err })
			return nil, err
		}
		if wait := wire.RetryAfter(resp); wait > 0 && wire.Pause(req.Context(), wait) {
			resp.Body.Close()
			continue
		}
		t.progress.update(func(s *trip) { s.status = resp.StatusCode })
		wire.Bound(req.Context(), resp)
		resp.Body = &body{resp.Body, t.progress}
		return resp, nil
	}
}

// body notes what ends an answer early.
type body struct {
	io.ReadCloser
	progress *progress
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.progress.update(func(s *trip) { s.err = err })
	}
	return n, err
}

var errDialerClosed = errors.New("the resolution has ended")

// dialer opens the connections of one resolution and owns them, and with them
// the processes that carry connections.
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

// sshEnd is how ssh ended by itself, nil if it did not.
func (d *dialer) sshEnd() *sshError {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ssh == nil {
		return nil
	}
	return d.ssh.end()
}

// dial connects to the endpoint. address counts for TCP only, for which it may be a
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
	conn = wire.ClientFirst(conn)
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
