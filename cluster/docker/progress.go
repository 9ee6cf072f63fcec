package docker

import (
	"context"
	"net/http/httptrace"
	"net/url"
	"sync"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// progress is how far the requests of one resolution came until its context was
// done: what happens then is the ending of things, and the Docker client trying
// on. It is safe for concurrent use: a transport reports from goroutines of its
// own.
type progress struct {
	ctx   context.Context
	trace wire.Trace
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

func newProgress(ctx context.Context) *progress {
	return &progress{ctx: ctx, trace: wire.Trace{Until: ctx}}
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
	s := p.state
	s.phase, _ = p.trace.Now()
	return s
}

// begin starts a new attempt.
func (p *progress) begin() {
	p.update(func(s *trip) { *s = trip{} })
	p.trace.Start(nil)
}

// viaProxy notes that the attempt goes through a proxy.
func (p *progress) viaProxy(u *url.URL) {
	p.update(func(s *trip) { s.proxy = u.Scheme + "://" + u.Host })
	p.trace.Start(u)
}

// hooks report the phases of a request.
func (p *progress) hooks() *httptrace.ClientTrace {
	hooks := p.trace.Hooks()
	hooks.GotFirstResponseByte = func() { p.update(func(s *trip) { s.answered = true }) }
	return hooks
}
