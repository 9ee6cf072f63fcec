package starlark_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sextant-dev/sextant/starlark"
)

// console feeds lines to a session and returns what a user would see.
func console(t *testing.T, s *starlark.Session, input string) string {
	t.Helper()
	lines := strings.SplitAfter(input, "\n")
	var out strings.Builder
	for {
		value, err := s.Next(t.Context(), func(bool) (string, error) {
			if len(lines) == 0 || lines[0] == "" {
				return "", io.EOF
			}
			line := lines[0]
			lines = lines[1:]
			return line, nil
		})
		switch {
		case err == io.EOF:
			return out.String()
		case err != nil:
			fmt.Fprintln(&out, err)
		case value != nil:
			fmt.Fprintln(&out, value)
		}
	}
}

func TestSession(t *testing.T) {
	e := &starlark.Engine{
		Files:  fstest.MapFS{"main.star": {Data: []byte("load('lib.star', 'two')\none = 1\n")}, "lib.star": {Data: []byte("two = 2\n")}},
		Limits: starlark.Limits{Steps: 10_000, Memory: 64 << 20},
	}
	for _, test := range []struct{ name, file, input, want string }{
		{"values", "", "1 + 1\n'a'\nNone\nx = 3\nx\n", "2\n\"a\"\n3\n"},
		{"globals of the file", "main.star", "one\ntwo\n", "1\n<input 2>:1:1: undefined: two\n"},
		{"several lines", "", "def f(x):\n  return x + 1\n\nf(1)\n(1 +\n2)\n", "2\n3\n"},
		{"an open block ends with the input", "", "for i in [1]:\n  y = 5\n", ""},
		{"an open bracket", "", "(1 +\n", "<input 1>:2:1: unexpected end of the input\n"},
		{"no newline at the end", "", "1 + 1", "2\n"},
		{"goes on after errors", "", "1 // 0\nnope\nx = )\n4\n", "<input 1>:1:3: floored division by zero\n<input 2>:1:1: undefined: nope (did you mean None?)\n<input 3>:1:5: unexpected ')'\n4\n"},
		{"a chunk keeps what it set before it failed", "", "a = 1; b = 1 // 0\na\n", "<input 1>:1:14: floored division by zero\n1\n"},
		{"limits are of one statement", "", "[i for i in range(100000)] and 1\n5\n", "<input 1>:1:4: too many steps: the limit is 10000; look for a loop that does not end, or raise the limit\n5\n"},
		{"memory", "", "'a' * (1 << 30)\n6\n", "<input 1>:1:5: the script took too much memory: the limit is 64 MiB; look for a value that grows in a loop, or raise the limit\n6\n"},
		{"a value that is too long to print", "", "y = [1]\nfor i in range(40): y = [y, y]\n\ny\n7\n", "<input 3>:1:1: too much printed: the limit is 16777216 bytes\n7\n"},
		{"load", "", "load('lib.star', 'two')\ntwo\n", "2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := e.Open(t.Context(), test.file)
			if err != nil {
				t.Fatal(err)
			}
			if got := console(t, s, test.input); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSessionInterrupt: a statement that is stopped leaves the session as it is.
func TestSessionInterrupt(t *testing.T) {
	p := &sessionPlugin{}
	s, err := (&starlark.Engine{Files: fstest.MapFS{}}).Open(t.Context(), "", p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.called = cancel
	line := func(text string) func(bool) (string, error) {
		return func(bool) (string, error) { return text, nil }
	}
	if _, err := s.Next(ctx, line("while True: called()\n\n")); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if p.calls == 0 {
		t.Error("the statement did not run")
	}
	if v, err := s.Next(t.Context(), line("40 + 2\n")); err != nil || v.String() != "42" {
		t.Errorf("after an interrupt: %v, %v", v, err)
	}
	if names := s.Names(); !slices.Contains(names, "called") || !slices.Contains(names, "len") || !slices.IsSorted(names) {
		t.Errorf("names: %v", names)
	}
	for value, want := range map[string]string{"os": "path", "os.path": "join", "nope": "", "os.nope": "", "called": "", "os.path.join": "", "''": "",
		"point": "x", "point.y": "", "nope.x": "", "called.x": ""} {
		if got := strings.Join(s.Attributes(value), " "); got != want {
			t.Errorf("attributes of %s: %q, want %q", value, got, want)
		}
	}
	if err := s.Close(); err != nil || !p.ended {
		t.Errorf("%v, ended %t", err, p.ended)
	}
}

// TestOpenFails: a file that fails ends the plugins.
func TestOpenFails(t *testing.T) {
	p := &sessionPlugin{}
	_, err := (&starlark.Engine{Files: fstest.MapFS{"f": {Data: []byte("1 // 0")}}}).Open(t.Context(), "f", p)
	var script *starlark.ScriptError
	if !errors.As(err, &script) || !p.ended {
		t.Errorf("%v, ended %t", err, p.ended)
	}
	if _, err := (&starlark.Engine{}).Open(t.Context(), ""); err == nil {
		t.Error("no error without files")
	}
	e := &starlark.Engine{Files: fstest.MapFS{}}
	if _, err := e.Open(t.Context(), "../f"); !errors.Is(err, starlark.ErrOutside) || err.Error() != "cannot run ../f: the path leaves the root folder of the scripts" {
		t.Errorf("a file outside: %v", err)
	}
	first, second := &sessionPlugin{}, &sessionPlugin{fails: errors.New("no kubeconfig")}
	if _, err := e.Open(t.Context(), "", first, second); !errors.Is(err, second.fails) || !first.ended || second.ended {
		t.Errorf("a plugin that does not begin: %v, ended %t, the one before it %t", err, second.ended, first.ended)
	}
}
