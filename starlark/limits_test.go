package starlark

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/metrics"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/diag"
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
		at     diag.Position
	}{
		{"steps", Limits{Steps: 1000}, []string{"f.star", endless}, diag.LimitSteps, 1000, diag.Position{File: "f.star", Line: 1, Column: 1}},
		{"steps in a loaded file", Limits{Steps: 1000}, []string{"f.star", "load('g/g.star', 'x')", "g/g.star", "x = 1\n" + endless}, diag.LimitSteps, 1000, diag.Position{File: "g/g.star", Line: 2, Column: 1}},
		{"steps in a function of a loaded file", Limits{Steps: 1000}, []string{"f.star", "load('g.star', 'f')\nf()", "g.star", "def f():\n  " + endless}, diag.LimitSteps, 1000, diag.Position{File: "g.star", Line: 2, Column: 3}},
		{"call depth", Limits{CallDepth: 100}, []string{"f.star", recursion}, diag.LimitCallDepth, 100, diag.Position{File: "f.star", Line: 2, Column: 10}},
		{"default call depth", Limits{}, []string{"f.star", recursion}, diag.LimitCallDepth, DefaultCallDepth, diag.Position{File: "f.star", Line: 2, Column: 10}},
		{"greatest call depth", Limits{CallDepth: -1}, []string{"f.star", recursion}, diag.LimitCallDepth, maxCallDepth, diag.Position{File: "f.star", Line: 2, Column: 10}},
		{"call depth through builtins", Limits{CallDepth: 100}, []string{"f.star", mutual}, diag.LimitCallDepth, 100, diag.Position{File: "f.star", Line: 4, Column: 11}},
		{"load depth", Limits{LoadDepth: 1}, []string{"f.star", "load('g.star', 'x')", "g.star", "load('h.star', 'x')", "h.star", "x = 1"}, diag.LimitLoadDepth, 1, diag.Position{File: "g.star", Line: 1, Column: 1}},
		{"output", Limits{Output: 90}, []string{"f.star", chatter}, diag.LimitOutput, 90, diag.Position{File: "f.star", Line: 1, Column: 18}},
		{"output across files", Limits{Output: 10}, []string{"f.star", "print('12345678')\nload('g.star', 'x')", "g.star", "x = 1\nprint('x')"}, diag.LimitOutput, 10, diag.Position{File: "g.star", Line: 2, Column: 6}},
		{"file size of a loaded file", Limits{FileSize: 30}, []string{"f.star", "load('g.star', 'x')", "g.star", "x = 1" + strings.Repeat(" ", 26)}, diag.LimitFileSize, 30, diag.Position{File: "f.star", Line: 1, Column: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := Engine{Limits: tc.limits, Files: files(tc.files...)}
			err := e.Run(t.Context(), "f.star")
			var limit *diag.LimitError
			if !errors.As(err, &limit) {
				t.Fatalf("got %v, want a *LimitError", err)
			}
			if want := (diag.LimitError{Limit: tc.limit, Max: tc.max}); *limit != want {
				t.Errorf("got %+v, want %+v", *limit, want)
			}
			got := scriptErrorOf(t, err)
			// Where in a line a loop or a recursion is stopped depends on how the
			// interpreter counts.
			anywhere := tc.limit == diag.LimitSteps || tc.limit == diag.LimitCallDepth
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
		var limit *diag.LimitError
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
	var limit *diag.LimitError
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

// peak is the most memory that the heap took while f ran, above what it took
// before, as the runtime counts it at the calls of look.
type peak struct{ begin, most uint64 }

func (p *peak) look() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if p.begin == 0 {
		p.begin = sample[0].Value.Uint64()
	}
	p.most = max(p.most, sample[0].Value.Uint64()-min(p.begin, sample[0].Value.Uint64()))
}

// TestMemoryLimit holds scripts that grow in a loop to four times the limit.
func TestMemoryLimit(t *testing.T) {
	const limit = 16 << 20
	for name, text := range map[string]string{
		"a list that grows":           "x = []\nwhile True: look(x.append([0] * 10))",
		"texts that are kept":         "x = []\nfor i in range(1 << 30): look(x.append('%d' % i * 100))",
		"recursion that keeps values": "def f(n):\n  x = [0] * 10000\n  look(x)\n  f(n + 1)\nf(0)",
	} {
		t.Run(name, func(t *testing.T) {
			p := &peak{}
			p.look()
			look := provide("look", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
				p.look()
				return sl.None, nil
			})
			err := runText(t, Engine{Limits: Limits{Memory: limit, CallDepth: -1}}, text, look)
			var got *diag.LimitError
			if !errors.As(err, &got) || *got != (diag.LimitError{Limit: diag.LimitMemory, Max: limit}) {
				t.Fatalf("got %v, want the limit", err)
			}
			if e := scriptErrorOf(t, err); e.Cause != error(got) || e.At().Line < 1 {
				t.Errorf("stopped at %v by %v", e.At(), e.Cause)
			}
			if p.most > 4*limit {
				t.Errorf("stopped at %d MiB, the limit is %d", p.most>>20, limit>>20)
			}
		})
	}
}

// TestOnStop reports why a run must end while it still runs, and of no other end.
func TestOnStop(t *testing.T) {
	told := make(chan error, 1)
	e := Engine{OnStop: func(why error) { told <- why }, Limits: Limits{Time: time.Millisecond}}
	p := provide("hear", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		var limit *diag.LimitError
		if why := <-told; !errors.As(why, &limit) || limit.Limit != diag.LimitTime {
			t.Errorf("told %v", why)
		}
		return sl.None, nil
	})
	if err := runText(t, e, "hear()\nwhile True: pass", p); err == nil {
		t.Error("it did not end")
	}
	for _, text := range []string{"", "fail", "x", "1 // 0"} {
		e := Engine{OnStop: func(why error) { t.Errorf("%q: told %v", text, why) }, Limits: Limits{Time: time.Hour}}
		runText(t, e, text)
	}
}

