package kube

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"

	"github.com/sextant-dev/sextant/cluster"
)

// trace knows which phase a cluster's connection is in. net/http calls it from
// several goroutines.
type trace struct {
	mu    sync.Mutex
	phase cluster.Phase
	host  string
	// behindProxy is set until the proxy has let the connection through.
	behindProxy bool
}

// start forgets an earlier try.
func (t *trace) start(proxied bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.phase, t.behindProxy = cluster.PhaseConnect, proxied
}

func (t *trace) set(p cluster.Phase) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.phase = p
}

// passedProxy says that what follows is between this process and the server.
func (t *trace) passedProxy() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.behindProxy = false
}

// now is the phase under way and, for a name lookup, the name.
func (t *trace) now() (phase cluster.Phase, host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.behindProxy {
		return cluster.PhaseProxy, ""
	}
	return t.phase, t.host
}

// hooks are what net/http calls. socks is set for a SOCKS proxy, of which it
// tells nothing: TLS begins when such a proxy has let the connection through.
func (t *trace) hooks(socks bool) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart: func(info httptrace.DNSStartInfo) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.phase, t.host = cluster.PhaseDNS, info.Host
		},
		ConnectStart: func(string, string) { t.set(cluster.PhaseConnect) },
		TLSHandshakeStart: func() {
			if socks {
				t.passedProxy()
			}
			t.set(cluster.PhaseTLS)
		},
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				t.set(cluster.PhaseRequest)
			}
		},
	}
}
