package starlark

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// namedFiles is a plugin that names each file, and include.
type namedFiles struct {
	fakePlugin
	err error
}

func newNamedFiles() *namedFiles {
	return &namedFiles{fakePlugin: fakePlugin{funcs: map[string]builtinFunc{
		"include": func(thread *sl.Thread, _ *sl.Builtin, args sl.Tuple, _ []sl.Tuple) (sl.Value, error) {
			path, _ := sl.AsString(args[0])
			_, err := thread.Load(thread, path)
			return sl.None, err
		},
		"panics": func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) { panic("common") },
	}}}
}

func (n *namedFiles) FileNames(file string) (sl.StringDict, error) {
	return sl.StringDict{
		"__file__": sl.String(file),
		"own_panic": sl.NewBuiltin("own_panic", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
			panic("of one file")
		}),
	}, n.err
}

func TestFileNames(t *testing.T) {
	var r recorder
	e := Engine{Print: r.print, Files: files(
		"f.star", "load('lib/g.star', 'name')\nprint(__file__, name())",
		"lib/g.star", "def name():\n    return __file__",
	)}
	if err := e.Run(t.Context(), "f.star", newNamedFiles()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"f.star:2:6 f.star lib/g.star"}, r.lines); diff != "" {
		t.Error(diff)
	}
}

// TestFileNamesUnderLimits counts statements and guards memory at the same time:
// those add names to a file as well.
func TestFileNamesUnderLimits(t *testing.T) {
	var r recorder
	covered := 0
	e := Engine{
		Print:  r.print,
		Limits: Limits{Memory: 1 << 40},
		Cover:  func(string, []CoverBlock) { covered++ },
		Files:  files("f.star", "print(__file__ * 2)"),
	}
	if err := e.Run(t.Context(), "f.star", newNamedFiles()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"f.star:1:6 f.starf.star"}, r.lines); diff != "" || covered != 1 {
		t.Error(covered, diff)
	}
}

func TestFileNamesThatFailOrPanic(t *testing.T) {
	failing := newNamedFiles()
	failing.err = errors.New("no names today")
	err := runText(t, Engine{}, "x = 1", failing)
	if err == nil || err.Error() != "cannot run f.star: no names today" {
		t.Errorf("got %v", err)
	}
	e := scriptErrorOf(t, runText(t, Engine{}, "own_panic()", newNamedFiles()))
	if e.At().String() != "f.star:1:10" || !strings.Contains(e.Message, "own_panic: panic: of one file") {
		t.Errorf("got %v", e)
	}
}

// TestLoadOfBuiltin loads by a builtin: relative to the file that calls it, once,
// and with the place of a mistake.
func TestLoadOfBuiltin(t *testing.T) {
	var r recorder
	e := Engine{Print: r.print, Files: files(
		"f.star", "load('lib/g.star', 'g')\ninclude('lib/h.star')\ng()\ng()",
		"lib/g.star", "def g():\n    include('h.star')",
		"lib/h.star", "print('once')",
	)}
	if err := e.Run(t.Context(), "f.star", newNamedFiles()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"lib/h.star:1:6 once"}, r.lines); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsOfLoadOfBuiltin(t *testing.T) {
	for _, tc := range []struct{ file, text, at, message string }{
		{"lib/h.star", "x = 1\nfail('no')", "lib/h.star:2:5", "fail: no"},
		{"lib/h.star", "x =", "lib/h.star:1:4", "got end of file, want primary expression"},
		{"lib/h.star", "undefined_name", "lib/h.star:1:1", "undefined: undefined_name"},
		{"lib/other.star", "", "f.star:2:8", "file does not exist"},
		{"lib/h.star", "include('../f.star')", "lib/h.star:1:8", "load cycle: f.star -> lib/h.star -> f.star"},
		{"lib/h.star", "include('../../f.star')", "lib/h.star:1:8", "the path leaves the root folder of the scripts"},
	} {
		e := Engine{Files: files("f.star", "\ninclude('lib/h.star')", tc.file, tc.text)}
		got := scriptErrorOf(t, e.Run(t.Context(), "f.star", newNamedFiles()))
		if got.At().String() != tc.at || !strings.Contains(got.Message, tc.message) {
			t.Errorf("%q: got %v, want %s: %s", tc.text, got, tc.at, tc.message)
		}
		if first := got.Frames[0]; first.File != "f.star" || first.Line != 2 {
			t.Errorf("%q: the first frame is %v, want that of the include", tc.text, first)
		}
	}
}

