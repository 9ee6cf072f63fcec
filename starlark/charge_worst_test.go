//go:build !race

package starlark

import (
	"errors"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/diag"
)

// TestWorstArguments: a builtin of the language with an argument that asks for
// everything ends with the limit that it exceeds. Time is measured in that of an
// empty loop of as many steps, so that it holds on a busy machine: a charge that is
// too low takes many times as long.
func TestWorstArguments(t *testing.T) {
	const most = 12
	engine := Engine{Limits: Limits{Memory: 256 << 20, Steps: 10_000_000}}
	timed := func(script string) (time.Duration, error) {
		begin := time.Now()
		err := runText(t, engine, script)
		return time.Since(begin), err
	}
	empty, _ := timed("while True: pass")
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
			var took time.Duration
			for range 5 { // what else the machine does may take time of one and not of the other
				var err error
				took, err = timed(tc.script)
				var limit *diag.LimitError
				if !errors.As(err, &limit) || limit.Limit != tc.limit {
					t.Fatalf("got %v, want the limit of %s", err, tc.limit)
				}
				if took < most*empty {
					return
				}
				empty, _ = timed("while True: pass")
			}
			t.Errorf("it took %s, an empty loop of as many steps %s", took, empty)
		})
	}
}
