package lsp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.starlark.net/syntax"
)

// longScript returns a script of at least n lines, of functions, calls and data
// as people write them.
func longScript(n int) string {
	var b strings.Builder
	b.WriteString("cluster = k8s_cluster(\"kind-dev\")\n")
	for i := 0; i*10 < n; i++ {
		fmt.Fprintf(&b, `
def service_%d(name, tag = "latest", replicas = 1):
    """Names the images of a service."""
    image = cluster.image("shop/" + name, tag = tag)
    labels = {"app": name, "tier": "web", "replicas": str(replicas)}
    for key, value in labels.items():
        print("%%s is %%s" %% (key, value))
    return struct(push = image.local, pull = image.cluster, labels = labels)

output("service-%d", service_%d("web-%d", replicas = %d).push)
`, i, i, i, i, i)
	}
	return b.String()
}

// typing is a session in a long script: each turn types a letter, and asks what an
// editor asks then.
type typing struct {
	e       *editor
	p       positionParams
	version int
}

func startTyping(t testing.TB, lines int) *typing {
	e := start(t, nil)
	p := e.open("Clusterfile", longScript(lines)+"\nx = cluster.|\n")
	e.labels(p) // waits for the first analysis
	return &typing{e, p, 1}
}

func (s *typing) letter() {
	s.version++
	s.e.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": s.p.TextDocument.URI, "version": s.version},
		"contentChanges": []any{map[string]any{"range": textRange{s.p.Position, s.p.Position}, "text": "i"}},
	})
	s.p.Position.Character++
}

// ask times one request.
func (s *typing) ask(method string, params any) time.Duration {
	begin := time.Now()
	s.e.call(method, params, nil)
	return time.Since(begin)
}

// TestLatency: at 10,000 lines, what an editor asks right after a letter is answered
// in at most three times what the parser alone needs for the script, so without an
// analysis of it. The bounds leave room for a busy machine; idle, each takes less than
// the parser does.
func TestLatency(t *testing.T) {
	source := longScript(10_000)
	parse := fastest(5, func() time.Duration {
		begin := time.Now()
		if _, err := (&syntax.FileOptions{TopLevelControl: true, GlobalReassign: true}).Parse("f", source, 0); err != nil {
			t.Fatal(err)
		}
		return time.Since(begin)
	})
	s := startTyping(t, 10_000)
	s.letter()                                                                                                           // from here on, the script parses
	s.ask("textDocument/references", referenceParams{positionParams: positionParams{s.p.TextDocument, position{2, 18}}}) // a parameter, which waits
	s.ask("textDocument/formatting", documentParams{s.p.TextDocument})                                                   // all of it
	name := func() positionParams { return positionParams{s.p.TextDocument, position{s.p.Position.Line, 0}} }
	cluster := func() positionParams { return positionParams{s.p.TextDocument, position{s.p.Position.Line, 7}} }
	for _, tc := range []struct {
		method string
		params func() any
	}{
		{"textDocument/completion", func() any { return s.p }},
		{"textDocument/completion", func() any { return name() }},
		{"textDocument/signatureHelp", func() any { return s.p }},
		{"textDocument/hover", func() any { return s.p }},
		{"textDocument/definition", func() any { return cluster() }},
		{"textDocument/references", func() any { return referenceParams{positionParams: cluster()} }},
		{"textDocument/prepareRename", func() any { return cluster() }},
		{"textDocument/rename", func() any { return renameParams{cluster(), "renamed"} }},
		{"textDocument/codeAction", func() any { return codeActionParams{s.p.TextDocument, textRange{s.p.Position, s.p.Position}} }},
		{"textDocument/documentSymbol", func() any { return documentParams{s.p.TextDocument} }},
		{"textDocument/formatting", func() any { return documentParams{s.p.TextDocument} }},
	} {
		took := fastest(5, func() time.Duration {
			s.letter()
			return s.ask(tc.method, tc.params())
		})
		t.Logf("%s: %v, %.1f times parsing", tc.method, took, float64(took)/float64(parse))
		if took > 3*parse {
			t.Errorf("%s took %v, more than three times the %v of parsing", tc.method, took, parse)
		}
	}
}

// fastest returns the least of n times, which other programs disturb least.
func fastest(n int, f func() time.Duration) time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = f()
	}
	return slices.Min(times)
}

func BenchmarkCompletion(b *testing.B) {
	s := startTyping(b, 10_000)
	for b.Loop() {
		s.letter()
		s.ask("textDocument/completion", s.p)
	}
}

func BenchmarkDefinition(b *testing.B) {
	s := startTyping(b, 10_000)
	for b.Loop() {
		s.letter()
		s.ask("textDocument/definition", s.p)
	}
}
