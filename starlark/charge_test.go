package starlark

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/diag"
)

// TestWorstArguments: a builtin of the language with an argument that asks for
// everything ends with the limit that it exceeds, at once.
func TestWorstArguments(t *testing.T) {
	const shared = "x = 'x' * 1000\nfor i in range(40): x = [x, x]\n"
	const text = "x = 'a' * (32 << 20)\n"
	const number = "x = 7\nfor i in range(12): x = x * x\n"
	for name, tc := range map[string]struct{ script, limit string }{
		"list":          {"list(range(1 << 40))", diag.LimitMemory},
		"list, steps":   {"[list(range(100000)) for i in range(2000)]", diag.LimitSteps},
		"tuple":         {"tuple(range(1 << 40))", diag.LimitMemory},
		"set":           {"set(range(1 << 40))", diag.LimitMemory},
		"sorted":        {"sorted(range(1 << 40))", diag.LimitMemory},
		"reversed":      {"reversed(range(1 << 40))", diag.LimitMemory},
		"zip":           {"zip(range(1 << 40), range(1 << 40))", diag.LimitMemory},
		"enumerate":     {"enumerate(range(1 << 40))", diag.LimitMemory},
		"dict":          {"dict(range(1 << 40))", diag.LimitMemory},
		"min":           {"min(range(1 << 40))", diag.LimitSteps},
		"max":           {"max(range(1 << 40), key=lambda x: x)", diag.LimitSteps},
		"all":           {"all(range(1, 1 << 40))", diag.LimitSteps},
		"any":           {"any(range(1 << 40))", diag.LimitSteps},
		"bytes":         {"bytes(range(1 << 40))", diag.LimitMemory},
		"max of a list": {"x = list(range(1000000))\nwhile True: max(x)", diag.LimitSteps},
		"extend":        {"[].extend(range(1 << 40))", diag.LimitMemory},
		"+=":            {"x = []\nx += range(1 << 40)", diag.LimitMemory},
		"union":         {"set().union(range(1 << 40))", diag.LimitMemory},
		"update":        {"{}.update(range(1 << 40))", diag.LimitMemory},
		"*args":         {"def f(*args): pass\nf(*range(1 << 40))", diag.LimitMemory},
		"a variable":    {"f = [list]\nf[0](range(1 << 40))", diag.LimitMemory},
		"a def's name":  {"def f(): pass\nf = list\nf(range(1 << 40))", diag.LimitMemory},
		"a def, inside": {"def f(): pass\ndef g(f): f(range(1 << 40))\ng(list)", diag.LimitMemory},
		"getattr":       {"getattr([], 'extend')(range(1 << 40))", diag.LimitMemory},
		"replace":       {text + "x.replace('a', x)", diag.LimitMemory},
		"replace ''":    {text + "x.replace('', x)", diag.LimitMemory},
		"join":          {text + "x.join(['y'] * 1000)", diag.LimitMemory},
		"join of texts": {text + "''.join([x] * 1000)", diag.LimitMemory},
		"format":        {text + "('{}' * 1000).format(*([x] * 1000))", diag.LimitMemory},
		"%":             {text + "('%s' * 1000) % tuple([x] * 1000)", diag.LimitMemory},
		"% %=":          {text + "y = '%s' * 1000\ny %= tuple([x] * 1000)", diag.LimitMemory},
		"upper":         {text + "while True: x.upper()", diag.LimitSteps},
		"in a loop":     {text + "while True: x.find('b')", diag.LimitSteps},
		"str":           {shared + "str(x)", diag.LimitMemory},
		"repr":          {shared + "repr(x)", diag.LimitMemory},
		"print":         {shared + "print(x)", diag.LimitMemory},
		"fail":          {shared + "fail(x)", diag.LimitMemory},
		"% of parts":    {shared + "'%s' % x", diag.LimitMemory},
		"int":           {"int('9' * 10000000)", diag.LimitDigits},
		"int, base":     {"int('f' * 10000000, 16)", diag.LimitDigits},
		"*":             {number + "for i in range(20): x = x * x", diag.LimitDigits},
		"*=":            {number + "for i in range(20): x *= x", diag.LimitDigits},
		"<<":            {number + "while True: x = x << 500", diag.LimitDigits},
		"<<=":           {number + "while True: x <<= 500", diag.LimitDigits},
		"//":            {number + "y = x * x\nwhile True: y // x", diag.LimitSteps},
		"text of int":   {number + "while True: str(x)", diag.LimitSteps},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			err := runText(t, Engine{Limits: Limits{Memory: 256 << 20, Steps: 10_000_000}}, tc.script)
			var limit *diag.LimitError
			if !errors.As(err, &limit) || limit.Limit != tc.limit {
				t.Errorf("got %v, want the limit of %s", err, tc.limit)
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
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
`
	if plain.String() != want || charged.String() != want {
		t.Errorf("got\n%s\nand\n%s, want\n%s", plain.String(), charged.String(), want)
	}
}
