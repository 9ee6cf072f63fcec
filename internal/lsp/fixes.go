package lsp

import (
	"github.com/sextant-dev/sextant/diag"
)

// codeActions returns the fixes of the diagnostics in a range: those that the editor
// shows, of the last analysis, but for what has been changed since.
func (q *requests) codeActions(p codeActionParams) ([]codeAction, error) {
	out := []codeAction{}
	d, a := q.latest(p.TextDocument.URI)
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
