package lsp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sourcegraph/jsonrpc2"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// hinter keeps the hints of documents: the names that calls make for images. Whoever
// runs it owns its goroutine.
type hinter struct {
	analyzer *analyzer
	idle     chan struct{} // has one element if a document waits for its images

	mu      sync.Mutex
	refresh bool              // the editor wants to hear of new hints
	unnamed []string          // paths of documents whose images are not known
	hints   map[string]placed // by path
}

// placed are hints where they are in a version of a document.
type placed struct {
	document *document
	hints    []placedHint
}

func newHinter(z *analyzer) *hinter {
	return &hinter{analyzer: z, idle: make(chan struct{}, 1), hints: map[string]placed{}}
}

// refreshes sets whether the editor wants to hear of new hints.
func (h *hinter) refreshes(wanted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refresh = wanted
}

// name has the images of a document named.
func (h *hinter) name(path string) {
	h.mu.Lock()
	h.unnamed = append(h.unnamed, path)
	h.mu.Unlock()
	signal(h.idle)
}

// carry moves the hints of a document to another version of it.
func (h *hinter) carry(path string, now *document) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p, ok := h.hints[path]; ok {
		h.hints[path] = p.carried(now)
	}
}

// forget drops the hints of a document.
func (h *hinter) forget(path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.hints, path)
}

// inlayHints returns, behind each call that names an image, the names that it has
// on the recorded clusters.
func (h *hinter) inlayHints(p inlayHintParams) ([]inlayHint, error) {
	out := []inlayHint{}
	path := pathOf(p.TextDocument.URI)
	d := h.analyzer.document(path)
	h.mu.Lock()
	known, ok := h.hints[path]
	h.mu.Unlock()
	if d == nil || !ok {
		return out, nil
	}
	for _, hint := range known.carried(d).hints {
		if hint.call.Start.Line <= p.Range.End.Line && hint.call.End.Line >= p.Range.Start.Line {
			out = append(out, hint.inlayHint)
		}
	}
	return out, nil
}

// run finds out the names of images for documents that were opened or saved, until
// the server ends.
func (h *hinter) run(conn *jsonrpc2.Conn) {
	if h.analyzer.options.Images == nil {
		return
	}
	for {
		select {
		case <-h.analyzer.ctx.Done():
			return
		case <-h.idle:
		}
		h.mu.Lock()
		paths := slices.Compact(slices.Sorted(slices.Values(h.unnamed)))
		h.unnamed = nil
		h.mu.Unlock()
		for _, path := range paths {
			h.nameImages(conn, path)
		}
	}
}

// nameImages finds out the names of the images of a document.
func (h *hinter) nameImages(conn *jsonrpc2.Conn, path string) {
	z := h.analyzer
	d, sc := z.document(path), z.scriptOf(path)
	if d == nil || !z.options.IsEntry(sc.name) {
		return
	}
	a := z.settled(d.uri)
	if a == nil {
		return
	}
	found := placed{a.document, a.place(z.options.Images(z.ctx, sc.root, sc.name, []byte(a.document.text)))}
	h.mu.Lock()
	if now := z.document(path); now != nil {
		h.hints[path] = found.carried(now)
	}
	refresh := h.refresh
	h.mu.Unlock()
	if refresh {
		h.refreshHints(conn)
	}
}

// refreshHints asks the editor to ask for hints again.
func (h *hinter) refreshHints(conn *jsonrpc2.Conn) {
	ctx, cancel := context.WithCancel(h.analyzer.ctx)
	defer cancel()
	if err := conn.Call(ctx, "workspace/inlayHint/refresh", nil, nil); err != nil && h.analyzer.ctx.Err() == nil {
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

// carried returns the hints of calls that are the same in another version, where they
// are there.
func (p placed) carried(now *document) placed {
	if p.document == now {
		return p
	}
	c := changeBetween(p.document, now)
	out := placed{document: now}
	for _, hint := range p.hints {
		if r, ok := c.carry(hint.call); ok {
			hint.call, hint.Position = r, r.End
			out.hints = append(out.hints, hint)
		}
	}
	return out
}

func after(file string, p syntax.Position) diag.Position {
	return diag.Position{File: file, Line: int(p.Line), Column: int(p.Col) + 1}
}
