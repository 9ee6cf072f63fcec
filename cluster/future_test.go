package cluster

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// resolverFunc is a resolver that does not look at its context.
func resolverFunc(f func(Request) (Observation, error)) Resolver {
	return ResolverFunc(func(_ context.Context, req Request) (Observation, error) { return f(req) })
}

// gated is a resolver that says when it is asked, and answers when released.
type gated struct {
	asked    chan string
	released chan struct{}
}

func newGated() *gated {
	return &gated{asked: make(chan string, 100), released: make(chan struct{})}
}

func (g *gated) Resolve(ctx context.Context, req Request) (Observation, error) {
	g.asked <- req.Name
	select {
	case <-g.released:
		return observed(req.Name), nil
	case <-ctx.Done():
		return Observation{}, context.Cause(ctx)
	}
}

func TestFuturesStartAtOnce(t *testing.T) {
	g := newGated()
	futures := NewFutures(t.Context(), g)
	defer futures.Close()
	a, b := futures.Start(Request{Name: "a"}), futures.Start(Request{Name: "b"})
	// Both run before anybody waits for either.
	if got := map[string]bool{<-g.asked: true, <-g.asked: true}; !got["a"] || !got["b"] {
		t.Errorf("asked: %v", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, futures.Pending()); diff != "" {
		t.Error(diff)
	}
	close(g.released)
	for name, f := range map[string]*Future{"a": a, "b": b} {
		for range 2 { // an observation stays
			obs, err := f.Wait(t.Context())
			if err != nil || obs.Status.Connection.Kubernetes.Context != name {
				t.Errorf("%s: %+v, %v", name, obs, err)
			}
		}
	}
	if names := futures.Pending(); names != nil {
		t.Errorf("pending: %v", names)
	}
}

// immediate is a resolver that answers at once, or panics.
type immediate struct{ Resolver }

func (immediate) Immediate() bool { return true }

func TestFuturesOfAnImmediateResolver(t *testing.T) {
	asked := 0 // by this goroutine, or the race detector finds it
	futures := NewFutures(t.Context(), immediate{resolverFunc(func(req Request) (Observation, error) {
		asked++
		if req.Name == "b" {
			panic("no")
		}
		return observed(req.Name), nil
	})})
	defer futures.Close()
	a, b := futures.Start(Request{Name: "a"}), futures.Start(Request{Name: "b"})
	if asked != 2 || futures.Pending() != nil {
		t.Errorf("asked %d times, pending: %v", asked, futures.Pending())
	}
	if obs, err := a.Wait(t.Context()); err != nil || obs.Status.Connection.Kubernetes.Context != "a" {
		t.Errorf("%+v, %v", obs, err)
	}
	if _, err := b.Wait(t.Context()); err == nil || err.Error() != `cluster "b": resolver panicked: no` {
		t.Error(err)
	}
}

func TestObserved(t *testing.T) {
	for _, tt := range []struct {
		status ClusterStatus
		want   bool // connected
	}{
		{ClusterStatus{Version: "v1"}, true},
		{ClusterStatus{Error: "refused"}, false},
	} {
		obs, err := Observed("a", tt.status, at).Wait(t.Context())
		if err != nil || obs.Status.Connected() != tt.want || tt.want && !obs.Status.ConnectedAt.Time.Equal(at) {
			t.Errorf("%+v: %+v, %v", tt.status, obs, err)
		}
	}
}

func TestFutureWaitEndsWithItsContext(t *testing.T) {
	g := newGated()
	futures := NewFutures(t.Context(), g)
	defer futures.Close()
	f := futures.Start(Request{Name: "a"})
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := f.Wait(ctx); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	// The observation goes on, and one that is made is given under any context.
	close(g.released)
	if _, err := f.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := f.Wait(ctx); err != nil {
		t.Error(err)
	}
}

func TestFuturesCloseCancelsAndWaits(t *testing.T) {
	var ended atomic.Bool
	started := make(chan struct{})
	futures := NewFutures(t.Context(), ResolverFunc(func(ctx context.Context, _ Request) (Observation, error) {
		close(started)
		<-ctx.Done()
		ended.Store(true)
		return Observation{}, ctx.Err()
	}))
	f := futures.Start(Request{Name: "a"})
	<-started
	futures.Close()
	if !ended.Load() {
		t.Error("Close returned while a resolver ran")
	}
	if _, err := f.Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFuturesEndWithTheirContext(t *testing.T) {
	g := newGated()
	ctx, cancel := context.WithCancel(t.Context())
	futures := NewFutures(ctx, g)
	defer futures.Close()
	f := futures.Start(Request{Name: "a"})
	cancel()
	if _, err := f.Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestResolverPanicIsAnError(t *testing.T) {
	futures := NewFutures(t.Context(), resolverFunc(func(Request) (Observation, error) { panic("boom") }))
	defer futures.Close()
	_, err := futures.Start(Request{Name: "a"}).Wait(t.Context())
	if want := `cluster "a": resolver panicked: boom`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestLimitOutsideTimeout: waiting for a turn takes nothing of the deadline.
func TestPendingInOrderOfStart(t *testing.T) {
	g := newGated()
	futures := NewFutures(t.Context(), g)
	names := strings.Fields("z a m b y")
	for _, name := range names {
		futures.Start(Request{Name: name})
	}
	if diff := cmp.Diff(names, futures.Pending()); diff != "" {
		t.Error(diff)
	}
	futures.Close()
	if left := futures.Pending(); left != nil {
		t.Errorf("after Close: %v", left)
	}
}
