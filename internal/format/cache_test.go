package format

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCache: by its parts, and with what a cache keeps of them, a source is formatted
// as in one piece: the scripts of this repository as somebody edits them.
func TestCache(t *testing.T) {
	edits := 2
	if raceEnabled {
		edits = 1
	}
	var c Cache
	r := rand.New(rand.NewPCG(1, 1))
	var scripts []string
	eachScript(t, func(_, text string) { scripts = append(scripts, text) })
	for i, text := range scripts {
		same(t, &c, text)
		for range edits {
			text = edited(r, text, scripts[(i+1)%len(scripts)])
			same(t, &c, text)
		}
		if t.Failed() {
			return
		}
	}
}

// TestCacheGenerated is TestCache with generated programs, put together from parts
// in any order.
func TestCacheGenerated(t *testing.T) {
	programs := uint64(300)
	if raceEnabled {
		programs = 60
	}
	for seed := range programs {
		var c Cache
		r := rand.New(rand.NewPCG(seed, 2))
		var text string
		for i := range uint64(2 + r.IntN(4)) {
			text += newProgram(seed*10+i) + strings.Repeat("\n", r.IntN(3))
		}
		same(t, &c, text)
		same(t, &c, edited(r, text, newProgram(seed)))
		if t.Failed() {
			return
		}
	}
}

// same checks one source.
func same(t *testing.T, c *Cache, text string) {
	t.Helper()
	want, wantErr := whole("f", normal([]byte(text)))
	for _, source := range []func() ([]byte, error){
		func() ([]byte, error) { return Source("f", []byte(text)) },
		func() ([]byte, error) { return c.Source(t.Context(), "f", []byte(text)) },
	} {
		if got, err := source(); string(got) != string(want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("got %v\n%s\nwant %v\n%s\nof\n%s", err, got, wantErr, want, text)
		}
	}
}

// edited returns a script with one edit, of characters or whole lines, that often
// leaves it one that parses.
func edited(r *rand.Rand, text, other string) string {
	lines := strings.SplitAfter(text, "\n")
	at := r.IntN(len(lines))
	before, line, after := strings.Join(lines[:at], ""), lines[at], strings.Join(lines[at+1:], "")
	pick := func(choices ...string) string { return choices[r.IntN(len(choices))] }
	switch r.IntN(8) {
	case 0: // any character
		n := r.IntN(len(text) + 1)
		return text[:n] + pick("(", "'", `"""`, "\n", "x", "#", "\\", " ", "\r\n") + text[n:]
	case 1: // a blank line
		return before + pick("\n", "\n\n\n", "  \n") + line + after
	case 2: // less of them
		return before + line + strings.TrimLeft(after, "\n")
	case 3: // a comment
		return before + pick("# a comment\n", "# b\n\n", "\n# c\n\n", "    # d\n") + line + after
	case 4: // a line of another script
		lines := strings.SplitAfter(other, "\n")
		return before + lines[r.IntN(len(lines))] + line + after
	case 5: // a statement
		return before + pick("x  = 1\n", "\n\ndef f( ):\n  pass\n", "load('l', 'b', 'a')\n", "\nload('l', 'a')\n\n", "if x :\n\n    y\n\nelse:\n    z\n", "f()\n\n", "'''\n\nx\n'''\n") + line + after
	case 6: // a line less
		return before + after
	}
	return before + line + line + after
}

// TestCacheFormats: what is formatted after a change is the part that changed.
func TestCacheFormats(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "def f%d(x):\n    return x\n\n# Calls it.\nf%d(1)\n\n", i, i)
	}
	var c Cache
	same(t, &c, text.String())
	all := text.Len() - 399 // blank lines between parts
	if c.formatted != all {
		t.Errorf("%d bytes of %d were formatted at first", c.formatted, all)
	}
	c.formatted = 0
	same(t, &c, strings.Replace(text.String(), "f99(1)", "f99( 1)", 1))
	if want := len("# Calls it.\nf99( 1)\n"); c.formatted != want {
		t.Errorf("after a change %d bytes were formatted, want %d", c.formatted, want)
	}
	c.Forget("f")
	c.formatted = 0
	same(t, &c, text.String())
	if c.formatted != all {
		t.Errorf("%d bytes of %d were formatted after Forget", c.formatted, all)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Source(ctx, "f", []byte(text.String())); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
