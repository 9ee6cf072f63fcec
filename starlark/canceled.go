package starlark

import (
	"context"
	"errors"

	"github.com/sextant-dev/sextant/diag"
)

// CanceledError reports that the context of a run ended it.
type CanceledError struct {
	// Err is context.Canceled or context.DeadlineExceeded.
	Err error
	// Cause is context.Cause of the run's context; Err if none was given.
	Cause error
}

func (e *CanceledError) Error() string {
	verb := "canceled"
	if errors.Is(e.Err, context.DeadlineExceeded) {
		verb = "out of time"
	}
	return verb + ": " + e.Cause.Error()
}

// Unwrap returns both errors, so errors.Is finds either.
func (e *CanceledError) Unwrap() []error { return []error{e.Err, e.Cause} }

// canceled returns why ctx is done: the diag.LimitError that ended the run, else a
// CanceledError. It is nil while ctx is not done.
func canceled(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if limit, ok := cause.(*diag.LimitError); ok {
		return limit
	}
	return &CanceledError{Err: ctx.Err(), Cause: cause}
}

// endedBy reports whether err is what code that waits returns when ctx is done:
// its error or its cause.
func endedBy(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

// whenDone calls f once ctx is done, unless stop comes before. Stop waits for f.
func whenDone(ctx context.Context, f func()) (stop func()) {
	called := make(chan struct{})
	after := context.AfterFunc(ctx, func() {
		defer close(called)
		f()
	})
	return func() {
		if !after() {
			<-called
		}
	}
}
