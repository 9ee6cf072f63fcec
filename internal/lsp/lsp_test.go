package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/sourcegraph/jsonrpc2"
	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/format"
	"github.com/sextant-dev/sextant/internal/test/longscript"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func isEntry(name string) bool { return name == "Clusterfile" }

func isScript(name string) bool { return isEntry(name) || filepath.Ext(name) == ".star" }

// editor is the other side of a server: it opens documents and asks.
type editor struct {
	t         testing.TB
	conn      *jsonrpc2.Conn
	folder    string
	published chan publishParams
	refreshed chan struct{}
	done      chan error
}

// start serves an editor of a folder with files: names and contents in turn.
func start(t testing.TB, change func(*Options), files ...string) *editor {
	t.Helper()
	folder := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(folder, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	options := Options{
		IsEntry: isEntry, IsScript: isScript, Format: new(format.Cache),
		Contexts: func() []string { return []string{"kind-dev", "prod-eu"} },
		Prepare: func(e *starlark.Engine, _, _ string) {
			e.Table = func(name string) *analysis.Table {
				rows := []analysis.Rows{analysis.Library(), builtins.Describe()}
				if tiltfile.Is(name) {
					rows = append(rows, tiltfile.Describe())
				}
				return analysis.NewTable(rows...)
			}
		},
	}
	if change != nil {
		change(&options)
	}
	here, there := connected(t)
	e := &editor{t: t, folder: folder, published: make(chan publishParams, 100), refreshed: make(chan struct{}, 100), done: make(chan error, 1)}
	go func() { e.done <- Serve(context.Background(), there, options) }()
	e.conn = jsonrpc2.NewConn(context.Background(), jsonrpc2.NewBufferedStream(here, jsonrpc2.VSCodeObjectCodec{}),
		jsonrpc2.HandlerWithError(func(_ context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) (any, error) {
			switch r.Method {
			case "textDocument/publishDiagnostics":
				var p publishParams
				if err := json.Unmarshal(*r.Params, &p); err != nil {
					return nil, err
				}
				e.published <- p
			case "workspace/inlayHint/refresh":
				e.refreshed <- struct{}{}
			}
			return nil, nil
		}))
	t.Cleanup(func() {
		e.call("shutdown", nil, nil)
		e.notify("exit", nil)
		if err := <-e.done; err != nil {
			t.Error(err)
		}
		<-e.conn.DisconnectNotify()
	})
	e.call("initialize", map[string]any{
		"rootUri":      uriOf(folder),
		"capabilities": map[string]any{"workspace": map[string]any{"inlayHint": map[string]any{"refreshSupport": true}}},
	}, nil)
	e.notify("initialized", map[string]any{})
	return e
}

// connected returns the ends of a stream with buffers, as those of a program have: both
// sides write from where they read.
func connected(t testing.TB) (here, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if here, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if there, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return here, there
}

func (e *editor) call(method string, params, result any) {
	e.t.Helper()
	if err := e.conn.Call(context.Background(), method, params, result); err != nil {
		e.t.Errorf("%s: %v", method, err)
	}
}

func (e *editor) notify(method string, params any) {
	e.t.Helper()
	if err := e.conn.Notify(context.Background(), method, params); err != nil {
		e.t.Errorf("%s: %v", method, err)
	}
}

func (e *editor) uri(name string) string { return uriOf(filepath.Join(e.folder, name)) }

// open opens a file with contents in which | is the cursor, and returns the
// parameters of a request there.
func (e *editor) open(name, text string) positionParams {
	e.t.Helper()
	before, after, marked := strings.Cut(text, "|")
	text = before + after
	e.notify("textDocument/didOpen", documentParams{textDocument{URI: e.uri(name), Version: 1, Text: text}})
	p := positionParams{TextDocument: textDocument{URI: e.uri(name)}}
	if marked {
		p.Position = newDocument("", "", 0, text).position(len(before))
	}
	return p
}

// diagnostics waits for those of a version of a file.
func (e *editor) diagnostics(name string, version int) []string {
	for p := range e.published {
		if p.URI != e.uri(name) || p.Version != version {
			continue
		}
		out := []string{}
		for _, d := range p.Diagnostics {
			out = append(out, fmt.Sprintf("%d:%d-%d:%d %s", d.Range.Start.Line, d.Range.Start.Character, d.Range.End.Line, d.Range.End.Character, d.Message))
		}
		return out
	}
	return nil
}

func (e *editor) labels(p positionParams) []string {
	e.t.Helper()
	var list completionList
	e.call("textDocument/completion", p, &list)
	var labels []string
	for _, item := range list.Items {
		labels = append(labels, item.Label)
	}
	return labels
}

func TestDiagnostics(t *testing.T) {
	e := start(t, nil, "lib.star", "x = 1\n")
	e.open("Clusterfile", "load('lib.star', 'x')\nk8s_cluster(contxt = 'é𝄞' + x)\nprint('𝄞', naem)\n")
	want := []string{
		`1:12-1:18 k8s_cluster: unexpected keyword argument "contxt" (did you mean "context"?)`,
		"1:21-1:30 unknown binary op: string + int",
		"2:12-2:16 undefined: naem",
	}
	if diff := cmp.Diff(want, e.diagnostics("Clusterfile", 1)); diff != "" {
		t.Error(diff)
	}
	// A change of one range, in UTF-16 units.
	e.notify("textDocument/didChange", map[string]any{
		"textDocument": map[string]any{"uri": e.uri("Clusterfile"), "version": 2},
		"contentChanges": []any{
			map[string]any{"range": textRange{position{2, 12}, position{2, 16}}, "text": "x"},
			map[string]any{"range": textRange{position{1, 12}, position{1, 30}}, "text": "context = 'a'"},
		},
	})
	if diff := cmp.Diff([]string{}, e.diagnostics("Clusterfile", 2)); diff != "" {
		t.Error(diff)
	}
	// What an open document loads is its version in the editor.
	e.open("lib.star", "y = 1\n")
	for {
		got := e.diagnostics("Clusterfile", 2)
		if len(got) > 0 {
			if want := "0:18-0:19 load: name x not found in module lib.star (did you mean y?)"; !strings.HasPrefix(got[0], want[:50]) {
				t.Errorf("got %v, want %s", got, want)
			}
			return
		}
	}
}

func TestCompletion(t *testing.T) {
	const cluster = "c = k8s_cluster('kind-dev')\n"
	for _, tc := range []struct {
		name, text string
		want, not  []string
	}{
		{"names", "def helper():\n    pass\nk8s_|", []string{"k8s_cluster", "k8s_yaml", "helper"}, nil},
		{"attributes", cluster + "c.|\n", []string{"status", "image", "connected"}, []string{"k8s_cluster"}},
		{"attributes of a call", "print(k8s_cluster('x').image('a').|)", []string{"local", "cluster"}, []string{"status"}},
		{"a line that does not parse", cluster + "if c.status.|\nprint(c)\n", []string{"arch", "version"}, nil},
		{"an open parenthesis", cluster + "output('a', c.|\n\ndef f():\n    pass\n", []string{"image"}, nil},
		{"a broken line elsewhere", cluster + "for in\nx = c.status.|\n", []string{"arch"}, nil},
		{"modules", "os.|", []string{"getenv", "path", "environ"}, nil},
		{"submodules", "os.path.j|", []string{"join", "exists"}, nil},
		{"methods of strings", "'a'.|", []string{"format", "upper"}, nil},
		{"keywords", "k8s_cluster(|)", []string{"context = ", "naming = ", "k8s_context"}, nil},
		{"keywords that are left", "k8s_cluster('a', naming = 'flat', |", []string{"labels = "}, []string{"context = ", "naming = "}},
		{"keywords on a new line", "k8s_cluster(\n    name = 'a',\n    pro|\n)", []string{"product = "}, []string{"name = "}},
		{"no keywords in a value", "k8s_cluster(name = |", []string{"os"}, []string{"context = "}},
		{"keywords of a function of the script", "def f(alpha, beta = 1):\n    pass\nf(1, |)", []string{"beta = "}, []string{"alpha = "}},
		{"contexts", "k8s_cluster(\"|\")", []string{"kind-dev", "prod-eu"}, nil},
		{"contexts by name", "k8s_cluster(name = 'a', context = \"ki|", []string{"kind-dev"}, nil},
		{"contexts in a list", "allow_k8s_contexts(['|'])", []string{"prod-eu"}, nil},
		{"no contexts elsewhere", "k8s_cluster(name = \"|\")", nil, []string{"kind-dev"}},
		{"values of a closed set", "k8s_cluster(naming = '|')", []string{"flat", "nested", "hashed"}, []string{"kind-dev"}},
		{"values that begin", "k8s_cluster('a', prefer_registry = \"de|\")", []string{"declared"}, nil},
		{"values by position", "k8s_cluster('a', '', '', None, '|')", []string{"discovered", "none"}, nil},
		{"values in quotes", "k8s_cluster(naming = |)", []string{`"flat"`, `"nested"`, "lambda"}, nil},
		{"values of a method", "c = k8s_cluster()\nc.image('a').parts('|')", []string{"local", "network"}, nil},
		{"no values elsewhere", "k8s_cluster(name = '|')", nil, []string{"flat"}},
		{"files to load", "load('|')", []string{"lib/", "top.star"}, []string{"web.yaml"}},
		{"files to load below", "load(\"lib/|", []string{"names.star"}, nil},
		{"names to load", "load('lib/names.star', '|')", []string{"push_name", "REGISTRY"}, []string{"_hidden"}},
		{"files to read", "read_yaml('|')", []string{"web.yaml"}, nil},
		{"parameters and locals", "def f(alpha):\n    beta = 1\n    |\n", []string{"alpha", "beta", "f"}, nil},
		{"no locals of others", "def f(alpha):\n    beta = 1\n|\n", []string{"f"}, []string{"alpha", "beta"}},
		{"types of parameters' neighbours", "def f():\n    c = k8s_cluster()\n    if c.|\n", []string{"image"}, nil},
		{"nothing in a comment", "# k8s_|", nil, []string{"k8s_cluster"}},
		{"nothing in a plain string", "x = 'k8s_|'", nil, []string{"k8s_cluster"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := start(t, nil, "lib/names.star", "REGISTRY = 'a'\n_hidden = 1\ndef push_name(x):\n    return _hidden\n", "top.star", "", "web.yaml", "")
			labels := e.labels(e.open("Clusterfile", tc.text))
			for _, want := range tc.want {
				if !slices.Contains(labels, want) {
					t.Errorf("%s is missing from %v", want, labels)
				}
			}
			for _, not := range tc.not {
				if slices.Contains(labels, not) {
					t.Errorf("%s is among them", not)
				}
			}
		})
	}
}

// TestCompletionOfConstants: a Tiltfile's constants come first where one is wanted.
func TestCompletionOfConstants(t *testing.T) {
	e := start(t, nil)
	var list completionList
	e.call("textDocument/completion", e.open("Tiltfile", "k8s_resource('web', trigger_mode = |)"), &list)
	slices.SortStableFunc(list.Items, func(a, b completionItem) int { return strings.Compare(a.SortText, b.SortText) })
	if len(list.Items) < 2 || list.Items[0].Label != "TRIGGER_MODE_AUTO" || list.Items[1].Label != "TRIGGER_MODE_MANUAL" {
		t.Errorf("got %+v", list.Items[:min(4, len(list.Items))])
	}
}

// TestCompletionReplaces: an item replaces what is written of it.
func TestCompletionReplaces(t *testing.T) {
	e := start(t, nil, "lib/a.star", "")
	p := e.open("Clusterfile", "x = '𝄞'\nload('li|')")
	var list completionList
	e.call("textDocument/completion", p, &list)
	if len(list.Items) != 1 || *list.Items[0].TextEdit != (textEdit{textRange{position{1, 6}, position{1, 8}}, "lib/"}) {
		t.Errorf("got %+v", list.Items)
	}
}

func TestHover(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"k8s_clu|ster('a')", "k8s_cluster(context=\"\""},
		{"k8s_cluster(con|text = 'a')", "context: str"},
		{"k8s_cluster(nam|ing = 'flat')", `naming: "flat" | "nested" | "hashed" | function = "flat"`},
		{"c = k8s_cluster()\nprint(c.conn|ected)", "Cluster.connected: bool"},
		{"c = k8s_cluster()\nprint(c.conn|ected)", "waits"},
		{"c = k8s_cluster()\nx = c|.image('a')", "c: Cluster"},
		{"def f(a, b = 1):\n    \"\"\"Adds them.\"\"\"\n    return 'x'\nf|(1)", "f(a, b=1) -> str"},
		{"def f(a, b = 1):\n    \"\"\"Adds them.\"\"\"\nf|(1)", "Adds them."},
		{"load('lib.star', 'push')\npu|sh('a')", "push(name) -> Image"},
		{"os.path.jo|in('a')", "os.path.join("},
		{"'a'.up|per()", "str.upper() -> str"},
		{"x = 1 + |2", ""},
		{"# k8s_cl|uster", ""},
	} {
		e := start(t, nil, "lib.star", "def push(name):\n    return k8s_cluster().image(name)\n")
		var h *hover
		e.call("textDocument/hover", e.open("Clusterfile", tc.text), &h)
		switch {
		case tc.want == "" && h != nil:
			t.Errorf("%s: got %s", tc.text, h.Contents.Value)
		case tc.want != "" && (h == nil || !strings.Contains(h.Contents.Value, tc.want)):
			t.Errorf("%s: got %+v, want %s", tc.text, h, tc.want)
		}
	}
}

