package starlark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	timelib "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/diag"
)

func TestRunNeedsFiles(t *testing.T) {
	err := new(Engine).Run(t.Context(), "f.star")
	if err == nil || !strings.Contains(err.Error(), "Engine.Files is nil") {
		t.Errorf("got %v", err)
	}
}

func TestRunNeedsPlugins(t *testing.T) {
	e := Engine{Files: files("f.star", "")}
	if err := e.Run(t.Context(), "f.star", nil); err == nil || err.Error() != "starlark: plugin 0 of the run is nil" {
		t.Errorf("got %v", err)
	}
}

func TestRunOfFileThatCannotBeRead(t *testing.T) {
	e := Engine{Files: fstest.MapFS{
		"lib/x.star": {},
		"pipe":       {Mode: fs.ModeNamedPipe},
		"socket":     {Mode: fs.ModeSocket},
		"device":     {Mode: fs.ModeDevice},
		"odd":        {Mode: fs.ModeIrregular},
	}}
	for file, want := range map[string]string{
		"Clusterfile":    "cannot run Clusterfile: file does not exist",
		"lib":            "cannot run lib: is a folder, not a regular file",
		"pipe":           "cannot run pipe: is a named pipe, not a regular file",
		"socket":         "cannot run socket: is a socket, not a regular file",
		"device":         "cannot run device: is a device, not a regular file",
		"odd":            "cannot run odd: is a special file, not a regular file",
		"../Clusterfile": "cannot run ../Clusterfile: the path leaves the root folder of the scripts",
		"/Clusterfile":   "cannot run /Clusterfile: the path leaves the root folder of the scripts",
		"":               "cannot run : the path is empty",
		"@team/x.star":   "cannot run @team/x.star: no such module is known here",
	} {
		err := e.Run(t.Context(), file)
		if err == nil || err.Error() != want {
			t.Errorf("Run(%q): got %v, want %s", file, err, want)
		}
	}
	if err := e.Run(t.Context(), "Clusterfile"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist in it", err)
	}
	if err := e.Run(t.Context(), "../x"); !errors.Is(err, ErrOutside) {
		t.Errorf("got %v, want ErrOutside in it", err)
	}
}

func TestPrintTellsWhere(t *testing.T) {
	var r recorder
	e := Engine{Print: r.print, Files: files(
		"f.star", "load('lib/g.star', 'g')\nprint('a', 1)\ng()",
		"lib/g.star", "def g():\n    print('in g')\n",
	)}
	if err := e.Run(t.Context(), "f.star"); err != nil {
		t.Fatal(err)
	}
	want := []string{"f.star:2:6 a 1", "lib/g.star:2:10 in g"}
	if diff := cmp.Diff(want, r.lines); diff != "" {
		t.Error(diff)
	}
}

func TestPrintIsOptional(t *testing.T) {
	if err := runText(t, Engine{}, "print('x')"); err != nil {
		t.Error(err)
	}
}

func TestClock(t *testing.T) {
	modules := &fakePlugin{values: sl.StringDict{"time": timelib.Module}}
	var r recorder
	e := Engine{Print: r.print, Clock: func() time.Time { return time.Unix(1_700_000_000, 0).UTC() }}
	if err := runText(t, e, "print(time.now())", modules); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"f.star:1:6 2023-11-14 22:13:20 +0000 UTC"}, r.lines); diff != "" {
		t.Error(diff)
	}
	before := time.Now().Unix()
	if err := runText(t, Engine{}, fmt.Sprintf("time.now().unix >= %d or fail('not now')", before), modules); err != nil {
		t.Errorf("without a Clock: %v", err)
	}
}

func TestByteOrderMarkAndCRLF(t *testing.T) {
	err := runText(t, Engine{}, "\ufeffx = 1\r\nfail(x)\r\n")
	want := "Traceback (most recent call last):\n  f.star:2:5: in <toplevel>\nError: fail: 1\n  2 | fail(x)\n    |     ^\n"
	if diff := cmp.Diff(want, rendered(t, err)); diff != "" {
		t.Error(diff)
	}
}

