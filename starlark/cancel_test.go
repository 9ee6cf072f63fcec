package starlark

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	sl "go.starlark.net/starlark"
)

// reached returns a plugin with a builtin that calls f, and then waits for the
// run's context if wait is set.
func reached(f func(), wait bool) *fakePlugin {
	p := &fakePlugin{}
	p.funcs = map[string]builtinFunc{"reached": func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		f()
		if !wait {
			return sl.None, nil
		}
		<-p.ctx.Done()
		return nil, p.ctx.Err()
	}}
	return p
}

func TestCancelEndlessLoop(t *testing.T) {
	why := errors.New("ctrl-c")
	for _, tc := range []struct {
		name  string
		files []string
		at    Position
	}{
		{"in the first file", []string{"f.star", "reached()\nwhile True: pass"}, Position{"f.star", 2, 1}},
		{"in a loaded file", []string{"f.star", "load('lib/g.star', 'x')", "lib/g.star", "x = 1\nreached()\nwhile True: pass"}, Position{"lib/g.star", 3, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			p := reached(func() { cancel(why) }, false)
			e := Engine{Files: files(tc.files...)}
			err := e.Run(ctx, "f.star", p)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
				t.Errorf("got %v, want both context.Canceled and its cause in it", err)
			}
			var canceled *CanceledError
			if !errors.As(err, &canceled) {
				t.Errorf("got %v, want a *CanceledError", err)
			}
			got := scriptErrorOf(t, err)
			if got.Message != "canceled: ctrl-c" || got.At().File != tc.at.File {
				t.Errorf("got %v, want it at %v", got, tc.at)
			}
			if p.ended != 1 || !errors.Is(p.endGot, context.Canceled) {
				t.Errorf("ended %d times, with %v", p.ended, p.endGot)
			}
		})
	}
}

func TestCancelBlockedBuiltin(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := runTextIn(ctx, "def f():\n  reached()\nf()", reached(cancel, true))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled in it", err)
	}
	if got := scriptErrorOf(t, err); got.Error() != "f.star:2:10: canceled: context canceled" {
		t.Errorf("got %v", got)
	}
}

// TestCancelCause lets code that waits return the cause in place of the error of
// the context: in a builtin, and at the end of a plugin.
func TestCancelCause(t *testing.T) {
	why := errors.New("ctrl-c")
	for name, make := range map[string]func(cancel func()) *fakePlugin{
		"in a builtin": func(cancel func()) *fakePlugin {
			return provide("f", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
				cancel()
				return nil, fmt.Errorf("f: %w", why)
			})
		},
		"in End": func(cancel func()) *fakePlugin {
			p := provide("f", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) { return sl.None, nil })
			p.endErr, p.onEnd = why, cancel
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			err := runTextIn(ctx, "f()", make(func() { cancel(why) }))
			var canceled *CanceledError
			if !errors.As(err, &canceled) || canceled.Err != context.Canceled || canceled.Cause != why {
				t.Errorf("got %v, want a *CanceledError with both", err)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := runTextIn(ctx, "reached()", reached(func() {}, true))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded in it", err)
	}
	if want := "f.star:1:8: out of time: context deadline exceeded"; err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCanceledBeforeTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := &fakePlugin{}
	err := runTextIn(ctx, "fail('ran')", p)
	if !errors.Is(err, context.Canceled) || p.begun != 0 {
		t.Errorf("got %v, begun %d times", err, p.begun)
	}
	if want := "cannot run f.star: canceled: context canceled"; err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCancelInEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &fakePlugin{endErr: context.Canceled, onEnd: cancel}
	var canceled *CanceledError
	if err := runTextIn(ctx, "", p); !errors.As(err, &canceled) {
		t.Errorf("got %v, want a *CanceledError", err)
	}
}

// TestOtherErrorsWhileCanceled keeps a failure of its own from being reported
// as a cancellation, which only came at the same time.
func TestOtherErrorsWhileCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	boom := errors.New("boom")
	p := provide("f", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		cancel()
		return nil, boom
	})
	if err := runTextIn(ctx, "f()", p); !errors.Is(err, boom) || errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want boom", err)
	}
}

// TestOwnDeadlineOfBuiltin lets a builtin time out where the run does not.
func TestOwnDeadlineOfBuiltin(t *testing.T) {
	p := provide("f", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		return nil, context.DeadlineExceeded
	})
	err := runTextIn(t.Context(), "f()", p)
	var canceled *CanceledError
	if errors.As(err, &canceled) {
		t.Errorf("got %v, want no *CanceledError", err)
	}
}

func TestLoaderIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := Engine{
		Files: files("f.star", "load('@team/x.star', 'x')"),
		Loader: func(ctx context.Context, name string) ([]byte, bool, error) {
			if name == "f.star" {
				return nil, false, nil
			}
			cancel()
			<-ctx.Done()
			return nil, false, ctx.Err()
		},
	}
	err := e.Run(ctx, "f.star")
	if got := scriptErrorOf(t, err); got.Error() != "f.star:1:1: canceled: context canceled" || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", got)
	}
}

func TestLoaderIsCanceledForTheFirstFile(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := Engine{
		Files: files(),
		Loader: func(ctx context.Context, _ string) ([]byte, bool, error) {
			cancel()
			<-ctx.Done()
			return nil, false, ctx.Err()
		},
	}
	var canceled *CanceledError
	if err := e.Run(ctx, "f.star"); !errors.As(err, &canceled) {
		t.Errorf("got %v, want a *CanceledError", err)
	}
}

func runTextIn(ctx context.Context, text string, plugins ...Plugin) error {
	e := Engine{Files: files("f.star", text)}
	return e.Run(ctx, "f.star", plugins...)
}