func TestSignatureHelp(t *testing.T) {
	for _, tc := range []struct {
		text, parameter string
	}{
		{"output(|", "name: str"},
		{"output('a', |", "value"},
		{"output(value = |", "value"},
		{"output('a', [1, |", "value"},
		{"output('a', '|", "value"},
		{"k8s_cluster('a',\n    naming = |)", `naming: "flat" | "nested" | "hashed" | function = "flat"`},
		{"os.path.join('a', 'b', |)", "*paths: str"},
		{"def f(alpha, beta = [1]):\n    pass\nf(1, |)", "beta = [1]"},
		{"print(output(1, 2), |", "*args"},
	} {
		e := start(t, nil)
		var help *signatureHelp
		e.call("textDocument/signatureHelp", e.open("Clusterfile", tc.text), &help)
		if help == nil {
			t.Errorf("%s: no help", tc.text)
			continue
		}
		s := help.Signatures[0]
		at := s.Parameters[help.ActiveParameter].Label
		if got := s.Label[at[0]:at[1]]; got != tc.parameter {
			t.Errorf("%s: got %s of %s, want %s", tc.text, got, s.Label, tc.parameter)
		}
	}
	e := start(t, nil)
	var help *signatureHelp
	e.call("textDocument/signatureHelp", e.open("Clusterfile", "x = (1, |"), &help)
	if help != nil {
		t.Errorf("got %+v outside of a call", help)
	}
}

