// Package overdue stops waiting for work that was asked to end and does not. It
// imports the standard library only.
//
// A script ends between two of its steps, and nothing in a process can end a
// step that takes all time or all memory. A command can leave such work behind,
// report it, clean up, and end the process. Who cannot end the process waits.
package overdue

import (
	"context"
	"time"
)

// Error reports that work did not end in time.
type Error struct {
	// Why is why it was asked to end.
	Why error
}

func (e *Error) Error() string { return e.Why.Error() + " (it did not stop by itself)" }

func (e *Error) Unwrap() error { return e.Why }

// Run calls work and returns what it returns. If work has not returned by
// the grace after ctx is done, or after it called onStop, Run leaves it behind and
// returns an [*Error]; the process is to end soon. The grace depends on why the
// work is to end.
func Run(ctx context.Context, grace func(why error) time.Duration, work func(onStop func(why error)) error) error {
	done, stopped := make(chan error, 1), make(chan error, 1)
	onStop := func(why error) {
		select {
		case stopped <- why:
		default: // the first reason counts
		}
	}
	go func() { done <- work(onStop) }()
	var why error
	select {
	case err := <-done:
		return err
	case why = <-stopped:
	case <-ctx.Done():
		why = context.Cause(ctx)
	}
	timer := time.NewTimer(grace(why))
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return &Error{Why: why}
	}
}
