package docker

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"time"

	"github.com/sextant-dev/sextant/internal/environ"
)

// maxAnswer is how much of an answer is read.
const maxAnswer = 16 << 20

// maxConnections is how often a resolution connects: once, and once more after
// a refusal or a reset.
const maxConnections = 2

var errTooLarge = errors.New("the answer is larger than 16 MiB")

// transport carries the requests of one resolution. Of what goes wrong, it keeps
// the cause that the Docker client's own errors drop.
type transport struct {
	inner    *http.Transport
	dialer   *dialer
	progress *progress
}

func newTransport(ctx context.Context, ep *endpoint, d *dialer, env environ.List) *transport {
	t := &transport{dialer: d, progress: &progress{ctx: ctx}}
	t.inner = &http.Transport{
		DialContext:        d.dial,
		DisableCompression: true,
		MaxIdleConns:       1,
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
// tried once more, an answer of 429 waited for while the deadline allows.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	for {
		t.progress.begin()
		resp, err := t.inner.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), t.progress.trace())))
		switch {
		case err != nil && reset(err) && t.dialer.connections() < maxConnections:
			continue
		case err != nil:
			t.progress.update(func(s *trip) { s.err = err })
			return nil, err
		case resp.StatusCode == http.StatusTooManyRequests && waitFor(req.Context(), resp):
			continue
		}
		t.progress.update(func(s *trip) { s.status = resp.StatusCode })
		resp.Body = &body{inner: resp.Body, left: maxAnswer, progress: t.progress}
		return resp, nil
	}
}

// waitFor waits as long as the answer asks, a second where it does not say. It
// reports false, at once, where the deadline comes first.
func waitFor(ctx context.Context, resp *http.Response) bool {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	pause := time.Duration(seconds) * time.Second
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
		return false
	}
	resp.Body.Close()
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return true // the next attempt fails with the context's error
	}
}

// body is an answer that ends with an error after maxAnswer bytes.
type body struct {
	inner    io.ReadCloser
	left     int
	progress *progress
}

func (b *body) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.inner.Read(p)
	if b.left -= n; b.left < 0 {
		n, err = 0, errTooLarge
	}
	if err != nil && err != io.EOF {
		b.progress.update(func(s *trip) { s.err = err })
	}
	return n, err
}

func (b *body) Close() error { return b.inner.Close() }
