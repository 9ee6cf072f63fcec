package lsp

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
)

// formatter formats documents: when it is asked, and, if it runs, ahead of that, so
// that it has less to do then. Whoever runs it owns its goroutine.
type formatter struct {
	analyzer *analyzer
	loose    chan struct{} // has one element if a document may not have been formatted ahead

	mu sync.Mutex
	// cancel ends what run formats; it goes on after the next analysis.
	cancel context.CancelFunc
}

func newFormatter(z *analyzer) *formatter {
	return &formatter{analyzer: z, loose: make(chan struct{}, 1), cancel: func() {}}
}

// format returns the edit that formats a script.
func (f *formatter) format(p documentParams) ([]textEdit, error) {
	d := f.analyzer.document(pathOf(p.TextDocument.URI))
	if d == nil || f.analyzer.options.Format == nil {
		return []textEdit{}, nil
	}
	out, err := f.source(f.analyzer.ctx, d)
	if err != nil {
		return nil, fmt.Errorf("cannot format: %w", err)
	}
	if string(out) == d.text {
		return []textEdit{}, nil
	}
	return []textEdit{d.difference(string(out))}, nil
}

func (f *formatter) source(ctx context.Context, d *document) ([]byte, error) {
	return f.analyzer.options.Format.Source(ctx, d.path, []byte(d.text))
}

// forget drops what is kept of a document.
func (f *formatter) forget(path string) {
	if f.analyzer.options.Format != nil {
		f.analyzer.options.Format.Forget(path)
	}
}

// wake has run look for documents that were analyzed.
func (f *formatter) wake() { signal(f.loose) }

// stop ends what run formats: a document was changed.
func (f *formatter) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancel()
}

// run formats documents as they are, until the server ends: the options keep what they
// find out. A change stops it until the document is analyzed.
func (f *formatter) run() {
	if f.analyzer.options.Format == nil {
		return
	}
	formatted := map[string]*document{}
	for {
		select {
		case <-f.analyzer.ctx.Done():
			return
		case <-f.loose:
		}
		for f.analyzer.ctx.Err() == nil && f.ahead(formatted) {
		}
	}
}

// ahead formats one document that is not formatted yet as it is; false if there is
// none.
func (f *formatter) ahead(formatted map[string]*document) bool {
	ctx, cancel := context.WithCancel(f.analyzer.ctx)
	defer cancel()
	f.mu.Lock()
	f.cancel = cancel // before it is known which, so that no change is missed
	f.mu.Unlock()
	maps.DeleteFunc(formatted, func(path string, d *document) bool { return f.analyzer.document(path) != d })
	var d *document
	for _, a := range f.analyzer.parsed() {
		if formatted[a.document.path] != a.document {
			d = a.document
		}
	}
	if d == nil {
		return false
	}
	if _, err := f.source(ctx, d); err == nil || ctx.Err() == nil {
		formatted[d.path] = d // whoever asks gets the error
	}
	if f.analyzer.document(d.path) == nil {
		f.forget(d.path)
	}
	return true
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
