package starlark

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files []string
		want  string
	}{
		{"fine", []string{"f.star", "load('g.star', 'x')\nk8s_cluster(x)", "g.star", "x = 1\nwhile True: pass"}, ""},
		{"nothing is executed", []string{"f.star", "fail('ran')"}, ""},
		{"every undefined name", []string{"f.star", "k8s_clustr()\ndef f():\n  return unknown_thing\nprnt(1)"},
			"f.star:1:1: undefined: k8s_clustr (did you mean k8s_cluster?)\n" +
				"f.star:3:10: undefined: unknown_thing\n" +
				"f.star:4:1: undefined: prnt (did you mean print?)"},
		{"each file", []string{"f.star", "load('a.star', 'a')\nload('b.star', 'b')\nx = y", "a.star", "a = (", "b.star", "b = c"},
			"a.star:1:6: got end of file, want primary expression\nb.star:1:5: undefined: c\nf.star:3:5: undefined: y"},
		{"a file that two load", []string{"f.star", "load('a.star', 'a')\nload('b.star', 'b')", "a.star", "load('b.star', 'b')\na = b", "b.star", "b = c"},
			"b.star:1:5: undefined: c"},
		{"loads that cannot work", []string{"f.star", "load('nope.star', 'x')\nload('../x.star', y='x')\nload('g.star', 'imagse')", "g.star", "images = 1"},
			"f.star:1:1: cannot load nope.star: file does not exist\n" +
				"f.star:2:1: cannot load ../x.star: the path leaves the root folder of the scripts\n" +
				"f.star:3:17: load: name imagse not found in module g.star (did you mean images?)"},
		{"a cycle", []string{"f.star", "load('g.star', 'x')", "g.star", "load('f.star', 'y')\nx = 1"},
			"g.star:1:1: cannot load f.star: load cycle: f.star -> g.star -> f.star"},
		{"wrong places", []string{"f.star", "return 1\nbreak"},
			"f.star:1:1: return statement not within a function\nf.star:2:1: break not in a loop"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := Engine{Files: files(tc.files...), Table: func(string) *analysis.Table {
				return analysis.NewTable(analysis.Rows{Names: []string{"k8s_cluster", "docker_cluster"}})
			}}
			program, err := e.Check(t.Context(), "f.star")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, summaries(program)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCheckAgreesWithRun: a file with one mistake that shows before it runs is
// reported in the same words by both.
func TestCheckAgreesWithRun(t *testing.T) {
	for _, text := range []string{
		"x = (", "foo()", "load('nope.star', 'x')", "load('g.star', 'x')", "load('lib/h.star', 'x')", "x = 'abc\ny",
		"def f(a, a): pass", "  x = 1", "x = 1 +", "f = 08", "a\nb\nc",
	} {
		e := Engine{Files: files("f.star", text, "g.star", "load('lib/h.star', 'x')", "lib/h.star", "undefined_name")}
		run := e.Run(t.Context(), "f.star")
		program, err := e.Check(t.Context(), "f.star")
		if run == nil || err != nil || len(program.Diagnostics()) == 0 {
			t.Fatalf("%q: run %v, check %v", text, run, err)
		}
		first, _, _ := strings.Cut(summaries(program), "\n")
		if got, _, _ := strings.Cut(run.Error(), "\n"); got != first {
			t.Errorf("%q:\nrun   %s\ncheck %s", text, got, first)
		}
	}
}

func TestCheckCannotStart(t *testing.T) {
	if _, err := new(Engine).Check(t.Context(), "f.star"); err == nil {
		t.Error("an engine without files is accepted")
	}
	e := Engine{Files: files("f.star", "load('g.star', 'x')", "g.star", "x = 1")}
	for file, want := range map[string]string{
		"Clusterfile": "cannot check Clusterfile: file does not exist",
		"../x":        "cannot check ../x: the path leaves the root folder of the scripts",
	} {
		if _, err := e.Check(t.Context(), file); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Check(ctx, "f.star"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled in it", err)
	}
}

func TestCheckIsCanceledWhileLoading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := Engine{
		Files: files("f.star", "load('g.star', 'x')\nundefined_name", "g.star", "x = 1"),
		Loader: func(context.Context, string) ([]byte, bool, error) {
			cancel()
			return nil, false, nil
		},
	}
	if _, err := e.Check(ctx, "f.star"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled in it", err)
	}
}

func TestCheckLimits(t *testing.T) {
	e := Engine{
		Limits: Limits{LoadDepth: 1, FileSize: 40},
		Files: files("f.star", "load('g.star', 'x')", "g.star", "load('h.star', 'x')", "h.star", "x = 1",
			"big.star", "load('g.star', 'x') "+strings.Repeat("#", 40)),
	}
	var limit *diag.LimitError
	if _, err := e.Check(t.Context(), "big.star"); !errors.As(err, &limit) {
		t.Errorf("got %v, want a *LimitError", err)
	}
	program, err := e.Check(t.Context(), "f.star")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := summaries(program), "g.star:1:1: cannot load h.star: "; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// summaries lists the errors of a program, one a line.
func summaries(p *analysis.Program) string {
	var lines []string
	for _, d := range p.Diagnostics() {
		if d.Severity == diag.Error {
			lines = append(lines, d.Start.String()+": "+d.Summary)
		}
	}
	return strings.Join(lines, "\n")
}
