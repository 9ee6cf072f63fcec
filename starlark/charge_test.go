package starlark

import (
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/diag"
)

// TestChargesChangeNothing: what stays below the limits does what it did.
func TestChargesChangeNothing(t *testing.T) {
	script := `
def f(*args, **kwargs): return (args, kwargs)
x = [3, 1]
x += range(2)
x += [7] + [8]
x.append(x.pop())
n = 5
n <<= 3
n %= 7
s = "%s-%d"
s %= ("a", 1)
r = range(10)
print(x, f(*r, **{"k": 1}), len(range(1 << 30)), sorted(r, reverse=True), sorted(x, key=lambda v: -v), n, s, 7 // 2, -7 % 3, 1 << 70)
print("a,b".split(","), "{}{b}".format(1, b=2), ", ".join(["a", "b"]), {"a": 1}.get("a"), (5 << 300) // (5 << 298), list(zip(r, "abc".elems())), type(r), str)
print(dict([("a", 1)]), getattr("x", "upper")(), [list][0]((1, 2)), max(1, 2), any([]), hasattr("", "join"), 100 % 7, 5.5 % 2, "%%" % ())
print(sorted([], lambda v: v + 1), sorted([4], lambda v: v + 1), sorted([1, 2], lambda v: -v))
`
	var plain, charged strings.Builder
	for limits, said := range map[Limits]*strings.Builder{{}: &plain, {Memory: 64 << 20}: &charged} {
		e := Engine{Limits: limits, Print: func(_ diag.Position, message string) { said.WriteString(message + "\n") }}
		if err := runText(t, e, script); err != nil {
			t.Fatal(err)
		}
	}
	const want = `[3, 1, 0, 1, 7, 8] ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), {"k": 1}) 1073741824 [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] [8, 7, 3, 1, 1, 0] 5 a-1 3 2 1180591620717411303424
["a", "b"] 12 a, b 1 4 [(0, "a"), (1, "b"), (2, "c")] range <built-in function str>
{"a": 1} X [1, 2] 2 False True 2 1.5 %
[] [4] [2, 1]
`
	if plain.String() != want || charged.String() != want {
		t.Errorf("got\n%s\nand\n%s, want\n%s", plain.String(), charged.String(), want)
	}
}
