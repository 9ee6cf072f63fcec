package starlark

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/diag"
)

func TestRender(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files []string
		want  string
	}{
		{
			"across loaded files",
			[]string{
				"Clusterfile", "load('lib/images.star', 'push_name')\n\n\n\n\nfor name in ['a']:\n    x = push_name(name)\n",
				"lib/images.star", "\ndef push_name(ctx):\n    c = k8s_cluster(contxt = ctx)\n    return c\n",
			},
			`Traceback (most recent call last):
  Clusterfile:7:18: in <toplevel>
  lib/images.star:3:20: in push_name
Error: k8s_cluster: unexpected keyword argument "contxt" (did you mean context?)
  3 |     c = k8s_cluster(contxt = ctx)
    |                    ^
`,
		},
		{
			"while a file is loaded",
			[]string{"Clusterfile", "load('a.star', 'x')", "a.star", "load('b.star', 'x')", "b.star", "def f(): return {}['k']\nx = f()"},
			`Traceback (most recent call last):
  Clusterfile:1:1: in <toplevel>
  a.star:1:1: in <toplevel>
  b.star:2:6: in <toplevel>
  b.star:1:19: in f
Error: key "k" not in dict
  1 | def f(): return {}['k']
    |                   ^
  If the key can be missing, write d.get("k"), which is None then, or d.get("k", default).
`,
		},
		{
			"syntax error",
			[]string{"Clusterfile", "x = 1\ny = [1, 2\n"},
			`Error: Clusterfile:3:1: got end of file, want ']'
`,
		},
		{
			"a NUL, which the parser takes for the end",
			[]string{"Clusterfile", "x = 1\n# é\x00\nfail(x)\n"},
			"Error: Clusterfile:2:4: NUL byte: a script is UTF-8 text without any\n  2 | # é\ufffd\n    |    ^\n",
		},
		{
			"undefined name",
			[]string{"Clusterfile", "c = k8s_clustr()\n"},
			`Error: Clusterfile:1:5: undefined: k8s_clustr (did you mean k8s_cluster?)
  1 | c = k8s_clustr()
    |     ^
`,
		},
		{
			"undefined names in a loaded file",
			[]string{"Clusterfile", "load('a.star', 'x')", "a.star", "x = foo\ny = bar"},
			`Traceback (most recent call last):
  Clusterfile:1:1: in <toplevel>
Error: a.star:1:5: undefined: foo
  1 | x = foo
    |     ^

Traceback (most recent call last):
  Clusterfile:1:1: in <toplevel>
Error: a.star:2:5: undefined: bar
  2 | y = bar
    |     ^
`,
		},
		{
			"recursion",
			[]string{"Clusterfile", "def f():\n    f()\nf()"},
			`Traceback (most recent call last):
  Clusterfile:3:2: in <toplevel>
  Clusterfile:2:6: in f
  [the line above, 998 more times]
  Clusterfile:2:5: in f
Error: calls nested too deep: the limit is 1000; look for a recursion that does not end
  2 |     f()
    |     ^
`,
		},
		{
			"recursion of two",
			[]string{"Clusterfile", "def f(n):\n    return g(n)\ndef g(n):\n    n = n - 1\n    if n == 0: fail('deep')\n    return f(n)\nf(50)"},
			`Traceback (most recent call last):
  Clusterfile:7:2: in <toplevel>
  Clusterfile:2:13: in f
  Clusterfile:6:13: in g
  [the 2 lines above, 48 more times]
  Clusterfile:2:13: in f
  Clusterfile:5:20: in g
Error: fail: deep
  5 |     if n == 0: fail('deep')
    |                    ^
`,
		},
		{
			"tabs and wide characters",
			[]string{"Clusterfile", "def f():\n\tx = '日本é́' + fail('x')\nf()"},
			"Traceback (most recent call last):\n  Clusterfile:3:2: in <toplevel>\n  Clusterfile:2:19: in f\nError: fail: x\n" +
				"  2 | \tx = '日本é́' + fail('x')\n    | \t" + strings.Repeat(" ", 18) + "^\n",
		},
		{
			"control characters",
			[]string{"Clusterfile", "fail('a\\033[31mb\\nc')  # \x1b[0m"},
			`Traceback (most recent call last):
  Clusterfile:1:5: in <toplevel>
Error: fail: a` + "\ufffd" + `[31mb
    c
  1 | fail('a\033[31mb\nc')  # ` + "\ufffd" + `[0m
    |     ^
`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := Engine{Files: files(tc.files...)}
			if diff := cmp.Diff(tc.want, rendered(t, e.Run(t.Context(), "Clusterfile", clusterPlugin()))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRenderPlaces(t *testing.T) {
	frame := func(line, column int) []Frame {
		return []Frame{{Position: diag.Position{File: "f", Line: line, Column: column}, Func: "f"}}
	}
	const head = "Traceback (most recent call last):\n"
	for _, tc := range []struct {
		err  error
		want string
	}{
		{errors.New("plain\x1b[0m"), "Error: plain\ufffd[0m\n"},
		{fmt.Errorf("in a test: %w", &ScriptError{Frames: frame(1, 2), Message: "m"}), head + "  f:1:2: in f\nError: m\n"},
		{&ScriptError{Frames: frame(0, 0), Message: "m", Source: "x"}, head + "  f: in f\nError: m\n"},
		{&ScriptError{Frames: frame(3, 0), Message: "m", Source: "x"}, head + "  f:3: in f\nError: m\n  3 | x\n"},
		{&ScriptError{Frames: frame(3, 9), Message: "m", Source: "x"}, head + "  f:3:9: in f\nError: m\n  3 | x\n    |  ^\n"},
	} {
		if diff := cmp.Diff(tc.want, rendered(t, tc.err)); diff != "" {
			t.Error(diff)
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRenderReportsTheWriter(t *testing.T) {
	if err := Render(failingWriter{}, errors.New("x")); err == nil || err.Error() != "disk full" {
		t.Errorf("got %v", err)
	}
}

func TestErrorIsOneLine(t *testing.T) {
	err := runText(t, Engine{}, "fail('a\\nb')")
	if got, want := err.Error(), "f.star:1:5: fail: a b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSuggestion(t *testing.T) {
	for text, want := range map[string]string{
		"k8s_cluster(contxt='x')": "context",
		"''.fromat()":             "format",
		"lenn('')":                "len",
		"quux()":                  "",
		"fail('(did you mean')":   "",
		"fail('(did you mean x')": "",
	} {
		err := runText(t, Engine{}, text, clusterPlugin())
		if got := scriptErrorOf(t, err).Suggestion; got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
