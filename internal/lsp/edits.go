package lsp

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sourcegraph/jsonrpc2"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// format returns the edit that formats a script.
func (s *server) format(p documentParams) ([]textEdit, error) {
	s.mu.Lock()
	d := s.space.open[pathOf(p.TextDocument.URI)]
	s.mu.Unlock()
	if d == nil || s.space.options.Format == nil {
		return []textEdit{}, nil
	}
	out, err := s.space.options.Format.Source(s.ctx, d.path, []byte(d.text))
	if err != nil {
		return nil, fmt.Errorf("cannot format: %w", err)
	}
	if string(out) == d.text {
		return []textEdit{}, nil
	}
	return []textEdit{d.difference(string(out))}, nil
}

// formatAhead formats documents as they are, until the server ends: the formatter
// keeps what it finds out, and has less to do when it is asked. A change stops it
// until the document is analyzed.
func (s *server) formatAhead() {
	formatted := map[string]*document{}
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.loose:
		}
		for s.ctx.Err() == nil {
			ctx, cancel := context.WithCancel(s.ctx)
			s.mu.Lock()
			maps.DeleteFunc(formatted, func(path string, d *document) bool { return s.space.open[path] != d })
			var d *document
			for path, a := range s.analyzed {
				if a.document == s.space.open[path] && a.current() != nil && formatted[path] == nil {
					d = a.document
				}
			}
			s.stopFormat = cancel
			s.mu.Unlock()
			if d == nil {
				cancel()
				break
			}
			if _, err := s.space.options.Format.Source(ctx, d.path, []byte(d.text)); err == nil || ctx.Err() == nil {
				formatted[d.path] = d // whoever asks gets the error
			}
			cancel()
			s.mu.Lock()
			open := s.space.open[d.path] != nil
			s.mu.Unlock()
			if !open {
				s.space.options.Format.Forget(d.path)
			}
		}
	}
}

// difference returns the edit that makes text of the document: all lines but the
// first and the last ones that are the same, so that the cursor stays.
func (d *document) difference(text string) textEdit {
	old, next := strings.SplitAfter(d.text, "\n"), strings.SplitAfter(text, "\n")
	first := 0
	for first < len(old) && first < len(next) && old[first] == next[first] {
		first++
	}
	last := 0
	for last < len(old)-first && last < len(next)-first && old[len(old)-1-last] == next[len(next)-1-last] {
		last++
	}
	end := d.position(len(d.text))
	if last > 0 {
		end = position{Line: len(old) - last}
	}
	return textEdit{textRange{position{Line: first}, end}, strings.Join(next[first:len(next)-last], "")}
}

// codeActions returns the fixes of the diagnostics in a range.
func (s *server) codeActions(p codeActionParams) ([]codeAction, error) {
	a := s.settled(p.TextDocument.URI)
	out := []codeAction{}
	if a == nil {
		return out, nil
	}
	for _, d := range a.diagnostics() {
		r := a.document.rangeOf(d.Range)
		if r.End.before(p.Range.Start) || p.Range.End.before(r.Start) {
			continue
		}
		for _, fix := range d.Fixes {
			action := codeAction{
				Title: fix.Title, Kind: "quickfix", Diagnostics: []diagnostic{a.shown(&d)}, IsPreferred: true,
				Edit: workspaceEdit{Changes: map[string][]textEdit{}},
			}
			for _, e := range fix.Edits {
				action.Edit.Changes[a.document.uri] = append(action.Edit.Changes[a.document.uri], textEdit{a.document.rangeOf(e.Range), e.NewText})
			}
			out = append(out, action)
		}
	}
	return out, nil
}

func (p position) before(q position) bool {
	return p.Line < q.Line || p.Line == q.Line && p.Character < q.Character
}

// nameImages finds out the names of images for documents that were opened or
// saved, until the server ends.
func (s *server) nameImages(conn *jsonrpc2.Conn) {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.idle:
		}
		s.mu.Lock()
		paths := slices.Compact(slices.Sorted(slices.Values(s.unnamed)))
		s.unnamed = nil
		s.mu.Unlock()
		for _, path := range paths {
			s.mu.Lock()
			d := s.space.open[path]
			sc := s.space.script(path)
			s.mu.Unlock()
			if d == nil || !s.space.options.IsEntry(sc.name) || s.settled(d.uri) == nil {
				continue
			}
			images := s.space.options.Images(s.ctx, sc.root, sc.name, []byte(d.text))
			s.mu.Lock()
			if a := s.analyzed[path]; a != nil {
				named := *a
				named.images = images
				s.analyzed[path] = &named
			}
			refresh := s.refresh
			s.mu.Unlock()
			if refresh {
				s.refreshHints(conn)
			}
		}
	}
}

// refreshHints asks the editor to ask for hints again.
func (s *server) refreshHints(conn *jsonrpc2.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	if err := conn.Call(ctx, "workspace/inlayHint/refresh", nil, nil); err != nil && s.ctx.Err() == nil {
		return // an editor that does not know it asks when it likes
	}
}

// inlayHints returns, behind each call that names an image, the names that it has
// on the recorded clusters.
func (s *server) inlayHints(p inlayHintParams) ([]inlayHint, error) {
	a := s.settled(p.TextDocument.URI)
	out := []inlayHint{}
	if a == nil || a.current() == nil {
		return out, nil
	}
	f := a.current()
	for _, call := range f.Calls() {
		start, _ := call.Span()
		names := a.images[diag.Position{File: f.Name, Line: int(call.Lparen.Line), Column: int(call.Lparen.Col)}]
		if len(names) == 0 || int(start.Line)-1 > p.Range.End.Line || int(call.Rparen.Line)-1 < p.Range.Start.Line {
			continue
		}
		hint := inlayHint{Position: a.document.fromDiag(after(f.Name, call.Rparen)), Label: "→ " + names[0], PaddingLeft: true}
		if more := len(names) - 1; more > 0 {
			hint.Label += fmt.Sprintf(" (%d more)", more)
			hint.Tooltip = strings.Join(names, "\n")
		}
		out = append(out, hint)
	}
	return out, nil
}

func after(file string, p syntax.Position) diag.Position {
	return diag.Position{File: file, Line: int(p.Line), Column: int(p.Col) + 1}
}
