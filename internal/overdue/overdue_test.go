package overdue

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	own, why, cause := errors.New("own"), errors.New("why"), errors.New("cause")
	never := make(chan struct{})
	defer close(never)
	for name, tc := range map[string]struct {
		grace time.Duration
		work  func(ctx context.Context, cancel func(error), told func(error)) error
		want  error
		left  bool
	}{
		"work that ends":  {0, func(context.Context, func(error), func(error)) error { return own }, own, false},
		"work that obeys": {time.Hour, func(_ context.Context, _ func(error), told func(error)) error { told(why); return own }, own, false},
		"work that obeys a context": {time.Hour, func(ctx context.Context, cancel func(error), _ func(error)) error {
			cancel(cause)
			<-ctx.Done()
			return own
		}, own, false},
		"work that does not":         {0, func(_ context.Context, _ func(error), told func(error)) error { told(why); <-never; return own }, why, true},
		"work that hears of nothing": {0, func(_ context.Context, cancel func(error), _ func(error)) error { cancel(cause); <-never; return own }, cause, true},
		"the first reason stands": {0, func(_ context.Context, _ func(error), told func(error)) error {
			told(why)
			told(own)
			told(own)
			<-never
			return nil
		}, why, true},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		err := Run(ctx, func(error) time.Duration { return tc.grace }, func(told func(error)) error { return tc.work(ctx, cancel, told) })
		if left := errors.As(err, new(*Error)); !errors.Is(err, tc.want) || left != tc.left {
			t.Errorf("%s: got %v, want %v, left behind %v", name, err, tc.want, tc.left)
		}
		cancel(nil)
	}
}
