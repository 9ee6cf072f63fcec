package diag_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/diag"
)

func at(line, column int) diag.Position {
	return diag.Position{File: "f.star", Line: line, Column: column}
}

func TestPositionString(t *testing.T) {
	for _, tc := range []struct {
		p    diag.Position
		want string
	}{
		{at(3, 4), "f.star:3:4"},
		{at(3, 0), "f.star:3"},
		{at(0, 0), "f.star"},
		{diag.Position{Line: 3, Column: 4}, "3:4"},
		{diag.Position{}, ""},
	} {
		if got := tc.p.String(); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestRangeContains(t *testing.T) {
	r := diag.Range{Start: at(2, 3), End: at(3, 2)}
	for _, tc := range []struct {
		p    diag.Position
		want bool
	}{
		{at(2, 2), false}, {at(2, 3), true}, {at(2, 80), true}, {at(3, 1), true}, {at(3, 2), true}, {at(3, 3), false},
		{diag.Position{File: "other", Line: 2, Column: 4}, false},
	} {
		if got := r.Contains(tc.p); got != tc.want {
			t.Errorf("Contains(%s) = %t", tc.p, got)
		}
	}
}

func TestSort(t *testing.T) {
	list := []diag.Diagnostic{
		{Range: diag.Range{Start: at(2, 1)}, Summary: "c"}, {Range: diag.Range{Start: at(1, 5)}, Summary: "a"}, {Range: diag.Range{Start: at(1, 5)}, Summary: "b"},
	}
	diag.Sort(list)
	var got string
	for _, d := range list {
		got += d.Summary
	}
	if got != "abc" {
		t.Errorf("got %s", got)
	}
}

func TestHasErrors(t *testing.T) {
	warning, mistake := diag.Diagnostic{Severity: diag.Warning}, diag.Diagnostic{Severity: diag.Error}
	if diag.HasErrors(nil) || diag.HasErrors([]diag.Diagnostic{warning}) || !diag.HasErrors([]diag.Diagnostic{warning, mistake}) {
		t.Error("HasErrors does not look for errors")
	}
}

func TestJSON(t *testing.T) {
	d := diag.Diagnostic{
		Severity: diag.Warning, Code: "unused-name", Range: diag.Range{Start: at(1, 1), End: at(1, 4)}, Summary: "s",
		Fixes: []diag.Fix{{Title: "remove it", Edits: []diag.Edit{{Range: diag.Range{Start: at(1, 1), End: at(2, 1)}}}}},
	}
	got, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"severity":"warning","code":"unused-name",` +
		`"start":{"file":"f.star","line":1,"column":1},"end":{"file":"f.star","line":1,"column":4},"summary":"s",` +
		`"fixes":[{"title":"remove it","edits":[{"start":{"file":"f.star","line":1,"column":1},"end":{"file":"f.star","line":2,"column":1},"newText":""}]}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestPrint(t *testing.T) {
	list := []diag.Diagnostic{
		{
			Severity: diag.Error, Range: diag.Range{Start: at(2, 3)}, Summary: "wrong\x1b", Detail: "first\nsecond",
			Loads:   []diag.Position{{File: "Clusterfile", Line: 1, Column: 1}},
			Related: []diag.Related{{Range: diag.Range{Start: at(7, 1)}, Message: "used again"}},
		},
		{Severity: diag.Warning, Range: diag.Range{Start: at(9, 1)}, Summary: "odd"},
	}
	var b strings.Builder
	p := diag.Printer{Line: func(p diag.Position) string {
		if p.Line == 2 {
			return "\tab"
		}
		return ""
	}}
	if err := p.Print(&b, list); err != nil {
		t.Fatal(err)
	}
	want := "Traceback (most recent call last):\n  Clusterfile:1:1: in <toplevel>\n" +
		"Error: f.star:2:3: wrong\ufffd\n  2 | \tab\n    | \t ^\n  first\n  second\n  f.star:7:1: used again\n" +
		"\nWarning: f.star:9:1: odd\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestPrintReportsTheWriter(t *testing.T) {
	if err := (diag.Printer{}).Print(failingWriter{}, []diag.Diagnostic{{}}); err == nil {
		t.Error("a failed write is not reported")
	}
}

// TestExcerptOfLongLines: a long line is cut around the column.
func TestExcerptOfLongLines(t *testing.T) {
	for _, tc := range []struct{ before, after int }{{0, 300}, {150, 150}, {300, 0}, {300, 30}, {59, 55}, {1000, 1000}} {
		line := strings.Repeat("a", tc.before) + "X" + strings.Repeat("b", tc.after)
		var b strings.Builder
		diag.Excerpt(&b, at(12, tc.before+1), line)
		out := strings.Split(b.String(), "\n")
		source, caret := []rune(out[0]), []rune(out[1])
		if len(source) > 120+len("  12 | ") {
			t.Errorf("%v: a line of %d characters", tc, len(source))
		}
		if at := len(caret) - 1; caret[at] != '^' || source[at] != 'X' {
			t.Errorf("%v: the caret is not at the place:\n%s\n%s", tc, out[0], out[1])
		}
		if cut := strings.Contains(out[0], "…"); cut != (len(line) > 120) {
			t.Errorf("%v: cut is %t", tc, cut)
		}
	}
}
