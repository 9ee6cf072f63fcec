package cluster

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, most = 20, 3
		var running, peak atomic.Int32
		limited := Limit(resolverFunc(func(Request) (Observation, error) {
			now := running.Add(1)
			for old := peak.Load(); now > old && !peak.CompareAndSwap(old, now); old = peak.Load() {
			}
			time.Sleep(time.Second) // of the bubble
			running.Add(-1)
			return Observation{}, nil
		}), most)
		futures := NewFutures(t.Context(), limited)
		defer futures.Close()
		begin := time.Now()
		for range n {
			futures.Start(Request{})
		}
		for _, f := range futures.all {
			if _, err := f.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if peak.Load() != most {
			t.Errorf("%d at a time, want %d", peak.Load(), most)
		}
		if took := time.Since(begin); took != 7*time.Second { // 20 by 3, rounded up
			t.Errorf("took %s", took)
		}
	})
}

func TestLimitWaitEndsWithContext(t *testing.T) {
	g := newGated()
	limited := Limit(g, 1)
	futures := NewFutures(t.Context(), limited)
	defer futures.Close()
	futures.Start(Request{Name: "a"})
	<-g.asked
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := limited.Resolve(ctx, Request{Name: "b"}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if len(g.asked) != 0 {
		t.Error("b was asked for without a turn")
	}
}

func TestLimitDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGated()
		futures := NewFutures(t.Context(), Limit(g, 0))
		defer futures.Close()
		for range DefaultLimit + 10 {
			futures.Start(Request{})
		}
		synctest.Wait()
		if got := len(g.asked); got != DefaultLimit {
			t.Errorf("%d at a time, want %d", got, DefaultLimit)
		}
		close(g.released)
	})
}

func TestLimitOutsideTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := ResolverFunc(func(ctx context.Context, _ Request) (Observation, error) {
			select {
			case <-time.After(2 * time.Second):
				return Observation{}, nil
			case <-ctx.Done():
				return Observation{}, ctx.Err()
			}
		})
		futures := NewFutures(t.Context(), Limit(Timeout(slow, 3*time.Second), 1))
		defer futures.Close()
		for range 5 {
			futures.Start(Request{})
		}
		for _, f := range futures.all {
			if _, err := f.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}