// shownLocations lists locations below the editor's folder.
func (e *editor) shownLocations(list []location) []string {
	out := []string{}
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s:%d:%d", strings.TrimPrefix(l.URI, e.uri("")+"/"), l.Range.Start.Line, l.Range.Start.Character))
	}
	slices.Sort(out)
	return out
}

func TestDefinition(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"def f():\n    pass\nf|()", "Clusterfile:0:4"},
		{"load('lib/a.star', 'push')\npu|sh()", "lib/a.star:1:4"},
		{"load('lib/a.star', p = 'push')\np|()", "lib/a.star:1:4"},
		{"load('lib/a.star', 'pu|sh')\npush()", "lib/a.star:1:4"},
		{"load('lib/|a.star', 'push')\npush()", "lib/a.star:0:0"},
		{"def f(x):\n    return x|\nf(1)", "Clusterfile:0:6"},
		{"def f(x):\n    return x\nf(x| = 1)", "Clusterfile:0:6"},
		{"load('none.star', 'push')\npu|sh()", ""},
		{"k8s_clu|ster()", ""},
	} {
		e := start(t, nil, "lib/a.star", "\ndef push():\n    pass\n")
		var list []location
		e.call("textDocument/definition", e.open("Clusterfile", tc.text), &list)
		if got := strings.Join(e.shownLocations(list), " "); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.text, got, tc.want)
		}
	}
}

