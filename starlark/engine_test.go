package starlark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	timelib "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
)

func TestRunNeedsFiles(t *testing.T) {
	err := new(Engine).Run(t.Context(), "f.star")
	if err == nil || !strings.Contains(err.Error(), "Engine.Files is nil") {
		t.Errorf("got %v", err)
	}
}

func TestRunOfFileThatCannotBeRead(t *testing.T) {
	e := Engine{Files: files("lib/x.star", "")}
	for file, want := range map[string]string{
		"Clusterfile":    "cannot run Clusterfile: file does not exist",
		"lib":            "cannot run lib: is a folder, not a regular file",
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
	e := &Engine{Print: func(Position, string) {}, Files: files(
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
