package starlark

import (
	"context"
	"errors"
	"fmt"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	sl "go.starlark.net/starlark"
)

// peak is the most memory that the heap took while f ran, above what it took
// before, as the runtime counts it at the calls of look.
type peak struct{ begin, most uint64 }

func (p *peak) look() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if p.begin == 0 {
		p.begin = sample[0].Value.Uint64()
	}
	p.most = max(p.most, sample[0].Value.Uint64()-min(p.begin, sample[0].Value.Uint64()))
}

// TestMemoryLimit holds scripts that grow in a loop to four times the limit.
func TestMemoryLimit(t *testing.T) {
	const limit = 16 << 20
	for name, text := range map[string]string{
		"a list that grows":           "x = []\nwhile True: look(x.append([0] * 10))",
		"texts that are kept":         "x = []\nfor i in range(1 << 30): look(x.append('%d' % i * 100))",
		"recursion that keeps values": "def f(n):\n  x = [0] * 10000\n  look(x)\n  f(n + 1)\nf(0)",
	} {
		t.Run(name, func(t *testing.T) {
			p := &peak{}
			p.look()
			look := provide("look", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
				p.look()
				return sl.None, nil
			})
			err := runText(t, Engine{Limits: Limits{Memory: limit, CallDepth: -1}}, text, look)
			var got *LimitError
			if !errors.As(err, &got) || *got != (LimitError{LimitMemory, limit}) {
				t.Fatalf("got %v, want the limit", err)
			}
			if e := scriptErrorOf(t, err); e.Cause != error(got) || e.At().Line < 1 {
				t.Errorf("stopped at %v by %v", e.At(), e.Cause)
			}
			if p.most > 4*limit {
				t.Errorf("stopped at %d MiB, the limit is %d", p.most>>20, limit>>20)
			}
		})
	}
}

// TestOnStop tells why a run must end while it still runs, and of no other end.
func TestOnStop(t *testing.T) {
	told := make(chan error, 1)
	e := Engine{OnStop: func(why error) { told <- why }, Limits: Limits{Time: time.Millisecond}}
	p := provide("hear", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		var limit *LimitError
		if why := <-told; !errors.As(why, &limit) || limit.Limit != LimitTime {
			t.Errorf("told %v", why)
		}
		return sl.None, nil
	})
	if err := runText(t, e, "hear()\nwhile True: pass", p); err == nil {
		t.Error("it did not end")
	}
	for _, text := range []string{"", "fail", "x", "1 // 0"} {
		e := Engine{OnStop: func(why error) { t.Errorf("%q: told %v", text, why) }, Limits: Limits{Time: time.Hour}}
		runText(t, e, text)
	}
}

// TestMemoryLimitIsOfWhatLives: garbage of many times the limit is none.
func TestMemoryLimitIsOfWhatLives(t *testing.T) {
	text := "for i in range(4000): x = [0] * 5000" // 320 MB in all
	if err := runText(t, Engine{Limits: Limits{Memory: 32 << 20}}, text); err != nil {
		t.Error(err)
	}
}

func TestTimeLimit(t *testing.T) {
	limits := Limits{Time: 20 * time.Millisecond, Steps: 1 << 62}
	for name, run := range map[string]func() error{
		"a loop": func() error { return runText(t, Engine{Limits: limits}, "while True: pass") },
		"a builtin that waits": func() error {
			return runText(t, Engine{Limits: limits}, "reached()", reached(func() {}, true))
		},
		"a builtin that tells the cause": func() error {
			p := &fakePlugin{}
			p.funcs = map[string]builtinFunc{"f": func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
				<-p.ctx.Done()
				return nil, fmt.Errorf("f: %w", context.Cause(p.ctx))
			}}
			return runText(t, Engine{Limits: limits}, "f()", p)
		},
		"the end of a plugin": func() error {
			p := &fakePlugin{}
			p.onEnd = func() { <-p.ctx.Done(); p.endErr = p.ctx.Err() }
			return runText(t, Engine{Limits: limits}, "", p)
		},
	} {
		err := run()
		var limit *LimitError
		if !errors.As(err, &limit) || *limit != (LimitError{LimitTime, uint64(limits.Time)}) {
			t.Errorf("%s: got %v, want the limit", name, err)
		}
		if err != nil && !strings.HasSuffix(err.Error(), "the script took too long: the limit is 20ms") {
			t.Errorf("%s: it says %v", name, err)
		}
	}
}

func TestChainLimit(t *testing.T) {
	elif := func(n int) string { return "x = 1\nif x == 0: pass\n" + strings.Repeat("elif x == 2: pass\n", n) }
	clauses := func(n int) string { return "\n\nx = [1 for i in [1]" + strings.Repeat(" if i", n) + "]" }
	e := Engine{Limits: Limits{FileSize: -1}}
	for _, tc := range []struct {
		name, text string
		line       int // 0 where it runs
	}{
		{"elif at the limit", elif(maxChain), 0},
		{"elif", elif(maxChain + 1), 2},
		{"far more elif", elif(5_000), 2},
		{"clauses at the limit", clauses(maxChain - 1), 0},
		{"clauses", clauses(maxChain), 3},
		{"far more clauses", clauses(20_000), 3},
	} {
		e.Files = files("f.star", tc.text)
		for how, err := range map[string]error{"run": e.Run(t.Context(), "f.star"), "check": e.Check(t.Context(), "f.star", nil)} {
			if tc.line == 0 {
				if err != nil {
					t.Errorf("%s, %s: %v", tc.name, how, err)
				}
				continue
			}
			var limit *LimitError
			if !errors.As(err, &limit) || *limit != (LimitError{LimitChain, maxChain}) || scriptErrorOf(t, err).At().Line != tc.line {
				t.Errorf("%s, %s: got %v, want the limit in line %d", tc.name, how, err, tc.line)
			}
		}
	}
}

// TestManyMistakes: a text of nothing but mistakes is not searched for the line
// of each.
func TestManyMistakes(t *testing.T) {
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "undefined_%d\n", i)
	}
	var all ScriptErrors
	if err := runText(t, Engine{}, text.String()); !errors.As(err, &all) || len(all) != maxMistakes {
		t.Errorf("got %d mistakes, want %d", len(all), maxMistakes)
	}
}