// TestConcurrentRuns lets a thousand runs share one engine: each has state of
// its own, some are canceled, and every one ends.
func TestConcurrentRuns(t *testing.T) {
	e := &Engine{Print: func(diag.Position, string) {}, Files: files(
		"f.star", "load('lib/a.star', 'twice')\nxs = [twice(n) for n in range(50)]\nkeep(xs[-1] + number())",
		"lib/a.star", "load('b.star', 'TWO')\ndef twice(n):\n    return TWO * n",
		"lib/b.star", "TWO = 2",
	)}
	const runs = 1000
	const atOnce = 50
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i := range runs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			var kept int
			p := &fakePlugin{funcs: map[string]builtinFunc{
				"number": func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
					return sl.MakeInt(i), nil
				},
				"keep": func(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
					return sl.None, sl.UnpackPositionalArgs(b.Name(), args, kwargs, 1, &kept)
				},
			}}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%10 == 0 {
				go cancel()
			}
			err := e.Run(ctx, "f.star", p)
			switch {
			case err == nil && kept != 98+i:
				t.Errorf("run %d kept %d", i, kept)
			case err != nil && (i%10 != 0 || !errors.Is(err, context.Canceled)):
				t.Errorf("run %d: %v", i, err)
			}
			if p.begun != p.ended {
				t.Errorf("run %d: begun %d, ended %d times", i, p.begun, p.ended)
			}
		})
	}
	wg.Wait()
}

func TestPluginLifecycle(t *testing.T) {
	boom := errors.New("boom")
	var order []string
	log := func(name string) func() { return func() { order = append(order, name) } }
	var inEnd error
	for _, tc := range []struct {
		name           string
		text           string
		first, second  *fakePlugin
		want           string // the run's error
		begun1, ended1 int
		begun2, ended2 int
	}{
		{"success", "", &fakePlugin{}, &fakePlugin{}, "", 1, 1, 1, 1},
		{"script fails", "fail('x')", &fakePlugin{}, &fakePlugin{}, "f.star:1:5: fail: x", 1, 1, 1, 1},
		{"syntax error", "x = (", &fakePlugin{}, &fakePlugin{}, "f.star:1:6: got end of file, want primary expression", 1, 1, 1, 1},
		{"first begin fails", "", &fakePlugin{beginErr: boom}, &fakePlugin{}, "boom", 1, 0, 0, 0},
		{"second begin fails", "", &fakePlugin{}, &fakePlugin{beginErr: boom}, "boom", 1, 1, 1, 0},
		{"end fails", "", &fakePlugin{endErr: boom}, &fakePlugin{}, "boom", 1, 1, 1, 1},
		{"both ends fail", "", &fakePlugin{endErr: errors.New("one")}, &fakePlugin{endErr: errors.New("two")}, "two\none", 1, 1, 1, 1},
		{"script and end fail", "fail('x')", &fakePlugin{endErr: boom}, &fakePlugin{}, "f.star:1:5: fail: x", 1, 1, 1, 1},
		{"same name", "", clusterPlugin(), clusterPlugin(), `starlark: two plugins of one run provide the name "k8s_cluster"`, 1, 1, 1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			order = nil
			tc.first.onEnd, tc.second.onEnd = log("first"), func() { log("second")(); inEnd = tc.second.ctx.Err() }
			err := runText(t, Engine{}, tc.text, tc.first, tc.second)
			if got := fmt.Sprint(err); got != tc.want && (err != nil || tc.want != "") {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			got := [...]int{tc.first.begun, tc.first.ended, tc.second.begun, tc.second.ended}
			if want := [...]int{tc.begun1, tc.ended1, tc.begun2, tc.ended2}; got != want {
				t.Errorf("begun and ended %v, want %v", got, want)
			}
			if tc.ended1 == 1 && tc.ended2 == 1 {
				if fmt.Sprint(order) != "[second first]" {
					t.Errorf("ended in the order %v", order)
				}
				if inEnd != nil {
					t.Errorf("the run's context was done in End: %v", inEnd)
				}
				if (tc.first.endGot == nil) != (err == nil || tc.first.endErr != nil && tc.text == "") {
					t.Errorf("End got %v where the run's error is %v", tc.first.endGot, err)
				}
			}
			if tc.first.begun == 1 && !errors.Is(tc.first.ctx.Err(), context.Canceled) {
				t.Error("the context is not canceled after the run")
			}
		})
	}
}

