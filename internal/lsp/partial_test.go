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
			syntax.Walk(f.Tree, func(n syntax.Node) bool {
				if id, ok := n.(*syntax.Ident); ok {
					at := f.Range(id).Start
					if s, _ := f.SymbolAt(at); s == nil && part.at(now.document.fromDiag(at)) != nil {
						t.Fatalf("%s at %v has uses, but no symbol in\n%s\nthat was\n%s", id.Name, at, now.document.text, text)
					}
				}
				return true
			})
			for _, s := range f.Symbols {
				var keywords []*syntax.Ident
				if s.Parameter && s.Parent != nil {
					keywords = f.KeywordsOf(func(function *analysis.Symbol) bool { return function == s.Parent }, s.Name)
				}
				want := usesOf(now.document, s.Defs, s.Uses, keywords)
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
					if diff := gocmp.Diff(want, got); diff != "" || n.place != at {
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
load("lib.star", "l", m = "n")
def p(q, r = l):
    def i(q):
        return q + r
    return i(q = r) + m(r)
k = [l for x in [m] if p(q = x)]
def s(*q, **r):
    return p(r = q, q = d) + l(q, q = r) + (lambda r, q = r: p(r = q))(1)
p(q = a, r = m)
a += p(1, r = [p(q = a)])
l = l
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
		return before + pick("a = 1\n", "d = 2\n", "print(a)\n", "def a():\n    return d\n", "if d:\n    a = 2\nelse:\n    pass\n", "b, (a, d) = 1, (2, 3)\n", "p(q = a)\n", "l(q = m)\n",
			"def p(q):\n    return p(q = q)\n", "p = s\n", "d += p(r = 1)\n", "h(p)\n", "m = 1\n") + line + after
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
	e, hold, release := holding(t, func(o *Options) {
		o.Images = func(_ context.Context, _, name string, _ []byte) map[diag.Position][]string {
			return map[diag.Position][]string{{File: name, Line: 7, Column: 17}: {"localhost:5000/db"}}
		}
	})
	p := e.open("Clusterfile", text)
	e.diagnostics("Clusterfile", 1)
	<-e.refreshed
	hold()
	e.insert(p.TextDocument, position{5, 0}, "\n# a comment\ny = push(c)\n")
	at := func(line, character int) positionParams {
		return positionParams{p.TextDocument, position{line, character}}
	}
	e.sameAfterwards(release, []question{
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
	})
}

// TestNoNameWaits: while a document is analyzed after a letter, each kind of name is
// found, in other scripts too.
func TestNoNameWaits(t *testing.T) {
	e, hold, release := holding(t, nil)
	e.open("lib.star", "def tag(name):\n    return name\n")
	e.diagnostics("lib.star", 1)
	e.open("other.star", "load(\"lib.star\", \"tag\")\ntag(1)\n")
	e.diagnostics("other.star", 1)
	p := e.open("Clusterfile", `load("lib.star", "tag", again = "tag")
x = again(1)
def push(name, to = 1):
    return tag(name) + to
x = push("a", to = 2) + tag(x)
print(x, early)
`)
	e.diagnostics("Clusterfile", 1)
	hold()
	e.insert(p.TextDocument, position{1, 0}, `def early():
    return push(to = 3, name = x)
x = tag(1)
`)
	at := func(line, character int) positionParams {
		return positionParams{p.TextDocument, position{line, character}}
	}
	references := func(line, character int) referenceParams {
		return referenceParams{positionParams: at(line, character)}
	}
	e.sameAfterwards(release, []question{
		{"textDocument/references", references(8, 6), `"line":2,`}, // of x, which is defined earlier now
		{"textDocument/references", references(2, 31), `"line":8,`},
		{"textDocument/rename", renameParams{at(2, 31), "y"}, `"line":4,`},
		{"textDocument/references", references(8, 10), `"line":8,`},            // of early, which was undefined
		{"textDocument/references", references(3, 4), "other.star"},            // of tag, which is loaded
		{"textDocument/references", references(7, 25), "other.star"},           // behind what changed
		{"textDocument/references", references(0, 19), `"line":3,`},            // where it is loaded
		{"textDocument/references", references(0, 33), "other.star"},           // by another name
		{"textDocument/rename", renameParams{at(0, 33), "label"}, `"line":7,`}, // where that is "tag"
		{"textDocument/references", references(0, 26), `"line":4,`},            // of again
		{"textDocument/rename", renameParams{at(4, 5), "more"}, `"line":0,`},   // in this file alone
		{"textDocument/references", references(5, 16), `"line":2,`},            // of a parameter
		{"textDocument/references", references(2, 17), `"line":7,`},            // where a call names it
		{"textDocument/references", references(7, 15), `"line":6,`},            // in what did not change
		{"textDocument/rename", renameParams{at(6, 16), "what"}, `"line":2,`},  // where the function uses it
		{"textDocument/prepareRename", at(2, 17), `"line":2,"character":16`},   // a keyword
		{"textDocument/prepareRename", at(0, 33), `"line":0,"character":33`},   // in the load statement
		{"textDocument/prepareRename", at(8, 7), `"line":8,"character":6`},     // a global
		{"textDocument/prepareRename", at(5, 16), `"line":5,"character":15`},   // a parameter
		{"textDocument/references", references(6, 12), `"line":7,`},            // tag in a function
	})
}

// holding starts an editor. From hold to release, the server analyzes nothing.
func holding(t *testing.T, change func(*Options)) (e *editor, hold, release func()) {
	var held atomic.Bool
	released := make(chan struct{})
	e = start(t, func(o *Options) {
		if change != nil {
			change(o)
		}
		prepare := o.Prepare
		o.Prepare = func(engine *starlark.Engine, root, name string) {
			if held.Load() {
				<-released
			}
			prepare(engine, root, name)
		}
	})
	return e, func() { held.Store(true) }, func() { held.Store(false); close(released) }
}

// insert types into the first version of a document.
func (e *editor) insert(d textDocument, at position, text string) {
	e.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": d.URI, "version": 2},
		"contentChanges": []any{map[string]any{"range": textRange{at, at}, "text": text}},
	})
}

