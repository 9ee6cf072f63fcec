package analysis_test

import (
	"strings"
	"testing"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// TestLongChain: links count where one follows another, and not those of others.
func TestLongChain(t *testing.T) {
	const most = 10
	for text, long := range map[string]bool{
		"x = a" + strings.Repeat(" + a", most):                                   false,
		"x = a" + strings.Repeat(" + a", most+1):                                 true,
		"x = a" + strings.Repeat(".b[0](1)[:]", 3):                               true,
		"x = a" + strings.Repeat(" and a", most+1):                               true,
		"x = [" + strings.Repeat("a + a.b + c[0], ", 100) + "]":                  false,
		"x = a.b.c + (" + strings.Repeat("a + ", most+1) + "a)":                  true,
		"x = f(" + strings.Repeat("(a + b) * (c.d + e), ", 100) + ")":            false,
		"x = a + b\ny = a" + strings.Repeat(" + a", most+1):                      true,
		"x = [1" + strings.Repeat(" for i in a", most+1) + "]":                   true,
		"if a: pass\n" + strings.Repeat("elif a: pass\n", most+1):                true,
		"if a: pass\n" + strings.Repeat("elif a: pass\n", most-1) + "else: pass": false,
	} {
		f, err := (&syntax.FileOptions{}).Parse("f", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := analysis.LongChain(f, most) != nil; got != long {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// TestPredeclared: the resolver hears of two hundred undefined names and no more, or
// of four of a thousand letters.
func TestPredeclared(t *testing.T) {
	for name, want := range map[string]int{"x": 200, strings.Repeat("x", 1000): 4} {
		is := analysis.Predeclared(func(name string) bool { return name == "own" }, func(name string) bool { return name == "len" })
		undefined := 0
		for range 1000 {
			if !is("own") || is("len") {
				t.Fatal("a name is defined, or is not")
			}
			if !is(name) {
				undefined++
			}
		}
		if undefined != want {
			t.Errorf("%d letters: got %d, want %d", len(name), undefined, want)
		}
	}
}
