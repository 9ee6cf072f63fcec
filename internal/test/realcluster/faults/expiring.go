package faults

import (
	"context"
	"sync"
	"testing"
	"time"
)

// Expiring returns a context whose deadline passes a moment after the fault that a
// test is about is reached, however long a busy machine takes to get there. Reached is
// asked again and again until it reports true. The context has no time by which
// it ends: nothing can be planned by it.
func Expiring(t testing.TB, reached func() bool) context.Context {
	t.Helper()
	e := expiring{t.Context(), make(chan struct{})}
	var watch sync.WaitGroup
	watch.Go(func() {
		defer close(e.done)
		for !reached() {
			if !pause(t, time.Millisecond) {
				return
			}
		}
		// In many steps: while the machine runs something else, only one of them
		// passes, and what is on its way gets its turn in the others.
		for range 40 {
			pause(t, 5*time.Millisecond)
		}
	})
	t.Cleanup(watch.Wait)
	return e
}

// pause waits, and reports whether the test goes on.
func pause(t testing.TB, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.Context().Done():
		return false
	}
}

type expiring struct {
	context.Context
	done chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.done }

func (e expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