func TestPluginGetsFiles(t *testing.T) {
	p := &fakePlugin{}
	e := Engine{Files: files("f.star", "")}
	if err := e.Run(t.Context(), "f.star", p); err != nil {
		t.Fatal(err)
	}
	if _, err := p.files.Open("f.star"); err != nil {
		t.Error(err)
	}
}

// quit ends a script as exit() does.
type quit struct{}

func (q *quit) Error() string { return "exit" }
func (q *quit) ExitScript()   {}

func TestExitScript(t *testing.T) {
	var r recorder
	p := provide("exit", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		return nil, fmt.Errorf("wrapped: %w", &quit{})
	})
	e := Engine{Print: r.print, Files: files(
		"f.star", "load('g.star', 'x')\nprint('not reached')",
		"g.star", "x = 1\ndef f():\n  exit()\nsorted([1, 2], key=lambda x: f())\nprint('nor this')",
	)}
	if err := e.Run(t.Context(), "f.star", p); err != nil {
		t.Error(err)
	}
	if len(r.lines) > 0 || p.endGot != nil {
		t.Errorf("printed %v, End got %v", r.lines, p.endGot)
	}
}

type typedError struct{ code int }

func (e *typedError) Error() string { return "typed failure" }

func TestCauseIsKept(t *testing.T) {
	p := provide("f", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		return nil, &typedError{code: 7}
	})
	e := Engine{Files: files("f.star", "load('lib/g.star', 'x')", "lib/g.star", "x = f()")}
	err := e.Run(t.Context(), "f.star", p)
	var typed *typedError
	if !errors.As(err, &typed) || typed.code != 7 {
		t.Errorf("errors.As did not find the cause in %v", err)
	}
	if got := scriptErrorOf(t, err); got.Message != "typed failure" || got.Cause != error(typed) || got.At() != (diag.Position{File: "lib/g.star", Line: 1, Column: 6}) {
		t.Errorf("got %+v", got)
	}
}

type callError struct {
	error
	stack sl.CallStack
}

func (e *callError) CallStack() sl.CallStack { return e.stack }
func (e *callError) Unwrap() error           { return e.error }

// TestErrorOfEndThatIsAboutACall is shown where the call was, with what a function of
// the script that End called failed with below it.
func TestErrorOfEndThatIsAboutACall(t *testing.T) {
	var stack sl.CallStack
	var later sl.Value
	var thread *sl.Thread
	p := provide("apply", func(th *sl.Thread, _ *sl.Builtin, args sl.Tuple, _ []sl.Tuple) (sl.Value, error) {
		thread, stack = th, th.CallStack()
		if len(args) > 0 {
			later = args[0]
		}
		return sl.None, nil
	})
	for _, tc := range []struct{ script, want string }{
		{"\napply()", "Traceback (most recent call last):\n  f.star:2:6: in <toplevel>\nError: no context\n  2 | apply()\n    |      ^\n"},
		{"def f(): return 1 // 0\napply(f)", "Traceback (most recent call last):\n  f.star:2:6: in <toplevel>\n  f.star:1:19: in f\nError: apply: floored division by zero\n  1 | def f(): return 1 // 0\n    |                   ^\n"},
	} {
		later = nil
		p.onEnd = func() {
			p.endErr = &callError{errors.New("no context"), stack}
			if later != nil {
				_, err := sl.Call(thread, later, nil, nil)
				p.endErr = &callError{fmt.Errorf("apply: %w", err), stack}
			}
		}
		if got := rendered(t, runText(t, Engine{}, tc.script, p)); got != tc.want {
			t.Errorf("%q: got\n%s\nwant\n%s", tc.script, got, tc.want)
		}
	}
	p.onEnd, p.endErr = nil, &callError{error: errors.New("no context")}
	if err := runText(t, Engine{}, "", p); err != p.endErr {
		t.Errorf("about no call: got %v", err)
	}
}

