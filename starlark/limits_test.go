package starlark

import (
	"errors"
	"math"
	"strings"
	"testing"

	sl "go.starlark.net/starlark"
)

func TestLimits(t *testing.T) {
	const (
		endless   = "while True: pass"
		recursion = "def f(n):\n  return f(n + 1)\nf(0)"
		mutual    = "def f(n):\n  return sorted([1], key=g)\ndef g(n):\n  return sorted([2], key=f)\nf(0)"
		chatter   = "while True: print('12345678')"
	)
	for _, tc := range []struct {
		name   string
		limits Limits
		files  []string
		limit  string
		max    uint64
		at     Position
	}{
		{"steps", Limits{Steps: 1000}, []string{"f.star", endless}, LimitSteps, 1000, Position{"f.star", 1, 1}},
		{"steps in a loaded file", Limits{Steps: 1000}, []string{"f.star", "load('g/g.star', 'x')", "g/g.star", "x = 1\n" + endless}, LimitSteps, 1000, Position{"g/g.star", 2, 1}},
		{"steps in a function of a loaded file", Limits{Steps: 1000}, []string{"f.star", "load('g.star', 'f')\nf()", "g.star", "def f():\n  " + endless}, LimitSteps, 1000, Position{"g.star", 2, 3}},
		{"call depth", Limits{CallDepth: 100}, []string{"f.star", recursion}, LimitCallDepth, 100, Position{"f.star", 2, 10}},
		{"default call depth", Limits{}, []string{"f.star", recursion}, LimitCallDepth, DefaultCallDepth, Position{"f.star", 2, 10}},
		{"greatest call depth", Limits{CallDepth: -1}, []string{"f.star", recursion}, LimitCallDepth, maxCallDepth, Position{"f.star", 2, 10}},
		{"call depth through builtins", Limits{CallDepth: 100}, []string{"f.star", mutual}, LimitCallDepth, 100, Position{"f.star", 4, 11}},
		{"load depth", Limits{LoadDepth: 1}, []string{"f.star", "load('g.star', 'x')", "g.star", "load('h.star', 'x')", "h.star", "x = 1"}, LimitLoadDepth, 1, Position{"g.star", 1, 1}},
		{"output", Limits{Output: 90}, []string{"f.star", chatter}, LimitOutput, 90, Position{"f.star", 1, 18}},
		{"output across files", Limits{Output: 10}, []string{"f.star", "print('12345678')\nload('g.star', 'x')", "g.star", "x = 1\nprint('x')"}, LimitOutput, 10, Position{"g.star", 2, 6}},
		{"file size of a loaded file", Limits{FileSize: 30}, []string{"f.star", "load('g.star', 'x')", "g.star", "x = 1" + strings.Repeat(" ", 26)}, LimitFileSize, 30, Position{"f.star", 1, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := Engine{Limits: tc.limits, Files: files(tc.files...)}
			err := e.Run(t.Context(), "f.star")
			var limit *LimitError
			if !errors.As(err, &limit) {
				t.Fatalf("got %v, want a *LimitError", err)
			}
			if want := (LimitError{tc.limit, tc.max}); *limit != want {
				t.Errorf("got %+v, want %+v", *limit, want)
			}
			got := scriptErrorOf(t, err)
			// Where in a line a loop or a recursion is stopped depends on how the
			// interpreter counts.
			anywhere := tc.limit == LimitSteps || tc.limit == LimitCallDepth
			if got.At() != tc.at && !(anywhere && got.At().File == tc.at.File && got.Source != "") {
				t.Errorf("stopped at %v, want %v", got.At(), tc.at)
			}
			if !strings.Contains(got.Message, limit.Error()) {
				t.Errorf("message %q does not tell %q", got.Message, limit)
			}
		})
	}
}

// TestAtTheLimit holds each limit to its exact value: what fits runs.
func TestAtTheLimit(t *testing.T) {
	deep := "def f(n):\n  return n if n == 0 else f(n - 1)\nf(97)" // 99 calls with the top level
	for _, tc := range []struct {
		name      string
		fits, not Limits
		files     []string
	}{
		{"call depth", Limits{CallDepth: 99}, Limits{CallDepth: 98}, []string{"f.star", deep}},
		{"load depth", Limits{LoadDepth: 2}, Limits{LoadDepth: 1}, []string{"f.star", "load('g.star', 'x')", "g.star", "load('h.star', 'y')\nx = y", "h.star", "y = 1"}},
		{"output", Limits{Output: 12}, Limits{Output: 11}, []string{"f.star", "print('12345')\nprint('12345')"}},
		{"file size", Limits{FileSize: 5}, Limits{FileSize: 4}, []string{"f.star", "x = 1"}},
	} {
		e := Engine{Limits: tc.fits, Files: files(tc.files...)}
		if err := e.Run(t.Context(), "f.star"); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		e.Limits = tc.not
		var limit *LimitError
		if err := e.Run(t.Context(), "f.star"); !errors.As(err, &limit) {
			t.Errorf("%s, one less: got %v, want a *LimitError", tc.name, err)
		}
	}
}

func TestStepsAreExact(t *testing.T) {
	var steps uint64
	p := provide("steps", func(thread *sl.Thread, _ *sl.Builtin, _ sl.Tuple, _ []sl.Tuple) (sl.Value, error) {
		steps = thread.Steps
		return sl.None, nil
	})
	text := "for i in range(3000): pass\nsteps()"
	if err := runText(t, Engine{}, text, p); err != nil {
		t.Fatal(err)
	}
	// The call is followed by POP, NONE and RETURN.
	if err := runText(t, Engine{Limits: Limits{Steps: steps + 3}}, text, p); err != nil {
		t.Errorf("with just enough steps: %v", err)
	}
	var limit *LimitError
	if err := runText(t, Engine{Limits: Limits{Steps: steps + 2}}, text, p); !errors.As(err, &limit) {
		t.Errorf("with a step too few: got %v, want a *LimitError", err)
	}
}

func TestNoLimits(t *testing.T) {
	got := Limits{Steps: math.MaxUint64, CallDepth: -1, LoadDepth: -1, Output: -1, FileSize: -1}.withDefaults()
	want := Limits{Steps: math.MaxUint64, CallDepth: maxCallDepth, LoadDepth: math.MaxInt, Output: math.MaxInt64, FileSize: math.MaxInt64}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	text := "load('g.star', 'x')\nfor i in range(10000): print(i)"
	e := Engine{Limits: got, Files: files("f.star", text, "g.star", "x = 1")}
	if err := e.Run(t.Context(), "f.star"); err != nil {
		t.Error(err)
	}
}
