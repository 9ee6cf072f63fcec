package starlark

import (
	"strings"
	"testing"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/diag"
)

// TestChargedOperations: an operation that is charged has the result, or the error,
// that it has without charges.
func TestChargedOperations(t *testing.T) {
	const prelude = `
def inc(n): return n + 1
def two(): return 2
s = struct(f = inc, a = 1, l = [1])
x, y, one = [3, 1, 2], 2, ["b"]
d = {"a": 1, "ab": 2}
u = set([1, 2])
f = 1.5
b = b"abcd"
c = b"abcd"
t = "abcd"
`
	for source, want := range map[string]string{
		"s.f(1)":                       "2",
		"s.f(y)":                       "3",
		"[g(1) for g in [s.f]]":        "[2]",
		"s.a":                          "1",
		"s == struct(f=inc, a=1, l=x)": "False",
		"t.find(*one)":                 "1",
		"t.find(t[2])":                 "2",
		"list(b.elems())":              "[97, 98, 99, 100]",
		"x.index(1)":                   "1",
		"x.remove(1)":                  "None",
		"u.add(3)":                     "None",
		"u.union([5])":                 "set([1, 2, 5])",
		"u.union()":                    "set([1, 2])",
		"d.get(t[0] + t[1])":           "2",
		"d.get(t[0])":                  "1",
		"d.get(*['a'])":                "1",
		"d['a']":                       "1",
		"dict(**d)":                    `{"a": 1, "ab": 2}`,
		"sorted(['b', 'a'])":           `["a", "b"]`,
		"sorted([[2], [1]])":           "[[1], [2]]",
		"sorted([2, 1.5])":             "[1.5, 2]",
		"max('a', 'b')":                `"b"`,
		"b == c":                       "True",
		"[t.upper] == [t.upper]":       "False",
		"bytes(b)":                     `b"abcd"`,
		"str(b)":                       `"abcd"`,
		"str(u)":                       `"set([1, 2])"`,
		"repr([b])":                    `"[b\"abcd\"]"`,
		"b + c":                        `b"abcdabcd"`,
		"b * 2":                        `b"abcdabcd"`,
		"f + y":                        "3.5",
		"f * y":                        "3.0",
		"y - y":                        "0",
		"u - u":                        "set([])",
		"u | u":                        "set([1, 2])",
		"t[1:]":                        `"bcd"`,
		"t[::2]":                       `"ac"`,
		"b[::2]":                       `b"ac"`,
		"x[::2]":                       "[3, 2]",
		"'%s' % t":                     `"abcd"`,
		"'%s' % (f,)":                  `"1.5"`,
		"x[two()]":                     "2",

		"sorted()":               "sorted: missing argument for iterable",
		"sorted(x, key=1)":       `sorted: for parameter "key": got int, want callable`,
		"sorted([1, 'a'])":       "string < int not implemented",
		"t.replace('a')":         "replace: got 1 arguments, want at least 2",
		"','.join()":             "join: got 0 arguments, want 1",
		"x['a']":                 "list index: got string, want int",
		"y['a']":                 "unhandled index operation int[string]",
		"s.f(t)":                 "unknown binary op: string + int",
		"t.nope(y)":              "string has no .nope field or method",
		"f & y":                  "unknown binary op: float & int",
		"dict(**{'a': 1}, **{})": "multiple **kwargs not allowed",
	} {
		t.Run(source, func(t *testing.T) { sameWhenCharged(t, prelude, "print(repr("+source+"))", want) })
	}
	for source, want := range map[string]string{
		"x[two()] *= 5; print(x)":                    "[3, 1, 10]",
		"x[two() - 1] += y; print(x)":                "[3, 3, 2]",
		"y *= 2; print(y)":                           "4",
		"y |= 4; print(y)":                           "6",
		"n = 4; y |= n; print(y)":                    "6",
		"u |= set([3]); print(u)":                    "set([1, 2, 3])",
		"x[0] |= y; print(x)":                        "[3, 1, 2]",
		"b += c; print(b)":                           "abcdabcd",
		"(p, [q, x[0]]) = 1, [2, 9]":                 "",
		"(p, [q, x[0]]) = 1, [2, 9]; print(p, q, x)": "1 2 [9, 1, 2]",
		"d |= {'b': 3}; print(d)":                    `{"a": 1, "ab": 2, "b": 3}`,
		"s.a = 2":                                    "can't assign to .a field of struct",
		"s.l[0] = 2; print(s.l)":                     "[2]",
	} {
		t.Run(source, func(t *testing.T) { sameWhenCharged(t, prelude, source, want) })
	}
}

// sameWhenCharged runs a script after a prelude, by the language alone and charged,
// and compares what it prints or fails with. Of an error, the engine has the words.
func sameWhenCharged(t *testing.T, prelude, script, want string) {
	t.Helper()
	structs := sl.NewBuiltin("struct", starlarkstruct.Make)
	var plain, charged string
	thread := &sl.Thread{Print: func(_ *sl.Thread, message string) { plain = message }}
	_, plainErr := sl.ExecFileOptions(dialect, thread, "f.star", prelude+script, sl.StringDict{"struct": structs})
	e := Engine{Print: func(_ diag.Position, message string) { charged = message }}
	err := runText(t, e, prelude+script, &fakePlugin{values: sl.StringDict{"struct": structs}})
	if err != nil {
		charged = scriptErrorOf(t, err).Message
	}
	if charged != want || (err == nil) != (plainErr == nil) || err == nil && plain != want {
		t.Errorf("got %s, want %s; the language alone has %s, %v", charged, want, plain, plainErr)
	}
}

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
