package lsp

import (
	"math"
	"runtime"
	"sync/atomic"
	"testing"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/internal/test/longscript"
	"github.com/sextant-dev/sextant/starlark"
)

// typing is a session in a long script: each turn types a letter, and asks what an
// editor asks then.
type typing struct {
	e       *editor
	p       positionParams
	version int
}

// startTyping opens a script and waits until it is analyzed. Change, if set, changes
// the options of the server.
func startTyping(t testing.TB, lines int, change func(*Options)) *typing {
	e := start(t, change)
	p := e.open("Clusterfile", longscript.Text(lines)+"\nx = cluster.|\n")
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

func (s *typing) ask(method string, params any) { s.e.call(method, params, nil) }

// TestLatency: at 10,000 lines, what an editor asks right after a letter is answered
// while the analysis of the script is held, and with fewer bytes allocated, on both
// sides of the connection, than the parser alone needs for the script. So nothing waits
// for an analysis or makes one of its own, however busy the machine is.
func TestLatency(t *testing.T) {
	source := longscript.Text(10_000)
	parse := allocated(func() {
		if _, err := (&syntax.FileOptions{TopLevelControl: true, GlobalReassign: true}).Parse("f", source, 0); err != nil {
			t.Fatal(err)
		}
	})
	var hold atomic.Bool
	released := make(chan struct{})
	s := startTyping(t, 10_000, func(o *Options) {
		prepare := o.Prepare
		o.Prepare = func(engine *starlark.Engine, root, name string) {
			if hold.Load() {
				<-released
			}
			prepare(engine, root, name)
		}
	})
	defer close(released)
	s.letter()                                                                                                           // from here on, the script parses
	s.ask("textDocument/references", referenceParams{positionParams: positionParams{s.p.TextDocument, position{2, 18}}}) // waits for its analysis
	s.ask("textDocument/formatting", documentParams{s.p.TextDocument})                                                   // all of it
	hold.Store(true)
	name := func() positionParams { return positionParams{s.p.TextDocument, position{s.p.Position.Line, 0}} }
	cluster := func() positionParams { return positionParams{s.p.TextDocument, position{s.p.Position.Line, 7}} }
	parameter := positionParams{s.p.TextDocument, position{2, 18}}
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
		{"textDocument/references", func() any { return referenceParams{positionParams: parameter} }},
		{"textDocument/prepareRename", func() any { return cluster() }},
		{"textDocument/rename", func() any { return renameParams{cluster(), "renamed"} }},
		{"textDocument/rename", func() any { return renameParams{parameter, "renamed"} }},
		{"textDocument/codeAction", func() any { return codeActionParams{s.p.TextDocument, textRange{s.p.Position, s.p.Position}} }},
		{"textDocument/documentSymbol", func() any { return documentParams{s.p.TextDocument} }},
		{"textDocument/formatting", func() any { return documentParams{s.p.TextDocument} }},
	} {
		bytes := allocated(func() {
			s.letter()
			s.ask(tc.method, tc.params())
		})
		t.Logf("%s: %.2f of what parsing allocates", tc.method, float64(bytes)/float64(parse))
		if bytes > parse {
			t.Errorf("%s allocated %d bytes, and the parser %d", tc.method, bytes, parse)
		}
	}
}

// allocated returns the least that f allocates of three times, in bytes: the first may
// make what is kept.
func allocated(f func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 3 {
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&now)
		least = min(least, now.TotalAlloc-before.TotalAlloc)
	}
	return least
}

func BenchmarkCompletion(b *testing.B) {
	s := startTyping(b, 10_000, nil)
	for b.Loop() {
		s.letter()
		s.ask("textDocument/completion", s.p)
	}
}

func BenchmarkDefinition(b *testing.B) {
	s := startTyping(b, 10_000, nil)
	for b.Loop() {
		s.letter()
		s.ask("textDocument/definition", s.p)
	}
}