// TestMemoryLimitIsOfWhatLives: garbage of many times the limit is none.
func TestMemoryLimitIsOfWhatLives(t *testing.T) {
	text := "for i in range(4000): x = [0] * 5000" // 320 MB in all
	if err := runText(t, Engine{Limits: Limits{Memory: 32 << 20}}, text); err != nil {
		t.Error(err)
	}
}

func TestTimeLimit(t *testing.T) {
	limits := Limits{Time: 20 * time.Millisecond, Steps: 1 << 62}
	for name, run := range map[string]func() error{
		"a loop": func() error { return runText(t, Engine{Limits: limits}, "while True: pass") },
		"a builtin that waits": func() error {
			return runText(t, Engine{Limits: limits}, "reached()", reached(func() {}, true))
		},
		"a builtin that tells the cause": func() error {
			p := &fakePlugin{}
			p.funcs = map[string]builtinFunc{"f": func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
				<-p.ctx.Done()
				return nil, fmt.Errorf("f: %w", context.Cause(p.ctx))
			}}
			return runText(t, Engine{Limits: limits}, "f()", p)
		},
		"the end of a plugin": func() error {
			p := &fakePlugin{}
			p.onEnd = func() { <-p.ctx.Done(); p.endErr = p.ctx.Err() }
			return runText(t, Engine{Limits: limits}, "", p)
		},
	} {
		err := run()
		var limit *diag.LimitError
		if !errors.As(err, &limit) || *limit != (diag.LimitError{Limit: diag.LimitTime, Max: uint64(limits.Time)}) {
			t.Errorf("%s: got %v, want the limit", name, err)
		}
		if err != nil && !strings.HasSuffix(err.Error(), "the script took too long: the limit is 20ms") {
			t.Errorf("%s: it says %v", name, err)
		}
	}
}

