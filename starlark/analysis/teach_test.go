package analysis

import (
	"strings"
	"testing"

	"go.starlark.net/syntax"
)

// TestTeach: a line of another language is an error at its own place that says
// what Starlark has instead.
func TestTeach(t *testing.T) {
	options := &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}
	for _, tc := range []struct{ source, at, want string }{
		{"import os", "1:1-7", "Every script has os"},
		{"import os.path as p", "1:1-7", "Every script has os"},
		{"from os import path", "1:1-5", "Every script has os"},
		{"import sys", "1:1-7", "load("},
		{"apiVersion: v1\nkind: Pod", "1:11-12", "YAML, not a script"},
		{"---\nkind: Pod", "1:4-4", "YAML, not a script"},
		{"from a import b", "1:1-5", "load("},
		{"class A:\n  pass", "1:1-6", "struct("},
		{"try:\n  x()\nexcept:\n  pass", "1:1-4", "no exceptions"},
		{"raise ValueError('x')", "1:1-6", "fail("},
		{"x = f\"a{b}\"", "1:6-12", "no f-strings"},
		{"x = f'a'+rf'b'", "1:6-9", "no f-strings"},
		{"x = fr'''a'''", "1:7-14", "no f-strings"},
		{"with open('x') as f:\n  pass", "1:1-5", "no with"},
		{"def f(x: str):\n  pass", "1:8-9", "no type hints"},
		{"def f(x: str = 'a', y=1):\n  pass", "1:8-9", "no type hints"},
		{"def f() -> str:\n  pass", "1:9-10", "no type hints"},
		{"x: int = 1", "1:2-3", "no type hints"},
		{"assert x == 1", "1:8-9", "no assert"},
		{"del x[1]", "1:1-4", "pop("},
		{"def g():\n  global x\n  x = 1", "2:3-9", "cannot assign a global"},
		{"x = y is None", "1:7-9", "== and !="},
		{"if a is not None:\n  pass", "1:6-8", "== and !="},
		{"x = a && b", "1:8-9", "Write and."},
		{"x = a || b", "1:8-9", "Write or."},
		{"x = !a", "1:5-6", "Write not"},
		{"if (n := 3):\n  pass", "1:7-8", "line of its own"},
		{"if a:\n  pass\nelse if b:\n  pass", "3:6-8", "elif"},
		{"x = 2 ** 3", "1:7-8", "math.pow"},
		{"x = {**a}", "1:6-7", "a | b"},
		{"x++", "1:4-4", "x += 1"},
		{"print 'a'", "1:7-10", "print(x)"},
		{"x = 'a' 'b'", "1:9-12", "joined by +"},
		{"f('a'\n  'b')", "2:3-6", "joined by +"},
		{"@dec\ndef f(): pass", "1:1-2", "no decorators"},
		{"a = b < c < d", "1:12-13", "and"},
		{"x = yield 3", "1:5-10", "no generators"},
		{"async def f(): pass", "1:1-6", "no async"},
		{"var x = 1", "1:5-6", "no keyword"},
		{"if (x) {\n  y()\n}", "1:8-9", "colon"},
		{"match x:\n  case 1: pass", "1:7-8", "if and elif"},
		{"f(from = 1)", "1:3-7", "reserved"},
		{"import = 3", "1:1-7", "reserved"},
		{"if a\n  pass", "1:5-5", "ends with a colon"},
		{"x = 1\ndef f()  \n\n  pass", "2:8-9", "ends with a colon"},
		{"x = “a”", "1:5-6", "straight quotes"},
		{"x = ‘a’", "1:5-6", "straight quotes"},
		{"x =\u00a01", "1:4-5", "plain space"},
		{"x = a – b", "1:7-8", "plain -"},
		{"x = a ? 1 : 2", "1:7-8", "x if condition else y"},
		{"x = a if b", "1:7-9", "x if condition else y"},
		{"x = $HOME", "1:5-6", "os.getenv("},
		{"x = \xff", "1:5-6", "UTF-8"},
		{"// note", "1:1-2", "begins with #"},
		{"/* note */", "1:1-2", "begins with #"},
		{"if x = 1:\n  pass", "1:6-7", "=="},
		{"x = '\\d+'", "1:5-10", "raw string"},
		{"x = 1_000", "1:5-10", "no underscores"},
		// Nothing is said where nothing is known.
		{"x = [1, 2", "1:10-10", ""},
		{"x = 'abc", "1:5-9", ""},
		{"def b(:\n  pass", "1:7-8", ""},
		{"x = [1;]", "1:7-8", ""},
		{"x = 1 ` 2", "1:7-8", ""},
		{"raiser.x y", "1:10-11", ""},
	} {
		_, err := options.Parse("f", tc.source, 0)
		found := Mistakes(err, "f", tc.source, []string{"os"}, nil)
		if len(found) != 1 {
			t.Errorf("%s: got %v", tc.source, found)
			continue
		}
		d := found[0]
		at := strings.TrimPrefix(d.Start.String(), "f:") + "-" + strings.TrimPrefix(d.End.String()[strings.LastIndexByte(d.End.String(), ':'):], ":")
		if at != tc.at || !strings.Contains(d.Detail, tc.want) || tc.want == "" && d.Detail != "" {
			t.Errorf("%s: got %s %s, %s; want %s %s", tc.source, at, d.Summary, d.Detail, tc.at, tc.want)
		}
	}
}

// TestExplain: what a script is told when it runs is what check tells it before.
func TestExplain(t *testing.T) {
	for message, want := range map[string]string{
		"blob has no .strip field or method":                   "Write str(x).strip",
		"Blob has no .nope field or method":                    "",
		"string has no .trim field or method":                  "Write s.strip().",
		"dict has no .name field or method (did you mean)":     `d.get("name")`,
		`key "tag" not in dict`:                                `write d.get("tag")`,
		`key "regisry" not in dict (did you mean "registry"?)`: "",
		`key 3 not in dict`:                                    "",
		"append: cannot append to frozen list":                 "change a copy",
		"cannot insert into frozen hash table":                 "change a copy",
		"cannot insert into hash table during iteration":       "",
		"fail: the append of a frozen list is not allowed.":    "",
	} {
		if got := Explain(message); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", message, got, want)
		}
	}
}
