package lsp

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/test/longscript"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// TestPartial: while a script is edited, the uses of a name that a partial analysis
// finds are those of the whole analysis.
func TestPartial(t *testing.T) {
	var scripts []string
	err := filepath.WalkDir("../../examples", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isScript(d.Name()) && d.Name() != "Tiltfile" {
			return err
		}
		text, err := os.ReadFile(path)
		scripts = append(scripts, string(text))
		return err
	})
	if err != nil || len(scripts) < 10 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for i := range 20 {
		scripts = append(scripts, longscript.Text(10+i))
	}
	scripts = append(scripts, orderScript)
	table := analysis.NewTable(analysis.Library(), builtins.Describe())
	space := &snapshot{options: &Options{Prepare: func(e *starlark.Engine, _, _ string) {
		e.Table = func(string) *analysis.Table { return table }
	}}}
	sc := script{t.TempDir(), "Clusterfile"}
	analyze := func(text string) *analyzed {
		d := newDocument(uriOf(sc.path()), sc.path(), 1, text)
		space.open = map[string]*document{d.path: d}
		return analyzeOne(t.Context(), space, sc, d, nil)
	}
	r := rand.New(rand.NewPCG(1, 2))
	sure, unsure := 0, 0
	for i, text := range scripts {
		edits := 4
		if text == orderScript {
			edits = 400
		}
		then := analyze(text)
		for range edits {
			now := analyze(edited(r, text, scripts[(i+1)%len(scripts)]))
			part := then.partially(now.document)
			if part == nil {
				continue
			}
			f := now.current()
			if f == nil {
				t.Fatalf("partially analyzed, but does not parse:\n%s\nthat was\n%s", now.document.text, text)
			}
			for _, s := range f.Symbols {
				want := usesOf(now.document, s.Defs, s.Uses)
				for _, at := range want {
					n := part.at(at.Start)
					if n == nil {
						unsure++
						continue
					}
					sure++
					var got []textRange
					for _, u := range n.uses {
						got = append(got, u.Range)
					}
					slices.SortFunc(got, compareRanges)
					if diff := gocmp.Diff(want, got); diff != "" || n.within(at.Start) != at {
						t.Fatalf("%s at %v: -whole +partial\n%s\nof\n%s\nthat was\n%s", s.Name, at, diff, now.document.text, text)
					}
				}
			}
		}
	}
	t.Logf("%d answers, %d left to the whole analysis", sure, unsure)
	if sure < unsure {
		t.Errorf("only %d answers, %d left to the whole analysis", sure, unsure)
	}
}

// orderScript uses names before and behind where they are defined, and in places of
// their own.
const orderScript = `a = 1
b = a + 1
def f(x):
    c = [x for x in range(x) if a]
    def g():
        return c + [d]
    return g

print(f, b)
d = a
a = 2
def h():
    a = 3
    return a + d
e = [a for a in [1]]
print(a, h, e, f(x = d))
`

func usesOf(d *document, lists ...[]*syntax.Ident) []textRange {
	var out []textRange
	for _, list := range lists {
		for _, id := range list {
			start := d.fromDiag(diag.Position{Line: int(id.NamePos.Line), Column: int(id.NamePos.Col)})
			out = append(out, textRange{start, position{start.Line, start.Character + utf16Count(id.Name)}})
		}
	}
	slices.SortFunc(out, compareRanges)
	return slices.Compact(out)
}

func compareRanges(a, b textRange) int {
	return cmp.Or(cmp.Compare(a.Start.Line, b.Start.Line), cmp.Compare(a.Start.Character, b.Start.Character))
}

// edited returns a script with one edit that often leaves it one that parses.
func edited(r *rand.Rand, text, other string) string {
	lines := strings.SplitAfter(text, "\n")
	at := r.IntN(len(lines))
	before, line, after := strings.Join(lines[:at], ""), lines[at], strings.Join(lines[at+1:], "")
	pick := func(choices ...string) string { return choices[r.IntN(len(choices))] }
	switch r.IntN(9) {
	case 0, 1: // a letter
		n := r.IntN(len(text) + 1)
		return text[:n] + pick("a", "b", "x", "#", "(", "\n") + text[n:]
	case 2: // a letter less
		n := r.IntN(len(text))
		return text[:n] + text[n+1:]
	case 3: // a statement
		return before + pick("a = 1\n", "d = 2\n", "print(a)\n", "def a():\n    return d\n", "if d:\n    a = 2\nelse:\n    pass\n", "b, (a, d) = 1, (2, 3)\n") + line + after
	case 4: // a line of another script
		lines := strings.SplitAfter(other, "\n")
		return before + lines[r.IntN(len(lines))] + line + after
	case 5:
		return before + after
	case 6: // two lines change places
		return before + strings.Join(lines[at+1:min(at+2, len(lines))], "") + line + strings.Join(lines[min(at+2, len(lines)):], "")
	case 7:
		return before + line + line + after
	}
	return before + "\n# comment\n" + line + after
}