// TestNameLimit: names so long that to look for one that is alike would take hours.
func TestNameLimit(t *testing.T) {
	long := func(letter string) string { return strings.Repeat(letter, 400_000) }
	for _, tc := range []struct {
		name, text string
		line       int // 0 if it is not the limit
	}{
		{"a name", long("x") + " = 1\n" + long("y"), 1},
		{"a name that is undefined", "x = 1\n" + long("y"), 2},
		{"an attribute", "struct = dict\nx = struct(a = 1)." + long("y"), 2},
		{"an argument", "def f(x): pass\n\nf(" + long("y") + " = 1)", 3},
		{"a parameter", "def f(" + long("y") + "): pass", 1},
		{"letters of two bytes", "x = 1\n" + long("é"), 2},
		{"a name of a load", "load('f2.star', x = '" + long("y") + "')", 1},
		{"a name to load, escaped", "load('f2.star', x = '" + strings.Repeat(`\x79`, 100_000) + "')", 0},
		{"at the limit", strings.Repeat("x", maxName) + " = 1", 0},
		{"a string", "x = '" + long("x") + "'", 0},
		{"a comment", "# " + long("x"), 0},
		{"a key", "x = {'" + long("x") + "': 1}['" + long("y") + "']", 0},
	} {
		e := Engine{Files: files("f.star", tc.text, "f2.star", strings.Repeat("x", maxName)+" = 1")}
		err := e.Run(t.Context(), "f.star")
		program, checkErr := e.Check(t.Context(), "f.star")
		if checkErr != nil {
			t.Fatal(checkErr)
		}
		var limit *diag.LimitError
		if tc.line == 0 {
			if errors.As(err, &limit) {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		if !errors.As(err, &limit) || *limit != (diag.LimitError{Limit: diag.LimitName, Max: maxName}) || scriptErrorOf(t, err).At().Line != tc.line {
			t.Errorf("%s: got %.200v, want the limit in line %d", tc.name, err, tc.line)
		}
		if found := program.Diagnostics(); len(found) != 1 || found[0].Start.Line != tc.line || found[0].Code != "limit" {
			t.Errorf("%s: check found %.200v, want the limit in line %d", tc.name, found, tc.line)
		}
	}
}

func TestChainLimit(t *testing.T) {
	elif := func(n int) string { return "x = 1\nif x == 0: pass\n" + strings.Repeat("elif x == 2: pass\n", n) }
	clauses := func(n int) string { return "\n\nx = [1 for i in [1]" + strings.Repeat(" if i", n) + "]" }
	e := Engine{Limits: Limits{FileSize: -1}}
	for _, tc := range []struct {
		name, text string
		line       int // 0 if it runs
	}{
		{"elif at the limit", elif(maxChain), 0},
		{"elif", elif(maxChain + 1), 2},
		{"far more elif", elif(5_000), 2},
		{"clauses at the limit", clauses(maxChain - 1), 0},
		{"clauses", clauses(maxChain), 3},
		{"far more clauses", clauses(20_000), 3},
		{"terms at the limit", "x = ''" + strings.Repeat(" + 'a'", maxChain), 0},
		{"terms", "x = ''" + strings.Repeat(" + 'a'", maxChain+1), 1},
		{"far more terms", "\nx = ''" + strings.Repeat(" + 'a'", 200_000), 2},
		{"many sums", strings.Repeat("x = 1"+strings.Repeat(" + 1", 100)+"\n", 100), 0},
		{"and", "x = 1" + strings.Repeat(" and 1", 100_000), 1},
		{"attributes", "def f(): ''" + strings.Repeat(".a", 100_000), 1},
		{"indexes", "def f(): ''" + strings.Repeat("[0]", 100_000), 1},
		{"calls and slices", "def f(): f" + strings.Repeat("()[:]", 100_000), 1},
	} {
		e.Files = files("f.star", tc.text)
		err := e.Run(t.Context(), "f.star")
		program, checkErr := e.Check(t.Context(), "f.star")
		if checkErr != nil {
			t.Fatal(checkErr)
		}
		found := program.Diagnostics()
		if tc.line == 0 {
			if err != nil || len(found) > 0 {
				t.Errorf("%s: run %v, check %v", tc.name, err, found)
			}
			continue
		}
		var limit *diag.LimitError
		if !errors.As(err, &limit) || *limit != (diag.LimitError{Limit: diag.LimitChain, Max: maxChain}) || scriptErrorOf(t, err).At().Line != tc.line {
			t.Errorf("%s: got %v, want the limit in line %d", tc.name, err, tc.line)
		}
		if len(found) != 1 || found[0].Start.Line != tc.line || found[0].Summary != limit.Error() {
			t.Errorf("%s: check found %v, want the limit in line %d", tc.name, found, tc.line)
		}
	}
}

// TestManyMistakes: a script of nothing but mistakes is not searched for the line
// of each.
func TestManyMistakes(t *testing.T) {
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "undefined_%d\n", i)
	}
	var all ScriptErrors
	if err := runText(t, Engine{}, text.String()); !errors.As(err, &all) || len(all) != 100 {
		t.Errorf("got %d mistakes, want %d", len(all), 100)
	}
}