// question is a request, and a part of its answer.
type question struct {
	method string
	params any
	want   string
}

// sameAfterwards checks that requests are answered before the second version of
// Clusterfile is analyzed, as they are afterwards.
func (e *editor) sameAfterwards(release func(), questions []question) {
	e.t.Helper()
	answers := func() []string {
		var out []string
		for _, q := range questions {
			var raw json.RawMessage
			e.call(q.method, q.params, &raw)
			if !strings.Contains(string(raw), q.want) {
				e.t.Errorf("%s %+v: got %s, want it to contain %s", q.method, q.params, raw, q.want)
			}
			out = append(out, fmt.Sprintf("%s %+v %s", q.method, q.params, sorted(e.t, raw)))
		}
		return out
	}
	before := answers()
	release()
	e.diagnostics("Clusterfile", 2)
	after := answers()
	for i, q := range questions {
		// Names that are new, and types of symbols, are known once it is analyzed.
		if q.method != "textDocument/completion" && q.method != "textDocument/documentSymbol" && before[i] != after[i] {
			e.t.Errorf("while it was analyzed:\n%s\nthen:\n%s", before[i], after[i])
		}
	}
}

// sorted returns an answer with the places of each file in an order of their own.
func sorted(t testing.TB, raw json.RawMessage) string {
	t.Helper()
	var answer any
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	if edit, ok := answer.(map[string]any); ok {
		if changes, ok := edit["changes"].(map[string]any); ok {
			for _, edits := range changes {
				sortValues(edits.([]any))
			}
		}
	}
	if list, ok := answer.([]any); ok {
		sortValues(list)
	}
	return fmt.Sprint(answer)
}

func sortValues(list []any) {
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}