type listError []string

func (e listError) Error() string { return e[0] }

// TestCauseOfAnyType: an error need not be comparable.
func TestCauseOfAnyType(t *testing.T) {
	p := provide("f", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		return nil, listError{"one", "two"}
	})
	err := runText(t, Engine{}, "f()", p)
	var list listError
	if !errors.As(err, &list) || len(list) != 2 || err.Error() != "f.star:1:2: one" {
		t.Errorf("got %v", err)
	}
}

// TestCallbackFailure has a builtin that calls back into the script.
func TestCallbackFailure(t *testing.T) {
	p := provide("each", func(thread *sl.Thread, _ *sl.Builtin, args sl.Tuple, _ []sl.Tuple) (sl.Value, error) {
		v, err := sl.Call(thread, args[0], nil, nil)
		if err != nil {
			return nil, fmt.Errorf("each: %w", err)
		}
		return v, nil
	})
	err := runText(t, Engine{}, "def bad():\n  return 1 // 0\neach(bad)", p)
	want := "Traceback (most recent call last):\n  f.star:3:5: in <toplevel>\n  f.star:2:12: in bad\n" +
		"Error: floored division by zero\n  2 |   return 1 // 0\n    |            ^\n"
	if got := rendered(t, err); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

type badValue struct{ sl.NoneType }

func (badValue) Attr(name string) (sl.Value, error) { return sl.String(name[9:]), nil }
func (badValue) AttrNames() []string                { return nil }

func TestPanicsBecomeErrors(t *testing.T) {
	boom := func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) { panic("went wrong") }
	p := &fakePlugin{
		funcs: map[string]builtinFunc{"boom": boom},
		values: sl.StringDict{
			"mod": &starlarkstruct.Module{Name: "mod", Members: sl.StringDict{"boom": sl.NewBuiltin("mod.boom", boom)}},
			"bad": badValue{},
		},
	}
	for _, tc := range []struct{ text, fn, want string }{
		{"x = 1\nboom()", "boom", "f.star:2:5: boom: panic: went wrong (a defect in the program, not in the script)"},
		{"def f():\n  mod.boom()\nf()", "mod.boom", "f.star:2:11: mod.boom: panic: went wrong (a defect in the program, not in the script)"},
		{"x = bad.y", "starlark.badValue.Attr", "f.star: starlark.badValue.Attr: panic: runtime error: slice bounds out of range [9:1] (a defect in the program, not in the script)"},
	} {
		err := runText(t, Engine{}, tc.text, p)
		var panicked *PanicError
		if !errors.As(err, &panicked) || panicked.Func != tc.fn {
			t.Errorf("%q: got %v, want a PanicError of %s", tc.text, err, tc.fn)
		} else if err.Error() != tc.want {
			t.Errorf("%q: got %s\nwant %s", tc.text, err, tc.want)
		}
		if out := rendered(t, err); len(out) > 250 {
			t.Errorf("%q: long output, a stack dump?\n%s", tc.text, out)
		}
	}
	if p.begun != p.ended {
		t.Errorf("begun %d times, ended %d", p.begun, p.ended)
	}
}

func TestPanicInALoaderBecomesAnError(t *testing.T) {
	e := Engine{
		Files:  files(),
		Loader: func(context.Context, string) ([]byte, bool, error) { panic("went wrong") },
	}
	err := e.Run(t.Context(), "f.star")
	var panicked *PanicError
	if !errors.As(err, &panicked) || scriptErrorOf(t, err).At().File != "f.star" {
		t.Errorf("got %v, want a *PanicError in f.star", err)
	}
}
