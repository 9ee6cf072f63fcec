package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"

	"github.com/sextant-dev/sextant/cluster"
)

// Trace knows which phase an attempt to connect is in. net/http calls it from
// several goroutines. The zero value is an attempt that has not begun.
type Trace struct {
	// Until, if set, ends the trace: once it is done the phase stays what it was.
	Until context.Context

	mu    sync.Mutex
	phase cluster.Phase
	host  string
	// behindProxy is set until the proxy has let the connection through; socks
	// is set for a SOCKS proxy.
	behindProxy, socks bool
}

// Start begins an attempt, through a proxy or directly, and forgets an earlier
// one.
func (t *Trace) Start(proxy *url.URL) {
	t.update(func() {
		t.phase, t.host, t.behindProxy = cluster.PhaseConnect, "", proxy != nil
		t.socks = proxy != nil && strings.HasPrefix(proxy.Scheme, "socks")
	})
}

// passedProxy notes that what follows is between this process and the server.
func (t *Trace) passedProxy() { t.update(func() { t.behindProxy = false }) }

// Now returns the phase under way and, for a name lookup, the name.
func (t *Trace) Now() (phase cluster.Phase, host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.behindProxy {
		return cluster.PhaseProxy, ""
	}
	return t.phase, t.host
}

func (t *Trace) update(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Until == nil || t.Until.Err() == nil {
		f()
	}
}

func (t *Trace) set(p cluster.Phase) { t.update(func() { t.phase = p }) }

// Hooks are what net/http calls. It reports nothing about a SOCKS proxy: TLS
// begins when such a proxy has let the connection through.
func (t *Trace) Hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart: func(info httptrace.DNSStartInfo) {
			t.update(func() { t.phase, t.host = cluster.PhaseDNS, info.Host })
		},
		ConnectStart: func(string, string) { t.set(cluster.PhaseConnect) },
		TLSHandshakeStart: func() {
			t.update(func() {
				t.phase = cluster.PhaseTLS
				t.behindProxy = t.behindProxy && !t.socks
			})
		},
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				t.set(cluster.PhaseRequest)
			}
		},
		GotConn: func(httptrace.GotConnInfo) {
			t.update(func() { t.phase, t.behindProxy = cluster.PhaseRequest, false })
		},
	}
}

// ProxyResponse is for http.Transport.OnProxyConnectResponse: it notes that the
// proxy let the connection through, or returns a [ProxyError].
func (t *Trace) ProxyResponse(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &ProxyError{resp.StatusCode}
	}
	t.passedProxy()
	return nil
}

// ProxyError is a proxy that did not let the connection through.
type ProxyError struct{ Code int }

func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.Code, http.StatusText(e.Code))
}
