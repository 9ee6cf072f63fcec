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

// codeActions returns the fixes of the diagnostics in a range: those that the editor
// shows, of the last analysis, but for what has been changed since.
func (s *server) codeActions(p codeActionParams) ([]codeAction, error) {
	out := []codeAction{}
	d, a := s.latest(p.TextDocument.URI)
	if d == nil || a == nil {
		return out, nil
	}
	c := changeBetween(a.document, d)
	for _, d := range a.diagnostics() {
		shown, ok := a.shown(&d).carried(c)
		if !ok || shown.Range.End.before(p.Range.Start) || p.Range.End.before(shown.Range.Start) {
			continue
		}
		for _, fix := range d.Fixes {
			if edits, ok := a.edits(fix, c); ok {
				out = append(out, codeAction{
					Title: fix.Title, Kind: "quickfix", Diagnostics: []diagnostic{shown}, IsPreferred: true,
					Edit: workspaceEdit{Changes: map[string][]textEdit{a.document.uri: edits}},
				})
			}
		}
	}
	return out, nil
}

// carried returns the diagnostic where it is now; false if that has been changed.
func (d diagnostic) carried(c change) (diagnostic, bool) {
	r, ok := c.carry(d.Range)
	d.Range = r
	var related []relatedInformation
	for _, other := range d.Related {
		if r, ok := c.carry(other.Location.Range); ok {
			other.Location.Range = r
			related = append(related, other)
		}
	}
	d.Related = related
	return d, ok
}

// edits returns those of a fix where they are now; false if one has been changed.
func (a *analyzed) edits(fix diag.Fix, c change) ([]textEdit, bool) {
	var edits []textEdit
	for _, e := range fix.Edits {
		r, ok := c.carry(a.document.rangeOf(e.Range))
		if !ok {
			return nil, false
		}
		edits = append(edits, textEdit{r, e.NewText})
	}
	return edits, true
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
			if d == nil || !s.space.options.IsEntry(sc.name) {
				continue
			}
			a := s.settled(d.uri)
			if a == nil {
				continue
			}
			placed := a.place(s.space.options.Images(s.ctx, sc.root, sc.name, []byte(a.document.text)))
			s.mu.Lock()
			if now := s.space.open[path]; now != nil {
				s.hints[path] = carryHints(placed, changeBetween(a.document, now))
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

// placedHint is a hint behind a call.
type placedHint struct {
	call textRange
	inlayHint
}

// place returns a hint behind each call that names an image.
func (a *analyzed) place(images map[diag.Position][]string) []placedHint {
	f := a.current()
	if f == nil {
		return nil
	}
	var placed []placedHint
	for _, call := range f.Calls() {
		names := images[diag.Position{File: f.Name, Line: int(call.Lparen.Line), Column: int(call.Lparen.Col)}]
		if len(names) == 0 {
			continue
		}
		h := placedHint{a.document.rangeOf(f.Range(call)), inlayHint{Label: "→ " + names[0], PaddingLeft: true}}
		h.Position = a.document.fromDiag(after(f.Name, call.Rparen))
		if more := len(names) - 1; more > 0 {
			h.Label += fmt.Sprintf(" (%d more)", more)
			h.Tooltip = strings.Join(names, "\n")
		}
		placed = append(placed, h)
	}
	return placed
}

// carryHints returns the hints of calls that are the same after a change.
func carryHints(hints []placedHint, c change) []placedHint {
	var carried []placedHint
	for _, h := range hints {
		if r, ok := c.carry(h.call); ok {
			h.call, h.Position = r, r.End
			carried = append(carried, h)
		}
	}
	return carried
}

// inlayHints returns, behind each call that names an image, the names that it has
// on the recorded clusters.
func (s *server) inlayHints(p inlayHintParams) ([]inlayHint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []inlayHint{}
	for _, h := range s.hints[pathOf(p.TextDocument.URI)] {
		if h.call.Start.Line <= p.Range.End.Line && h.call.End.Line >= p.Range.Start.Line {
			out = append(out, h.inlayHint)
		}
	}
	return out, nil
}

func after(file string, p syntax.Position) diag.Position {
	return diag.Position{File: file, Line: int(p.Line), Column: int(p.Col) + 1}
}
