//go:build !race

package starlark

import (
	"errors"
	"strings"
	"testing"
	"time"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/diag"
)

// TestWorstArguments: a builtin of the language with an argument that asks for
// everything ends with the limit that it exceeds. Time is measured in that of an
// empty loop of as many steps, so that it holds on a busy machine: a charge that is
// too low takes many times as long.
func TestWorstArguments(t *testing.T) {
	const most = 20
	structs := &fakePlugin{values: sl.StringDict{"struct": sl.NewBuiltin("struct", starlarkstruct.Make)}}
	engine := Engine{Limits: Limits{Memory: 256 << 20, Steps: 3_000_000}}
	timed := func(script string) (time.Duration, error) {
		begin := time.Now()
		err := runText(t, engine, script, structs)
		return time.Since(begin), err
	}
	empty, _ := timed("while True: pass")
	const shared = "x = 'x' * 1000\nfor i in range(40): x = [x, x]\n"
	const text = "x = 'a' * (32 << 20)\n"
	const number = "x = 7\nfor i in range(12): x = x * x\n"
	const items = "x = [1] * 1000000\n"
	const leaves = "x = ()\nfor i in range(60): x = (x, x)\n"
	const wide = "x = [1] * 1000\nfor i in range(7): x = [x] * 1000\ny = [1] * 1000\nfor i in range(7): y = [y] * 1000\n"
	const sets = "x = set(range(10000))\ny = set(range(1, 10001))\n"
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

		"+ of texts":             {text + "while True: x + 'b'", diag.LimitSteps},
		"+ of many texts":        {text + "while True: 'b' + x + 'c' + 'd'", diag.LimitSteps},
		"+ of lists":             {items + "while True: x + [1]", diag.LimitSteps},
		"+ of tuples":            {items + "x = tuple(x)\nwhile True: (1,) + x", diag.LimitSteps},
		"+= of a text":           {text + "while True:\n  y = x\n  y += 'b'", diag.LimitSteps},
		"+= of a tuple":          {items + "x = tuple(x)\nwhile True:\n  y = x\n  y += (1,)", diag.LimitSteps},
		"+= of a list":           {items + "x = x[:1000]\nwhile True:\n  y = []\n  y += x", diag.LimitSteps},
		"+= of an element":       {text + "d = {'k': x}\nwhile True:\n  e = dict(d)\n  e['k'] += 'b'", diag.LimitSteps},
		"slice":                  {items + "while True: x[1:]", diag.LimitSteps},
		"slice of a text":        {text + "while True: x[::2]", diag.LimitSteps},
		"*=, an element":         {number + "d = {'k': x}\nfor i in range(20): d['k'] *= d['k']", diag.LimitDigits},
		"<<=, an element":        {number + "d = {'k': x}\nwhile True: d['k'] <<= 500", diag.LimitDigits},
		"* 2":                    {text + "while True: x * 2", diag.LimitSteps},
		"2 *":                    {items + "while True: 2 * x", diag.LimitSteps},
		"%, a long format":       {"x = '%%' * (8 << 20)\nwhile True: x % ()", diag.LimitSteps},
		"int %":                  {number + "y = x * x\nwhile True: y % x", diag.LimitSteps},
		"== of texts":            {text + "y = 'a' * (32 << 20)\nwhile True: x == y", diag.LimitSteps},
		"== of lists":            {items + "y = list(x)\nwhile True: x == y", diag.LimitSteps},
		"== of wide lists":       {wide + "x == y", diag.LimitSteps},
		"!= of wide tuples":      {wide + "(x,) != (y,)", diag.LimitSteps},
		"< of wide lists":        {wide + "x < y", diag.LimitSteps},
		"== of dicts":            {wide + "{'k': x} == {'k': y}", diag.LimitSteps},
		"in a list":              {wide + "x in [y]", diag.LimitSteps},
		"not in a tuple":         {wide + "x not in (1, y)", diag.LimitSteps},
		"in a text":              {text + "while True: 'b' in x", diag.LimitSteps},
		"index of a list":        {wide + "[y].index(x)", diag.LimitSteps},
		"remove from a list":     {wide + "[y].remove(x)", diag.LimitSteps},
		"sorted, again":          {"x = list(range(10000))\nwhile True: sorted(x)", diag.LimitSteps},
		"== of sets":             {sets + "y = set(range(10000))\nwhile True: x == y", diag.LimitSteps},
		"str of a set":           {sets + "while True: str(x)", diag.LimitSteps},
		"a struct in itself":     {"x = []\ny = struct(a=x)\nx.append(y)\nstr(y)", diag.LimitMemory},
		"sorted, wide":           {wide + "sorted([x, y])", diag.LimitSteps},
		"sorted by wide keys":    {wide + "sorted([1, 2], key=lambda n: [x, y][n - 1])", diag.LimitSteps},
		"min by wide keys":       {wide + "min(1, 2, key=lambda n: [x, y][n - 1])", diag.LimitSteps},
		"max, wide":              {wide + "max(x, y)", diag.LimitSteps},
		"key of a dict":          {leaves + "{x: 1}", diag.LimitSteps},
		"key, set":               {leaves + "d = {}\nd[x] = 1", diag.LimitSteps},
		"key, read":              {leaves + "{}[x]", diag.LimitSteps},
		"key, in":                {leaves + "x in {}", diag.LimitSteps},
		"key, in a set":          {leaves + "x in set()", diag.LimitSteps},
		"key, comprehension":     {leaves + "{k: 1 for k in [x]}", diag.LimitSteps},
		"key, get":               {leaves + "{}.get(x)", diag.LimitSteps},
		"key, setdefault":        {leaves + "{}.setdefault(x, 1)", diag.LimitSteps},
		"key, pop":               {leaves + "{}.pop(x, 1)", diag.LimitSteps},
		"key, as a variable":     {leaves + "f = {}.get\nf(x)", diag.LimitSteps},
		"key, *args":             {leaves + "{}.get(*[x])", diag.LimitSteps},
		"key, dict":              {leaves + "dict([(x, 1)])", diag.LimitSteps},
		"key, update":            {leaves + "{}.update([(x, 1)])", diag.LimitSteps},
		"key, a struct":          {leaves + "{struct(a=x): 1}", diag.LimitMemory},
		"element, add":           {leaves + "set().add(x)", diag.LimitSteps},
		"element, set":           {leaves + "set([x])", diag.LimitSteps},
		"element, union":         {leaves + "set().union([x])", diag.LimitSteps},
		"set -":                  {sets + "while True: x - y", diag.LimitSteps},
		"set &":                  {sets + "while True: x & y", diag.LimitSteps},
		"set |":                  {sets + "while True: x | y", diag.LimitSteps},
		"set ^=":                 {sets + "while True:\n  z = x\n  z ^= y", diag.LimitSteps},
		"dict |":                 {sets + "d = {i: 1 for i in x}\nwhile True: d | {}", diag.LimitSteps},
		"dict |=":                {sets + "d = {i: 1 for i in x}\nwhile True:\n  e = {}\n  e |= d", diag.LimitSteps},
		"items":                  {sets + "d = {i: 1 for i in x}\nwhile True: d.items()", diag.LimitSteps},
		"strip":                  {"x = 'ä' * (1 << 18)\ny = 'ö' * (1 << 18) + 'ä'\nwhile True: x.strip(y)", diag.LimitSteps},
		"pop":                    {items + "while True:\n  x.append(1)\n  x.pop(0)", diag.LimitSteps},
		"insert":                 {items + "while True:\n  x.insert(0, 1)\n  x.pop()", diag.LimitSteps},
		"startswith":             {"x = tuple(['b'] * 1000000)\nwhile True: 'a'.startswith(x)", diag.LimitSteps},
		"a method in a variable": {text + "f = x.upper\nwhile True: f()", diag.LimitSteps},
		"str of structs":         {"x = struct(a='x' * 1000)\nfor i in range(40): x = struct(a=x, b=x)\nstr(x)", diag.LimitSteps},
		"str, nested":            {"x = ()\nfor i in range(200000): x = (x,)\nstr(x)", diag.LimitMemory},
		"key, nested":            {"x = ()\nfor i in range(200000): x = (x,)\n{x: 1}", diag.LimitSteps},
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

// TestWorstLoads: what is frozen when a file was loaded is charged, and ends.
func TestWorstLoads(t *testing.T) {
	engine := Engine{Limits: Limits{Steps: 10_000_000}}
	for name, tc := range map[string]struct{ script, limit string }{
		"leaves":         {"x = ()\nfor i in range(60): x = (x, x)\n", diag.LimitSteps},
		"defaults":       {"def f(): pass\ndef wrap(g):\n  def h(a=g, b=g): pass\n  return h\nfor i in range(60): f = wrap(f)\n", diag.LimitSteps},
		"itself":         {"x = []\nx.append(x)\n", ""},
		"calls itself":   {"def f():\n  def g(n): return g(n - 1) if n else 0\n  return g\nx = f()\n", ""},
		"in a list":      {"def f():\n  def g(n): return g(n - 1) if n else 0\n  return g\nx = [f(), {'k': (f(),)}]\n", ""},
		"call others":    {"def f():\n  def g(n): return h(n)\n  def h(n): return g(n - 1) if n else 0\n  return (g, h)\nx = f()\n", ""},
		"through a list": {"def f():\n  l = []\n  def g(n): return l[0](n - 1) if n else 0\n  l.append(g)\n  return l\nx = f()\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			engine.Files = files("f.star", "load('g.star', 'x')\n", "g.star", strings.Replace(tc.script, "f = wrap(f)", "f = wrap(f)\nx = f", 1))
			err := engine.Run(t.Context(), "f.star")
			var limit *diag.LimitError
			if errors.As(err, &limit); tc.limit == "" && err != nil || tc.limit != "" && (limit == nil || limit.Limit != tc.limit) {
				t.Errorf("got %v, want the limit of %q", err, tc.limit)
			}
		})
	}
}