// TestResolve passes the resolver both files, and takes the name it returns.
func TestResolve(t *testing.T) {
	var requests []LoadRequest
	var r recorder
	e := Engine{
		Print: r.print,
		Files: files(
			"f.star", "load('lib/g.star', 'g')\nload('ext://tool', 'T')\ng(T)",
			"lib/g.star", "def g(x):\n    include('h.star')\n    print(x)",
			"h.star", "print('of the executing file')",
			"ext/tool/main.star", "T = 'tool'",
		),
		Resolve: func(l LoadRequest) (string, bool, error) {
			requests = append(requests, l)
			if name, ok := strings.CutPrefix(l.Path, "ext://"); ok {
				return "ext/" + name + "/main.star", true, nil
			}
			if l.Calling != l.Executing {
				return l.Path, true, nil // beside f.star
			}
			return "", false, nil
		},
	}
	if err := e.Run(t.Context(), "f.star", newNamedFiles()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"h.star:1:6 of the executing file", "lib/g.star:3:10 tool"}, r.lines); diff != "" {
		t.Error(diff)
	}
	want := []LoadRequest{
		{Path: "lib/g.star", Calling: "f.star", Executing: "f.star"},
		{Path: "ext://tool", Calling: "f.star", Executing: "f.star"},
		{Path: "h.star", Calling: "lib/g.star", Executing: "f.star"},
	}
	if diff := cmp.Diff(want, requests); diff != "" {
		t.Error(diff)
	}
	requests = nil
	e.Table = func(string) *analysis.Table { return analysis.NewTable(analysis.Rows{Names: []string{"include"}}) }
	if program, err := e.Check(t.Context(), "f.star"); err != nil || diag.HasErrors(program.Diagnostics()) {
		t.Errorf("check: %v, %v", program, err)
	}
	if len(requests) != 2 {
		t.Errorf("Check asked for %v, want both load statements", requests)
	}
}

func TestResolveThatFailsOrLeavesTheRoot(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"", errors.New("no such module"), "no such module"},
		{"../x.star", nil, "the path leaves the root folder of the scripts"},
		{"/x.star", nil, "the path leaves the root folder of the scripts"},
	} {
		e := Engine{Resolve: func(LoadRequest) (string, bool, error) { return tc.name, tc.err == nil, tc.err }}
		got := scriptErrorOf(t, runText(t, e, "load('m', 'x')"))
		if want := fmt.Sprintf("cannot load m: %s", tc.want); got.Message != want || got.At().String() != "f.star:1:1" {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}

// TestLoadAtTheEnd loads for a function that a plugin calls when the script is
// done: the first file is then the one that counts.
func TestLoadAtTheEnd(t *testing.T) {
	var asked []LoadRequest
	var fn sl.Callable
	var thread *sl.Thread
	p := newNamedFiles()
	p.funcs["later"] = func(th *sl.Thread, _ *sl.Builtin, args sl.Tuple, _ []sl.Tuple) (sl.Value, error) {
		fn, thread = args[0].(sl.Callable), th
		return sl.None, nil
	}
	p.onEnd = func() {
		if _, err := sl.Call(thread, fn, nil, nil); err != nil {
			t.Error(err)
		}
	}
	e := Engine{
		Files: files(
			"f.star", "load('lib/g.star', 'g')\nlater(g)",
			"lib/g.star", "def g():\n    include('h.star')",
			"lib/h.star", "",
		),
		Resolve: func(l LoadRequest) (string, bool, error) {
			asked = append(asked, l)
			return "", false, nil
		},
	}
	if err := e.Run(t.Context(), "f.star", p); err != nil {
		t.Fatal(err)
	}
	if last := asked[len(asked)-1]; last != (LoadRequest{Path: "h.star", Calling: "lib/g.star", Executing: "f.star"}) {
		t.Errorf("got %+v", last)
	}
}

// TestShareLoads loads what a loaded file has loaded, which is an error without.
func TestShareLoads(t *testing.T) {
	e := Engine{ShareLoads: true, Files: files(
		"f.star", "load('g.star', 'x', y='x')\nx = x + y",
		"g.star", "load('h.star', 'x')",
		"h.star", "x = 1",
	)}
	if err := e.Run(t.Context(), "f.star"); err != nil {
		t.Error(err)
	}
	e.ShareLoads = false
	if got := scriptErrorOf(t, e.Run(t.Context(), "f.star")); !strings.Contains(got.Message, "x not found in module g.star") {
		t.Errorf("got %v", got)
	}
}
