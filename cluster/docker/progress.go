package docker

import (
	"context"
	"net/http/httptrace"
	"net/url"
	"sync"

	"github.com/sextant-dev/sextant/cluster"
)

// progress is how far the requests of one resolution came until its context was
// done: what happens then is the ending of things, and the Docker client trying
// on. It is safe for concurrent use: a transport reports from goroutines of its
// own.
type progress struct {
	ctx   context.Context
	mu    sync.Mutex
	state trip
}

// trip is a state of progress.
type trip struct {
	// phase is the one under way, or the one that failed.
	phase cluster.Phase
	// proxy is the proxy that was chosen, without user info; "" for none.
	proxy string
	// answered is set once the daemon has begun to answer.
	answered bool
	// status is the last answer's code, 0 for none.
	status int
	// err is what ended the last request or its answer; nil for an end as it
	// should be.
	err error
}

func (p *progress) update(f func(*trip)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() == nil {
		f(&p.state)
	}
}

func (p *progress) snapshot() trip {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// begin starts a new attempt.
func (p *progress) begin() {
	p.update(func(s *trip) { *s = trip{phase: cluster.PhaseConnect} })
}

// viaProxy notes that the attempt goes through a proxy.
func (p *progress) viaProxy(u *url.URL) {
	p.update(func(s *trip) { s.phase, s.proxy = cluster.PhaseProxy, u.Scheme+"://"+u.Host })
}

// direct enters a phase, unless it is the proxy that is being reached.
func (p *progress) direct(phase cluster.Phase) {
	p.update(func(s *trip) {
		if s.phase != cluster.PhaseProxy {
			s.phase = phase
		}
	})
}

// trace reports the phases of a request.
func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { p.direct(cluster.PhaseDNS) },
		ConnectStart:      func(string, string) { p.direct(cluster.PhaseConnect) },
		TLSHandshakeStart: func() { p.update(func(s *trip) { s.phase = cluster.PhaseTLS }) },
		GotConn:           func(httptrace.GotConnInfo) { p.update(func(s *trip) { s.phase = cluster.PhaseRequest }) },
		GotFirstResponseByte: func() {
			p.update(func(s *trip) { s.answered = true })
		},
	}
}