// TestDefinitionAfterAChange: the answer is of the present version, also if that is
// not analyzed yet, and if it does not parse.
func TestDefinitionAfterAChange(t *testing.T) {
	e := start(t, nil)
	p := e.open("Clusterfile", "x = 1\ndef f():\n    pass\nf|()\n")
	var list []location
	e.call("textDocument/definition", p, &list)
	for version, insert := range []string{"y = 2\n", "# a\n# b\n", "z = (\n"} {
		e.notify("textDocument/didChange", map[string]any{
			"textDocument":   map[string]any{"uri": e.uri("Clusterfile"), "version": version + 2},
			"contentChanges": []any{map[string]any{"range": textRange{position{1, 0}, position{1, 0}}, "text": insert}},
		})
		p.Position.Line += strings.Count(insert, "\n")
		e.call("textDocument/definition", p, &list)
		if got, want := e.shownLocations(list), fmt.Sprintf("Clusterfile:%d:4", p.Position.Line-2); len(got) != 1 || got[0] != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}

func TestReferencesAndRename(t *testing.T) {
	files := []string{
		"lib/names.star", "def push(name, tag = 'a'):\n    return name + tag\n\nx = push('a', tag = 'b')\n",
		"other.star", "load('lib/names.star', 'push')\npush('c', tag = 'd')\n",
		"alias/Clusterfile", "load('p.star', 'q')\nq()\n",
		"alias/p.star", "def q():\n    pass\n",
		"Clusterfile", "load('lib/names.star', p = 'push')\np('e')\n",
	}
	for _, tc := range []struct {
		name, file, text string
		want             []string
	}{
		{"a function", "lib/names.star", "def pu|sh(name, tag = 'a'):\n    return name + tag\n\nx = push('a', tag = 'b')\n",
			[]string{"Clusterfile:0:28", "lib/names.star:0:4", "lib/names.star:3:4", "other.star:0:24", "other.star:1:0"}},
		{"from where it is loaded", "other.star", "load('lib/names.star', 'push')\npu|sh('c', tag = 'd')\n",
			[]string{"Clusterfile:0:28", "lib/names.star:0:4", "lib/names.star:3:4", "other.star:0:24", "other.star:1:0"}},
		{"another name of it", "Clusterfile", "load('lib/names.star', p = 'push')\np|('e')\n",
			[]string{"Clusterfile:0:23", "Clusterfile:1:0"}},
		{"the name behind another name", "Clusterfile", "load('lib/names.star', p = 'pu|sh')\np('e')\n",
			[]string{"Clusterfile:0:28", "lib/names.star:0:4", "lib/names.star:3:4", "other.star:0:24", "other.star:1:0"}},
		{"a parameter, with the calls that name it", "lib/names.star", "def push(name, t|ag = 'a'):\n    return name + tag\n\nx = push('a', tag = 'b')\n",
			[]string{"lib/names.star:0:15", "lib/names.star:1:18", "lib/names.star:3:14", "other.star:1:10"}},
		{"below another root", "alias/p.star", "def q|():\n    pass\n",
			[]string{"alias/Clusterfile:0:16", "alias/Clusterfile:1:0", "alias/p.star:0:4"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := start(t, nil, files...)
			p := referenceParams{positionParams: e.open(tc.file, tc.text)}
			p.Context.IncludeDeclaration = true
			var list []location
			e.call("textDocument/references", p, &list)
			if diff := cmp.Diff(tc.want, e.shownLocations(list)); diff != "" {
				t.Errorf("references: %s", diff)
			}
			var edit workspaceEdit
			e.call("textDocument/rename", renameParams{p.positionParams, "renamed"}, &edit)
			list = nil
			for uri, edits := range edit.Changes {
				for _, edit := range edits {
					if edit.NewText != "renamed" {
						t.Errorf("got %+v", edit)
					}
					list = append(list, location{uri, edit.Range})
				}
			}
			if diff := cmp.Diff(tc.want, e.shownLocations(list)); diff != "" {
				t.Errorf("rename: %s", diff)
			}
		})
	}
}

func TestRenameRefuses(t *testing.T) {
	for _, tc := range []struct{ text, name, want string }{
		{"x| = 1", "1x", `"1x" cannot be a name`},
		{"x| = 1", "for", `"for" cannot be a name`},
		{"x| = 1\ny = 2", "y", "y is defined already, in line 2"},
		{"prin|t(1)", "show", "there is no name of this script here"},
		{"x| = (", "y", "the script does not parse"},
	} {
		e := start(t, nil)
		err := e.conn.Call(t.Context(), "textDocument/rename", renameParams{e.open("Clusterfile", tc.text), tc.name}, nil)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s to %s: got %v, want %s", tc.text, tc.name, err, tc.want)
		}
	}
}

