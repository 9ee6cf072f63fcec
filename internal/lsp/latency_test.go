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

// TestLatency: at 10,000 lines, what an editor asks as its user types is answered
// in at most three times what the parser alone needs for the script. The bounds leave
// room for a busy machine; idle, each takes less than the parser does.
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
	for _, tc := range []struct {
		method string
		params func() any
		most   float64 // times parsing
	}{
		{"textDocument/completion", func() any { return s.p }, 3},
		{"textDocument/signatureHelp", func() any { return s.p }, 3},
		{"textDocument/hover", func() any { return s.p }, 3},
		{"textDocument/definition", func() any {
			p := s.p
			p.Position.Character = 7 // cluster
			return p
		}, 3},
		{"textDocument/documentSymbol", func() any { return documentParams{s.p.TextDocument} }, 3},
	} {
		took := fastest(5, func() time.Duration {
			s.letter()
			return s.ask(tc.method, tc.params())
		})
		t.Logf("%s: %v, %.1f times parsing", tc.method, took, float64(took)/float64(parse))
		if float64(took) > tc.most*float64(parse) {
			t.Errorf("%s took %v, more than %.0f times the %v of parsing", tc.method, took, tc.most, parse)
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
