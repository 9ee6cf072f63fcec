package starlark

import (
	"math"
	"testing"

	sl "go.starlark.net/starlark"
)

// BenchmarkCharges runs loops with the interpreter alone and with the engine, which
// charges: what the two differ by is what it costs to charge.
func BenchmarkCharges(b *testing.B) {
	const prelude = "def f(x): return x\nd = {'a': 1}\nl = [1, 2, 3]\ns = 'some text'\nn = 7\nk = 'a'\ndef main():\n  for i in range(20000):\n    "
	for _, bench := range benches {
		script := prelude + bench.body + "\nmain()\n"
		b.Run(bench.name+"/plain", func(b *testing.B) {
			for b.Loop() {
				if _, err := sl.ExecFileOptions(dialect, new(sl.Thread), "f.star", script, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bench.name+"/charged", func(b *testing.B) {
			e := Engine{Files: files("f.star", script), Limits: Limits{Memory: math.MaxInt64}}
			for b.Loop() {
				if err := e.Run(b.Context(), "f.star"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var benches = []struct{ name, body string }{
	{"functions", "f(i)"},
	{"builtins", "len(l)\n    str(i)\n    max(i, n)"},
	{"methods", "s.upper()\n    s.startswith('some')\n    d.get(k)\n    l.index(2)"},
	{"format", "'%s-%d' % (s, i)"},
	{"arithmetic", "x = i * n + i % n - i // n"},
	{"texts", "x = s + k\n    y = k + '/' + s"},
	{"comparisons", "x = s == k or i < n or k in d or i in l"},
	{"items", "x = d[k] + l[0]\n    d[k] = i"},
	{"script", "x = {'name': s + '-' + str(i), 'tag': 'v%d' % i, 'ports': [i, i + 1]}\n    if x['name'].endswith('9') and i % 10 == 9: l2 = [p * 2 for p in x['ports']]"},
}
