package attack

import (
	"strings"
	"testing"
	"time"
)

// What one step of a script can do: take all time, or all memory. Nothing in a
// process can end a step, so it is charged before it begins.
const (
	endlessStep = "x = ()\nfor i in range(100): x = (x, x)\nd = {x: 1}\n"
	hugeList    = "x = [0] * 1000000000\n"
	hugeRange   = "x = list(range(1000000000))\n"
	deepText    = "def f():\n    x = ()\n    for i in range(1500000): x = (x,)\n    return x\nstr(f())\n"
	// Strings that share their parts: a step makes them whole.
	hugeText   = "def f():\n    x = 'x' * 1000\n    for i in range(25): x = [x, x]\n    return x\nstr(f())\n"
	cyclicText = "x = []\nx.append(struct(a=x))\nstr(x)\n"
)

// TestCommandLimits holds what the command makes of scripts that want too much:
// exit code 1 and one line that names which limit, never a crash.
func TestCommandLimits(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		flags        []string
		want         string
	}{
		{"steps", "while True: pass\n", []string{"--max-steps=1000"}, "too many steps: the limit is 1000;"},
		{"time", "while True: pass\n", []string{"--max-time=50ms"}, "took too long: the limit is 50ms"},
		{"steps of one step", endlessStep, nil, "too many steps: the limit is 100000000;"},
		{"time of one step", endlessStep, []string{"--max-steps=0", "--max-time=50ms"}, "took too long: the limit is 50ms"},
		{"memory of a loop", "x = []\nwhile True: x.append([0] * 10)\n", []string{"--max-memory=64MiB"}, "too much memory: the limit is 64 MiB;"},
		{"memory of one step", hugeList, nil, "too much memory: the limit is 512 MiB;"},
		{"memory of a builtin", hugeRange, nil, "too much memory: the limit is 512 MiB;"},
		{"a value too deep to print", deepText, []string{"--max-memory=128MiB"}, "too much memory: the limit is 128 MiB;"},
		{"a value in itself", cyclicText, []string{"--max-memory=128MiB"}, "too much memory: the limit is 128 MiB;"},
		{"depth", "def f(n): f(n + 1)\nf(0)\n", nil, "calls nested too deep: the limit is 1000;"},
		{"prints", "while True: print('x' * 100000)\n", nil, "too much printed: the limit is 16777216 bytes"},
		{"clusters", "for i in range(10001): docker_cluster(name='d%d' % i)\n", []string{"--timeout=1ms"}, "over the limit of 10000 for clusters"},
		{"elif", "if 1 == 0: pass\n" + strings.Repeat("elif 1 == 0: pass\n", 50_000), nil, "one after another: the limit is 1000;"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorkplace(t, "Clusterfile", tc.script)
			command(t) // is built the first time
			begin := time.Now()
			stdout, stderr, code := w.run(t, nil, append([]string{"eval"}, tc.flags...)...)
			if last := lastLines(stderr, 3); code != 1 || stdout != "" || !strings.Contains(last, tc.want) || strings.Contains(stderr, "goroutine ") {
				t.Errorf("exit code %d, standard output %q, the last lines on standard error\n%s", code, stdout, last)
			}
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("it took %s", took)
			}
			if left := w.leftBehind(t); left != nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// lastLines are the last n lines of a string, cut to a size that people read.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	text = strings.Join(lines[max(len(lines)-n, 0):], "\n")
	return text[:min(len(text), 2000)]
}

// TestLimitsOfTests: a step that does not end costs its own test, and no other. One
// that takes all memory ends the tests, and what each came to is still reported.
func TestLimitsOfTests(t *testing.T) {
	for _, tc := range []struct{ name, script, flag, again, want string }{
		// The sound tests need a hundredth of that time, the last run just one that fails.
		{"time", endlessStep, "--max-time=3s", "--max-time=50ms", "took too long: the limit is 3s"},
		{"memory", hugeText, "--max-memory=64MiB", "--max-memory=64MiB", "too much memory: the limit is 64 MiB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorkplace(t, "a/Clusterfile", "print(1)", "a/want.print", "1\n", "b/Clusterfile", tc.script, "b/want.print", "",
				"c/x_test.star", "def test_c(): pass\n")
			command(t) // is built the first time
			begin := time.Now()
			stdout, stderr, code := w.run(t, nil, "test", "-j1", "--max-steps=0", tc.flag)
			if code != 1 || !strings.Contains(stdout, "ok    a\n") || !strings.Contains(stdout, "FAIL  b\n") || !strings.Contains(stdout, tc.want) ||
				!strings.Contains(stdout, "c/x_test.star:test_c\n") || !strings.Contains(stdout, "3 tests, ") || strings.Contains(stderr, "goroutine ") {
				t.Errorf("exit code %d\n%s\n%s", code, stdout[:min(len(stdout), 2000)], lastLines(stderr, 5))
			}
			if tc.name == "time" && !strings.Contains(stdout, "ok    c/x_test.star") {
				t.Errorf("the test after it did not run\n%s", stdout)
			}
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("it took %s", took)
			}
			w.write(t, "b/want.error", "")
			if _, _, code := w.run(t, nil, "test", "-j1", "--max-steps=0", "--update", tc.again, "b"); code != 1 {
				t.Errorf("what was left behind is accepted, with exit code %d", code)
			}
		})
	}
}