// TestNothingWaits: while a document is analyzed after a letter, every request is
// answered, with what is true of the present version.
func TestNothingWaits(t *testing.T) {
	text := `c = k8s_cluster("kind-dev", contxt = "a")
def push(name):
    made = c.image(name)
    return made

x = push("web")
print(x, c.image("db"))
`
	var hold atomic.Bool
	released := make(chan struct{})
	e := start(t, func(o *Options) {
		prepare := o.Prepare
		o.Prepare = func(engine *starlark.Engine, root, name string) {
			if hold.Load() {
				<-released
			}
			prepare(engine, root, name)
		}
		o.Images = func(_ context.Context, _, name string, _ []byte) map[diag.Position][]string {
			return map[diag.Position][]string{{File: name, Line: 7, Column: 17}: {"localhost:5000/db"}}
		}
	})
	p := e.open("Clusterfile", text)
	e.diagnostics("Clusterfile", 1)
	<-e.refreshed
	hold.Store(true)
	e.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": p.TextDocument.URI, "version": 2},
		"contentChanges": []any{map[string]any{"range": textRange{position{5, 0}, position{5, 0}}, "text": "\n# a comment\ny = push(c)\n"}},
	})
	at := func(line, character int) positionParams {
		return positionParams{p.TextDocument, position{line, character}}
	}
	requests := []struct {
		method string
		params any
		want   string // a part of the answer
	}{
		{"textDocument/completion", at(7, 10), `"push"`},
		{"textDocument/hover", at(7, 5), "push(name)"},
		{"textDocument/signatureHelp", at(7, 9), "push("},
		{"textDocument/definition", at(8, 5), `"line":1,`},
		{"textDocument/references", referenceParams{positionParams: at(8, 5)}, `"line":7,`},
		{"textDocument/references", referenceParams{positionParams: at(3, 12)}, `"line":3,`},
		{"textDocument/references", referenceParams{positionParams: at(7, 10)}, `"line":9,`},
		{"textDocument/prepareRename", at(9, 6), `"line":9,"character":6`},
		{"textDocument/rename", renameParams{at(8, 0), "renamed"}, `"line":9,`},
		{"textDocument/codeAction", codeActionParams{p.TextDocument, textRange{position{0, 30}, position{0, 30}}}, "context"},
		{"textDocument/inlayHint", inlayHintParams{p.TextDocument, textRange{position{0, 0}, position{20, 0}}}, `"line":9,"character":22`},
		{"textDocument/documentSymbol", documentParams{p.TextDocument}, `"push"`},
		{"textDocument/formatting", documentParams{p.TextDocument}, `"line":`},
	}
	answers := func() []string {
		var out []string
		for _, r := range requests {
			var raw json.RawMessage
			e.call(r.method, r.params, &raw)
			if !strings.Contains(string(raw), r.want) {
				t.Errorf("%s: got %s, want it to contain %s", r.method, raw, r.want)
			}
			out = append(out, fmt.Sprintf("%s %s", r.method, sorted(t, raw)))
		}
		return out
	}
	before := answers()
	hold.Store(false)
	close(released)
	e.diagnostics("Clusterfile", 2)
	after := answers()
	for i, r := range requests {
		// Names that are new, and types of symbols, are known once it is analyzed.
		if r.method != "textDocument/completion" && r.method != "textDocument/documentSymbol" && before[i] != after[i] {
			t.Errorf("while it was analyzed:\n%s\nthen:\n%s", before[i], after[i])
		}
	}
}

// sorted returns a list in an order of its own.
func sorted(t *testing.T, raw json.RawMessage) string {
	var edit struct {
		Changes map[string][]json.RawMessage `json:"changes"`
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		if json.Unmarshal(raw, &edit) != nil || len(edit.Changes) != 1 {
			return string(raw)
		}
		for _, edits := range edit.Changes {
			list = edits
		}
	}
	slices.SortFunc(list, func(a, b json.RawMessage) int { return strings.Compare(string(a), string(b)) })
	out, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