func TestDocumentSymbols(t *testing.T) {
	e := start(t, nil)
	e.open("Clusterfile", "c = k8s_cluster()\ndef f(a):\n    def g():\n        pass\n    return g\nfor i in [1]:\n    pass\n")
	var list []documentSymbol
	e.call("textDocument/documentSymbol", documentParams{textDocument{URI: e.uri("Clusterfile")}}, &list)
	var got []string
	for _, s := range list {
		got = append(got, fmt.Sprintf("%s %d %s %d-%d %d", s.Name, s.Kind, s.Detail, s.Range.Start.Line, s.Range.End.Line, len(s.Children)))
	}
	want := []string{"c 13 Cluster 0-0 0", "f 12 f(a) -> function 1-4 1", "i 13 int 5-5 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFormatting(t *testing.T) {
	e := start(t, nil)
	text := "x = 1\ny  =  'a'\n\nz = 3\n"
	e.open("Clusterfile", text)
	var edits []textEdit
	e.call("textDocument/formatting", documentParams{textDocument{URI: e.uri("Clusterfile")}}, &edits)
	if len(edits) != 1 || edits[0].Range != (textRange{position{1, 0}, position{2, 0}}) || edits[0].NewText != "y = \"a\"\n" {
		t.Errorf("got %+v", edits)
	}
	e.open("lib.star", "x = (")
	if err := e.conn.Call(t.Context(), "textDocument/formatting", documentParams{textDocument{URI: e.uri("lib.star")}}, nil); err == nil {
		t.Error("a script that does not parse is formatted")
	}
}

// countingFormatter reports each script that it is given.
type countingFormatter struct {
	format.Cache
	sources chan string
}

func (f *countingFormatter) Source(ctx context.Context, path string, source []byte) ([]byte, error) {
	out, err := f.Cache.Source(ctx, path, source)
	if err == nil {
		f.sources <- string(source)
	}
	return out, err
}

// TestFormatAhead: a document is formatted after each change that parses, before the
// editor asks.
func TestFormatAhead(t *testing.T) {
	f := &countingFormatter{sources: make(chan string, 10)}
	e := start(t, func(o *Options) { o.Format = f })
	p := e.open("Clusterfile", "x  = 1\n|")
	if got := <-f.sources; got != "x  = 1\n" {
		t.Errorf("got %q", got)
	}
	for version, insert := range []string{"y = (", ")"} {
		e.notify("textDocument/didChange", map[string]any{
			"textDocument":   map[string]any{"uri": e.uri("Clusterfile"), "version": version + 2},
			"contentChanges": []any{map[string]any{"range": textRange{p.Position, p.Position}, "text": insert}},
		})
		p.Position.Character += len(insert)
	}
	if got := <-f.sources; got != "x  = 1\ny = ()" {
		t.Errorf("got %q", got)
	}
}

func TestQuickFix(t *testing.T) {
	e := start(t, nil)
	e.open("Clusterfile", "print(k8s_contxt())\nprint(k8s_contxt())\n")
	var actions []codeAction
	e.call("textDocument/codeAction", codeActionParams{textDocument{URI: e.uri("Clusterfile")}, textRange{position{0, 8}, position{0, 8}}}, &actions)
	if len(actions) != 1 || actions[0].Title != "Replace by k8s_context" || len(actions[0].Edit.Changes[e.uri("Clusterfile")]) != 2 {
		t.Errorf("got %+v", actions)
	}
	e.call("textDocument/codeAction", codeActionParams{textDocument{URI: e.uri("Clusterfile")}, textRange{position{1, 18}, position{1, 19}}}, &actions)
	if len(actions) != 0 {
		t.Errorf("got %+v away from the mistake", actions)
	}
}

func TestInlayHints(t *testing.T) {
	e := start(t, func(o *Options) {
		o.Images = func(_ context.Context, _, name string, source []byte) map[diag.Position][]string {
			return map[diag.Position][]string{
				{File: name, Line: 2, Column: 8}: {"localhost:5000/web"},
				{File: name, Line: 3, Column: 8}: {"a/web", "b/web"},
			}
		}
	})
	e.open("Clusterfile", "c = k8s_cluster()\nc.image('web')\nc.image('web'\n)\n")
	<-e.refreshed
	var hints []inlayHint
	e.call("textDocument/inlayHint", inlayHintParams{textDocument{URI: e.uri("Clusterfile")}, textRange{position{0, 0}, position{4, 0}}}, &hints)
	want := []inlayHint{
		{Position: position{1, 14}, Label: "→ localhost:5000/web", PaddingLeft: true},
		{Position: position{3, 1}, Label: "→ a/web (1 more)", Tooltip: "a/web\nb/web", PaddingLeft: true},
	}
	if diff := cmp.Diff(want, hints); diff != "" {
		t.Error(diff)
	}
}

// TestRoots: what a load may reach is what the command lets it reach.
func TestRoots(t *testing.T) {
	files := []string{"Clusterfile", "", "lib/deep/a.star", "", "lib/b.star", "x = 1\n", "top.star", "x = 1\n", "apps/web/Clusterfile", ""}
	for _, tc := range []struct {
		file, text, root string
		want             int // diagnostics
	}{
		{"lib/deep/a.star", "load('../b.star', 'x')\nprint(x)\n", "", 0},
		{"lib/deep/a.star", "load('../../top.star', 'x')\nprint(x)\n", "", 0},
		{"lib/deep/a.star", "load('../../../top.star', 'x')\nprint(x)\n", "", 1},
		{"apps/web/Clusterfile", "load('../../top.star', 'x')\nprint(x)\n", "", 1},
		{"apps/web/Clusterfile", "load('../../top.star', 'x')\nprint(x)\n", ".", 0},
	} {
		var e *editor
		e = start(t, func(o *Options) {
			if tc.root != "" {
				o.Root = func(string) string { return e.folder }
			}
		}, files...)
		e.open(tc.file, tc.text)
		if got := e.diagnostics(tc.file, 1); len(got) != tc.want {
			t.Errorf("%s, %s: got %q, want %d", tc.file, tc.text, got, tc.want)
		}
	}
}

func TestUnknownMethods(t *testing.T) {
	e := start(t, nil)
	e.notify("$/setTrace", map[string]any{})
	if err := e.conn.Call(t.Context(), "textDocument/implementation", nil, nil); err == nil || !strings.Contains(err.Error(), "not supported") {
		t.Errorf("got %v", err)
	}
	if err := e.conn.Call(t.Context(), "textDocument/hover", []int{1}, nil); err == nil {
		t.Error("parameters of another type are accepted")
	}
}

// TestOutline: before the text is analyzed, the symbols are those that come
// after, but for their types.
func TestOutline(t *testing.T) {
	text := `load("lib.star", "loaded")
a = 1
b, (c, [d]) = 1, (2, [3])
a = 2
def f(x, y = 1):
    local = x
    def g():
        return local
    if y:
        def h():
            pass
        return h
    return g
for i in range(3):
    j = i
if a:
    k = 1
elif b:
    l = 1
elif c:
    m = 1
else:
    n = 1
while False:
    o = '𝄞'; p = 1
settings = {"a": 1}
settings["b"] = f
c += loaded
`
	e := start(t, nil, "lib.star", "loaded = 1")
	at := e.open("Clusterfile", text+"|")
	var settled []documentSymbol
	e.call("textDocument/documentSymbol", documentParams{at.TextDocument}, &settled)
	var o outlines
	symbols := o.of(newDocument("", "f", 1, text))
	ignoreTypes := cmpopts.IgnoreFields(documentSymbol{}, "Detail")
	if diff := cmp.Diff(settled, symbols, ignoreTypes); diff != "" || len(settled) < 12 {
		t.Errorf("-analyzed +outline\n%s", diff)
	}
}

// TestLongCompletion: of many names, those that may be meant are listed, and not so
// many that an editor has to wait for them.
func TestLongCompletion(t *testing.T) {
	e := start(t, nil)
	var b strings.Builder
	for i := range 2 * maxNames {
		fmt.Fprintf(&b, "name_%d = %d\n", i, i)
	}
	for _, tc := range []struct {
		typed      string
		want       string
		items      int
		incomplete bool
	}{
		{"", "name_0", maxNames, true},
		{"N", "name_0", maxNames, true},
		{"nm_499", "name_499", 1, true},
		{"nosuch", "", 0, true},
	} {
		p := e.open("Clusterfile", b.String()+"x = "+tc.typed+"|\n")
		var list completionList
		e.call("textDocument/completion", p, &list)
		var names []string
		for _, i := range list.Items {
			if strings.HasPrefix(i.Label, "name_") {
				names = append(names, i.Label)
			}
		}
		if len(names) != tc.items || list.IsIncomplete != tc.incomplete || tc.want != "" && !slices.Contains(names, tc.want) {
			t.Errorf("%q: %d names, incomplete %t, want %d with %q", tc.typed, len(names), list.IsIncomplete, tc.items, tc.want)
		}
	}
}

// TestReferencesOfAnalyzed: a script that is open and analyzed is not analyzed again
// to find the uses of a name.
func TestReferencesOfAnalyzed(t *testing.T) {
	var checked atomic.Int32
	e := start(t, func(o *Options) {
		prepare := o.Prepare
		o.Prepare = func(engine *starlark.Engine, root, name string) {
			checked.Add(1)
			prepare(engine, root, name)
		}
	})
	p := e.open("Clusterfile", "na|me = 1\nprint(name)\n")
	e.diagnostics("Clusterfile", 1)
	checked.Store(0)
	var found []location
	e.call("textDocument/references", map[string]any{"textDocument": p.TextDocument, "position": p.Position, "context": map[string]any{"includeDeclaration": true}}, &found)
	if n := checked.Load(); n != 0 || len(found) != 2 {
		t.Errorf("%d references after %d analyses, want 2 after none", len(found), n)
	}
}

// TestOutlineParses: after a letter, the statement that it is in is parsed, and
// nothing else. What cannot be split into statements is parsed as a whole.
func TestOutlineParses(t *testing.T) {
	text := longscript.Text(10_000)
	at := strings.Index(text, "def service_500")
	typed := strings.Replace(text, "def service_500(", "def service_500x(", 1)
	var o outlines
	o.of(newDocument("", "f", 1, text))
	if o.parsed < len(text)-100 || o.parsed > len(text) {
		t.Errorf("at first %d bytes of %d were parsed", o.parsed, len(text))
	}
	o.parsed = 0
	open := o.of(newDocument("", "f", 2, strings.Replace(text, "def service_500(", "x = \"\"\"\ndef service_500(", 1)))
	o.parsed = 0
	if again := o.of(newDocument("", "f", 2, strings.Replace(text, "def service_500(", "x = \"\"\"y\ndef service_500(", 1))); len(again) != len(open) || o.parsed > len(text)*7/4 {
		t.Errorf("with a string left open, %d and %d symbols, %d bytes of %d parsed", len(open), len(again), o.parsed, len(text))
	}
	o.of(newDocument("", "f", 2, text))
	o.parsed = 0
	symbols := o.of(newDocument("", "f", 2, typed))
	if most := strings.Index(text[at:], "\noutput("); o.parsed > most+10 {
		t.Errorf("after a letter %d bytes were parsed, of a statement of %d", o.parsed, most)
	}
	line := strings.Count(typed[:at], "\n")
	if i := slices.IndexFunc(symbols, func(s documentSymbol) bool { return s.Name == "service_500x" }); i < 0 || symbols[i].Range.Start.Line != line {
		t.Errorf("service_500x is not on line %d among %d symbols", line, len(symbols))
	}
	for _, c := range []struct{ text, want string }{
		{"a = \"\"\"\nb = 1\n\"\"\"\nc = 2\n", "a 0, c 3"},
		{"a = f(\nb = 1,\n)\nc = 2\n", "a 0, c 3"},
		{"a = 1\nb = (\nc = 2\n", "a 0, c 2"},
		{"def f():\n  x =\nc = 2\n", "c 2"},
		{"= 1\na = \"\"\"\nb = 1\n\"\"\"\nc = 2\n", "a 1, c 4"},           // a broken line before a string of several lines
		{"a = 1\nb = \"\"\"\nc = 2\ndef f():\n  pass\n", "a 0, c 2, f 3"}, // a string that is left open
		{"# only a comment\n\n  \n", ""},
		{"", ""},
		{"a = 1\r\ndef f():\r\n  pass\r\n", "a 0, f 1"},
	} {
		var got []string
		for _, s := range o.of(newDocument("", "f", 3, c.text)) {
			got = append(got, fmt.Sprintf("%s %d", s.Name, s.Range.Start.Line))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%q: got %v, want %s", c.text, got, c.want)
		}
	}
}