// TestRepeatLimit refuses what one multiplication would take, before it does.
func TestRepeatLimit(t *testing.T) {
	e := Engine{Limits: Limits{Memory: 1 << 20}}
	for _, text := range []string{
		"x = [0] * 1000000000", "x = 1000000000 * [0]", "x = (0,) * 70000", "x = 'ab' * 1000000", "x = b'ab' * 1000000",
		"x = [0]\nx *= 1000000000", "x = {1: [[0]]}\nx[1][0] *= 1000000000", "def f(x, y): return x * y\nf([0] * 1000, 1000)",
		"x = 'a' * 99999999999999999999", "x = [[0] * 1000000000 for i in [1]]", "x = 1 + 2 * len([0] * 70000)",
	} {
		var limit *diag.LimitError
		if err := runText(t, e, text); !errors.As(err, &limit) || limit.Limit != diag.LimitMemory {
			t.Errorf("%s: got %v, want the limit", text, err)
		}
	}
}

// TestRepeatGuardChangesNothing: a guarded multiplication does and describes what a
// plain one does.
func TestRepeatGuardChangesNothing(t *testing.T) {
	for _, text := range []string{
		"print(2 * 3, 2.5 * 2, 2 * 1.5, 'ab' * 2, 2 * 'ab', [1] * 3, (1,) * 2, 2 * (1,), 'x' * 0, 'x' * -5, [] * 1000000000, 1 << 40 * 1)",
		"x = 3\nx *= 4\ny = [2]\ny[0] *= 5\nprint(x, y, 2 * 3 * 4, -2 * -3, (1 << 200) * (1 << 200))",
		"x = [1]\ny = x\nx *= 2\nprint(x, y)", "print(7 * 6 // 5 % 4)", "'a' * 'b'", "x = [1]\nx *= [2]", "{} * 2", "2 * {}", "None * None", "1 * undefind",
		"def f(*args, **kwargs): return args\nprint(f(*[1, 2]), f(**{'a': 2 * 2}))",
	} {
		said := func(memory int64) string {
			var r recorder
			err := runText(t, Engine{Limits: Limits{Memory: memory}, Print: r.print}, text)
			out := strings.Join(r.lines, "\n")
			if err != nil {
				out += rendered(t, err)
			}
			return out
		}
		plain, guarded := said(0), said(1<<30)
		if plain != guarded || plain == "" {
			t.Errorf("%s:\nplain:\n%s\nguarded:\n%s", text, plain, guarded)
		}
	}
}

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
		at    diag.Position
	}{
		{"in the first file", []string{"f.star", "reached()\nwhile True: pass"}, diag.Position{File: "f.star", Line: 2, Column: 1}},
		{"in a loaded file", []string{"f.star", "load('lib/g.star', 'x')", "lib/g.star", "x = 1\nreached()\nwhile True: pass"}, diag.Position{File: "lib/g.star", Line: 3, Column: 1}},
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

// TestDeadline has a clock of its own, which runs on when the script waits.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		err := runTextIn(ctx, "reached()", reached(func() {}, true))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded in it", err)
		}
		if want := "f.star:1:8: out of time: context deadline exceeded"; err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
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
