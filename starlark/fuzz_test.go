package starlark

import (
	"errors"
	"strings"
	"testing"
)

// FuzzRun runs arbitrary input: it must end, without a panic, and an error must
// have something to show.
func FuzzRun(f *testing.F) {
	for _, seed := range []string{
		"", "x = 1", "def f(n):\n  return f(n)\nf(1)", "while True: pass", "load('f.star', 'x')",
		"load('../x', 'y')", "[x for x in [1, 2]]", "'%s' % (1, 2)", "\ufeff\r\n\t", "a = {}\na[a] = a",
		"x = []\nx.append(x)\nprint(x)\nfail(x)", "(((", "\"\\u00", "f(**b)", "set([1]) | 2", "\x00\xff",
		strings.Repeat("(-not ~", 40), "undefind\nalso_undefined", "def f(): pass\nf(1)", "hash(())\nhasattr(1, 'x')",
	} {
		f.Add(seed)
	}
	// So few steps, because a variable can double in a handful of them.
	e := Engine{Limits: Limits{Steps: 200, CallDepth: 50, Output: 1000, FileSize: 4096}}
	f.Fuzz(func(t *testing.T, text string) {
		// One of these with a large number uses all memory; that is out of scope.
		if strings.ContainsAny(text, "*<") || strings.Contains(text, "range") {
			return
		}
		err := runText(t, e, text)
		if err == nil {
			return
		}
		if out := rendered(t, err); !strings.Contains(out, "Error: ") {
			t.Errorf("no message in %q", out)
		}
		var panicked *PanicError
		if errors.As(err, &panicked) {
			t.Errorf("the interpreter panicked: %v", err)
		}
	})
}
