package scripttest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/cover"

	"github.com/sextant-dev/sextant/starlark"
)

func TestCoverage(t *testing.T) {
	inFolder(t,
		"lib/a.star", "def a(n):\n    if n: return 1\n    return 2\ndef b():\n    pass\n",
		"one/Clusterfile", "load('../lib/a.star', 'a')\nprint(a(1),\n  a(0))\n", "one/want.print", "1 2\n",
		"lib/a_test.star", "load('a.star', 'a')\ndef test_a(): assert.eq(a(1), 1)\n",
		"z.txtar", "-- Clusterfile --\nx = 1\nfail(x)\nx = 3\n-- want.error --\nwrong\n",
	)
	r := test(t, Config{Root: ".", Cover: true, Workers: 4})
	want := `coverage: 80.0% of 5 lines in lib/a.star
coverage: 100.0% of 2 lines in one/Clusterfile
coverage: 66.6% of 3 lines in z.txtar/Clusterfile
coverage: 80.0% of 10 lines in all
`
	got := writtenBy(t, func(b *strings.Builder) error { return r.WriteCoverage(b) })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	want = `mode: count
./lib/a.star:1.1,1.9 1 2
./lib/a.star:2.5,2.9 1 3
./lib/a.star:2.11,2.19 1 2
./lib/a.star:3.5,3.13 1 1
./lib/a.star:4.1,4.8 1 2
./lib/a.star:5.5,5.9 1 0
./one/Clusterfile:1.1,1.27 1 1
./one/Clusterfile:2.1,3.8 1 1
`
	got = writtenBy(t, func(b *strings.Builder) error { return r.WriteProfile(b) })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	profiles, err := cover.ParseProfilesFromReader(strings.NewReader(got))
	if want := len(r.Coverage) - 1; err != nil || len(profiles) != want { // no tool could open what is in an archive
		t.Errorf("the tools of Go read %d profiles of %d: %v", len(profiles), want, err)
	}
}

// TestCoverageKeepsVerdicts: where a limit strikes, a counted run stops
// elsewhere, and the golden file still holds.
func TestCoverageKeepsVerdicts(t *testing.T) {
	inFolder(t, "Clusterfile", "def f(n): return f(n + 1)\nf(0)\n", "want.error", "")
	limits := starlark.Limits{CallDepth: 10, Steps: 1_000}
	test(t, Config{Update: true, Limits: limits})
	for _, cover := range []bool{false, true} {
		if r := test(t, Config{Cover: cover, Limits: limits}); r.Failed() > 0 {
			t.Errorf("cover %v: %s", cover, textOf(t, r))
		}
	}
}

func TestNoCoverage(t *testing.T) {
	inFolder(t, "Clusterfile", "", "want.print", "")
	if r := test(t, Config{}); r.Coverage != nil {
		t.Errorf("got %v, want none", r.Coverage)
	}
	r := test(t, Config{Cover: true})
	got := writtenBy(t, func(b *strings.Builder) error { return r.WriteCoverage(b) })
	if d := cmp.Diff("coverage: 0 lines in Clusterfile\ncoverage: 0 lines in all\n", got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
