package lsp

import (
	"context"
	"maps"
	"sync"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// analyzer keeps the open documents, and the last analysis of each. Whoever runs it
// owns its goroutine; the other methods are for any goroutine.
type analyzer struct {
	ctx     context.Context // of the server
	options *Options
	dirty   chan struct{} // has one element if a document waits for its analysis

	mu       sync.Mutex
	changed  *sync.Cond // an analysis is done, or the server ends
	space    workspace
	analyzed map[string]*analyzed // by path; present once a document was analyzed
}

func newAnalyzer(ctx context.Context, options *Options) *analyzer {
	z := &analyzer{
		ctx: ctx, options: options, dirty: make(chan struct{}, 1),
		space: workspace{options: options, open: map[string]*document{}}, analyzed: map[string]*analyzed{},
	}
	z.changed = sync.NewCond(&z.mu)
	return z
}

// addFolders adds folders of the editor.
func (z *analyzer) addFolders(paths ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.space.folders = append(z.space.folders, paths...)
}

// document returns an open document, nil if it is not open.
func (z *analyzer) document(path string) *document {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.space.open[path]
}

// scriptOf returns the root and the name of a script.
func (z *analyzer) scriptOf(path string) script {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.space.script(path)
}

// replace replaces a document; nil closes it. The documents that load it are
// analyzed again too.
func (z *analyzer) replace(path string, d *document) {
	z.mu.Lock()
	if d == nil {
		delete(z.space.open, path)
		delete(z.analyzed, path)
	} else {
		z.space.open[path] = d
	}
	for other, a := range z.analyzed {
		if other != path && a.loads(path) {
			a.outdated = true
		}
	}
	z.mu.Unlock()
	signal(z.dirty)
}

// outdate has every document analyzed again.
func (z *analyzer) outdate() {
	z.mu.Lock()
	for _, a := range z.analyzed {
		a.outdated = true
	}
	z.mu.Unlock()
	signal(z.dirty)
}

// run analyzes documents until the server ends. It calls done with each analysis of
// a document as it is.
func (z *analyzer) run(done func(*analyzed)) {
	for {
		select {
		case <-z.ctx.Done():
			return
		case <-z.dirty:
		}
		for z.ctx.Err() == nil {
			z.mu.Lock()
			d := z.next()
			if d == nil {
				z.mu.Unlock()
				break
			}
			snapshot, script, last := z.snapshot(), z.space.script(d.path), z.analyzed[d.path]
			z.mu.Unlock()
			a := analyzeOne(z.ctx, snapshot, script, d, last)
			z.mu.Lock()
			if z.space.open[d.path] != nil {
				a.outdated = z.loadsChanged(a, snapshot)
				z.analyzed[d.path] = a
			}
			z.changed.Broadcast()
			fresh := z.space.open[d.path] == d
			z.mu.Unlock()
			if fresh {
				done(a)
			}
		}
	}
}

// end ends every wait. The context of the server is done.
func (z *analyzer) end() {
	z.mu.Lock()
	z.changed.Broadcast()
	z.mu.Unlock()
}

// next returns a document that waits for its analysis, nil if none does. The
// caller holds the lock.
func (z *analyzer) next() *document {
	for path, d := range z.space.open {
		if a := z.analyzed[path]; a == nil || a.document != d || a.outdated {
			return d
		}
	}
	return nil
}

// snapshot copies the open documents. The caller holds the lock.
func (z *analyzer) snapshot() *snapshot {
	return &snapshot{z.options, maps.Clone(z.space.open)}
}

// loadsChanged reports whether a document that an analysis loads is another one than
// in the snapshot it is of. The caller holds the lock.
func (z *analyzer) loadsChanged(a *analyzed, of *snapshot) bool {
	for _, open := range []map[string]*document{of.open, z.space.open} {
		for path := range open {
			if path != a.document.path && of.open[path] != z.space.open[path] && a.loads(path) {
				return true
			}
		}
	}
	return false
}

// now returns a copy of the open documents.
func (z *analyzer) now() *snapshot {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.snapshot()
}

// parsed returns the analyses of documents as they are, and parse.
func (z *analyzer) parsed() []*analyzed {
	z.mu.Lock()
	defer z.mu.Unlock()
	var out []*analyzed
	for path, a := range z.analyzed {
		if a.document == z.space.open[path] && a.current() != nil {
			out = append(out, a)
		}
	}
	return out
}

// latest returns a document as it is and its last analysis, which may be of an
// earlier version; nil if it is not open.
func (z *analyzer) latest(uri string) (*document, *analyzed) {
	z.mu.Lock()
	defer z.mu.Unlock()
	path := pathOf(uri)
	d := z.space.open[path]
	for d != nil && z.analyzed[path] == nil && z.ctx.Err() == nil {
		z.changed.Wait()
	}
	return d, z.analyzed[path]
}

// settled waits for the analysis of a document as it is. It returns nil if the
// document is not open, or the server ends.
func (z *analyzer) settled(uri string) *analyzed {
	z.mu.Lock()
	defer z.mu.Unlock()
	path := pathOf(uri)
	for z.ctx.Err() == nil {
		d, a := z.space.open[path], z.analyzed[path]
		if d == nil {
			return nil
		}
		if a != nil && a.document == d && !a.outdated {
			return a
		}
		z.changed.Wait()
	}
	return nil
}

// eachFile calls visit with every script below the editor's folders but one, each once.
func (z *analyzer) eachFile(but script, visit func(script, *analysis.File)) {
	z.mu.Lock()
	snapshot, scripts := z.snapshot(), z.space.scripts()
	fresh := map[script]*analysis.File{} // what is analyzed already
	for path, a := range z.analyzed {
		if a.document == z.space.open[path] && !a.outdated && a.current() != nil {
			fresh[a.script] = a.current()
		}
	}
	z.mu.Unlock()
	for _, sc := range scripts {
		if sc == but {
			continue
		}
		if f := fresh[sc]; f != nil {
			visit(sc, f)
			continue
		}
		program, err := snapshot.check(z.ctx, sc)
		if err != nil {
			continue // a script that is gone has no references
		}
		if f := program.File(sc.name); f != nil && f.Tree != nil {
			visit(sc, f)
		}
	}
}
