package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Future is one observation, under way or made.
type Future struct {
	name string
	done chan struct{}
	obs  Observation
	err  error
}

// Observed returns a future of a status that is known. A status without an error is
// that of a cluster that answered at the time.
func Observed(name string, status ClusterStatus, at time.Time) *Future {
	if status.Error == "" {
		answered := metav1.NewMicroTime(at)
		status.ConnectedAt = &answered
	}
	f := &Future{name: name, done: make(chan struct{}), obs: Observation{Status: status}}
	close(f.done)
	return f
}

// Wait blocks until the observation is there or ctx is done.
func (f *Future) Wait(ctx context.Context) (Observation, error) {
	select {
	case <-f.done:
		return f.obs, f.err
	default:
	}
	select {
	case <-f.done:
		return f.obs, f.err
	case <-ctx.Done():
		return Observation{}, context.Cause(ctx)
	}
}

// An Immediate resolver has its answers already, and does not wait for anything: a
// thousand of them take less time than to start as many goroutines.
type Immediate interface {
	Resolver
	// Immediate reports whether Resolve returns at once.
	Immediate() bool
}

// Futures starts observations and owns their goroutines. It holds all the
// concurrency of a run; the rest of the program reads in one thread.
type Futures struct {
	ctx      context.Context
	cancel   context.CancelFunc
	resolver Resolver

	running sync.WaitGroup
	mu      sync.Mutex
	all     []*Future
}

// NewFutures returns an owner of observations made by r. They are cancelled
// with ctx; Close must be called.
func NewFutures(ctx context.Context, r Resolver) *Futures {
	ctx, cancel := context.WithCancel(ctx)
	return &Futures{ctx: ctx, cancel: cancel, resolver: r}
}

// Start begins to observe the cluster and returns at once. An [Immediate] resolver has
// answered when it returns.
func (s *Futures) Start(req Request) *Future {
	f := &Future{name: req.Name, done: make(chan struct{})}
	if r, ok := s.resolver.(Immediate); ok && r.Immediate() {
		s.resolve(f, req)
		return f
	}
	s.mu.Lock()
	s.all = append(s.all, f)
	s.mu.Unlock()
	s.running.Go(func() { s.resolve(f, req) })
	return f
}

// resolve makes the observation of a future.
func (s *Futures) resolve(f *Future, req Request) {
	defer close(f.done)
	defer func() {
		if p := recover(); p != nil {
			f.err = fmt.Errorf("cluster %q: resolver panicked: %v", req.Name, p)
		}
	}()
	f.obs, f.err = s.resolver.Resolve(s.ctx, req)
}

// Pending returns the names of the clusters still being observed, in the order
// they were started, for a progress line.
func (s *Futures) Pending() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, f := range s.all {
		select {
		case <-f.done:
		default:
			names = append(names, f.name)
		}
	}
	return names
}

// Close cancels what still runs and returns when nothing does.
func (s *Futures) Close() {
	s.cancel()
	s.running.Wait()
}
