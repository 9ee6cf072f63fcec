package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"sync"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// Options are what a server knows beyond the scripts. Prepare, IsScript and
// IsEntry are required.
type Options struct {
	// Version is the version of the program.
	Version string
	// Prepare completes the engine that checks the script name below root: with
	// its table and what resolves its loads.
	Prepare func(engine *starlark.Engine, root, name string)
	// IsScript reports whether a file of this name is a script, IsEntry whether it
	// is one that is run, and not only loaded.
	IsScript, IsEntry func(name string) bool
	// Root returns the root of a script, "" if it has none of its own. Nil is the
	// folder of the entry file at or above it.
	Root func(path string) string
	// Contexts returns the names of contexts to complete. Nil knows none.
	Contexts func() []string
	// Images returns the names that calls of the script path make for images, by
	// the position of the call's parenthesis. It is called again after the script
	// has been saved. Nil knows none.
	Images func(ctx context.Context, root, name string, source []byte) map[diag.Position][]string
	// Format formats scripts. Nil formats none.
	Format Formatter
}

// Formatter formats scripts, for any number of goroutines.
type Formatter interface {
	// Source returns a script in its layout. It is called after each change too, so
	// that it can keep what it finds out.
	Source(ctx context.Context, path string, source []byte) ([]byte, error)
	// Forget drops what is kept of a script.
	Forget(path string)
}

// Serve answers one editor until it sends exit, closes the stream, or ctx is
// done.
func Serve(ctx context.Context, stream io.ReadWriteCloser, options Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{
		space:    workspace{options: &options, open: map[string]*document{}},
		analyzed: map[string]*analyzed{},
		hints:    map[string][]placedHint{},
		ctx:      ctx,
		cancel:   cancel,
		dirty:    make(chan struct{}, 1),
		idle:     make(chan struct{}, 1),
		loose:    make(chan struct{}, 1),
	}
	s.changed = sync.NewCond(&s.mu)
	s.stream = jsonrpc2.NewBufferedStream(stream, jsonrpc2.VSCodeObjectCodec{})
	conn := jsonrpc2.NewConn(ctx, s.stream, s,
		jsonrpc2.SetLogger(log.New(io.Discard, "", 0))) // an editor shows what it gets on standard error
	var workers sync.WaitGroup
	workers.Go(func() { s.analyze(conn) })
	if options.Images != nil {
		workers.Go(func() { s.nameImages(conn) })
	}
	if options.Format != nil {
		workers.Go(s.formatAhead)
	}
	select {
	case <-conn.DisconnectNotify():
	case <-ctx.Done():
	}
	s.mu.Lock()
	cancel()
	s.changed.Broadcast()
	s.mu.Unlock()
	conn.Close() // a stream that is closed already has nothing to add
	<-conn.DisconnectNotify()
	workers.Wait()
	return nil
}

// server is the state of one connection.
type server struct {
	ctx    context.Context
	cancel context.CancelFunc
	stream jsonrpc2.ObjectStream
	dirty  chan struct{} // has one element if a document waits for its analysis
	idle   chan struct{} // has one element if a document waits for its images
	loose  chan struct{} // has one element if a document may not have been formatted ahead

	mu       sync.Mutex
	changed  *sync.Cond // an analysis is done, or the server ends
	space    workspace
	analyzed map[string]*analyzed    // by path; present once a document was analyzed
	refresh  bool                    // the editor wants to hear of new hints
	unnamed  []string                // paths of documents whose images are not known
	hints    map[string][]placedHint // by path, where they are in the open document
	// stopFormat ends what formatAhead does, which goes on after the next analysis.
	stopFormat context.CancelFunc

	outlines outlines // of the goroutine that handles messages
}

// analyzed is the last analysis of an open document.
type analyzed struct {
	document *document // that was analyzed
	outdated bool      // what the document loads was changed since
	program  *analysis.Program
	// file is the script's, or, if it does not parse, one without its broken
	// lines or an earlier one; nil if there is none.
	file   *analysis.File
	script script
}

// current returns the file if it is of the document's version and parses.
func (a *analyzed) current() *analysis.File {
	if f := a.program.File(a.script.name); f != nil && f.Tree != nil {
		return f
	}
	return nil
}

// loads reports whether a file is part of the program.
func (a *analyzed) loads(path string) bool { return a.program.File(nameBelow(a.script, path)) != nil }

// Handle answers one message. The connection calls it for one at a time. It writes
// the response itself: the connection encodes a result three times over, and a list
// of symbols is large.
func (s *server) Handle(_ context.Context, _ *jsonrpc2.Conn, req *jsonrpc2.Request) {
	result, err := s.handle(req)
	if req.Notif {
		return
	}
	reply := response{Version: "2.0", ID: req.ID}
	var known *jsonrpc2.Error
	switch {
	case errors.As(err, &known):
		reply.Error = known
	case err != nil:
		reply.Error = &jsonrpc2.Error{Message: err.Error()}
	default:
		reply.Result = &result
	}
	if err := s.stream.WriteObject(reply); err != nil {
		s.cancel() // the editor is gone
	}
}

func (s *server) handle(req *jsonrpc2.Request) (any, error) {
	method := methods()[req.Method]
	if method == nil {
		if req.Notif {
			return nil, nil
		}
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "method not supported: " + req.Method}
	}
	return method(s, req)
}

// on makes a method of a function with typed parameters.
func on[P, R any](f func(*server, P) (R, error)) func(*server, *jsonrpc2.Request) (any, error) {
	return func(s *server, req *jsonrpc2.Request) (any, error) {
		params, err := unmarshal[P](req.Params)
		if err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: err.Error()}
		}
		return f(s, params)
	}
}

var methods = sync.OnceValue(func() map[string]func(*server, *jsonrpc2.Request) (any, error) {
	return map[string]func(*server, *jsonrpc2.Request) (any, error){
		"initialize":                      on((*server).initialize),
		"shutdown":                        on((*server).shutdown),
		"exit":                            on((*server).exit),
		"textDocument/didOpen":            on((*server).didOpen),
		"textDocument/didChange":          on((*server).didChange),
		"textDocument/didSave":            on((*server).didSave),
		"textDocument/didClose":           on((*server).didClose),
		"workspace/didChangeWatchedFiles": on((*server).didChangeFiles),
		"textDocument/completion":         on((*server).complete),
		"textDocument/hover":              on((*server).hover),
		"textDocument/signatureHelp":      on((*server).signatureHelp),
		"textDocument/definition":         on((*server).definition),
		"textDocument/references":         on((*server).references),
		"textDocument/prepareRename":      on((*server).prepareRename),
		"textDocument/rename":             on((*server).rename),
		"textDocument/documentSymbol":     on((*server).documentSymbols),
		"textDocument/formatting":         on((*server).format),
		"textDocument/codeAction":         on((*server).codeActions),
		"textDocument/inlayHint":          on((*server).inlayHints),
	}
})

type none struct{}

func (s *server) initialize(p initializeParams) (*initializeResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range p.WorkspaceFolders {
		if path := pathOf(f.URI); path != "" {
			s.space.folders = append(s.space.folders, path)
		}
	}
	if path := pathOf(p.RootURI); path != "" && len(s.space.folders) == 0 {
		s.space.folders = append(s.space.folders, path)
	}
	s.refresh = p.Capabilities.Workspace.InlayHint.RefreshSupport
	r := &initializeResult{Capabilities: serverCapabilities{
		TextDocumentSync:           syncOptions{OpenClose: true, Change: 2, Save: true},
		CompletionProvider:         completionOptions{TriggerCharacters: []string{".", `"`, "'", "(", "/"}},
		HoverProvider:              true,
		SignatureHelpProvider:      signatureOptions{TriggerCharacters: []string{"(", ","}},
		DefinitionProvider:         true,
		ReferencesProvider:         true,
		DocumentSymbolProvider:     true,
		DocumentFormattingProvider: s.space.options.Format != nil,
		RenameProvider:             renameOptions{PrepareProvider: true},
		CodeActionProvider:         codeActionOptions{CodeActionKinds: []string{"quickfix"}},
		InlayHintProvider:          s.space.options.Images != nil,
	}}
	r.ServerInfo.Name, r.ServerInfo.Version = "sextant", s.space.options.Version
	return r, nil
}

func (s *server) shutdown(none) (any, error) { return nil, nil }

func (s *server) exit(none) (any, error) {
	s.cancel()
	return nil, nil
}

func (s *server) didOpen(p documentParams) (any, error) {
	path := pathOf(p.TextDocument.URI)
	if path == "" {
		return nil, nil // a script that is no file has no loads to follow
	}
	s.edit(path, newDocument(p.TextDocument.URI, path, p.TextDocument.Version, p.TextDocument.Text), true)
	return nil, nil
}

func (s *server) didChange(p changeParams) (any, error) {
	path := pathOf(p.TextDocument.URI)
	s.mu.Lock()
	d := s.space.open[path]
	s.mu.Unlock()
	if d == nil {
		return nil, nil
	}
	for _, change := range p.ContentChanges {
		d = d.replace(p.TextDocument.Version, change.Range, change.Text)
	}
	s.edit(path, d, false)
	return nil, nil
}

func (s *server) didSave(p documentParams) (any, error) {
	s.mu.Lock()
	s.unnamed = append(s.unnamed, pathOf(p.TextDocument.URI))
	s.mu.Unlock()
	signal(s.idle)
	return nil, nil
}

func (s *server) didClose(p documentParams) (any, error) {
	path := pathOf(p.TextDocument.URI)
	s.edit(path, nil, false)
	s.outlines.forget(path)
	if s.space.options.Format != nil {
		s.space.options.Format.Forget(path)
	}
	return nil, nil
}

// didChangeFiles analyzes the open documents again: they may load what changed.
func (s *server) didChangeFiles(none) (any, error) {
	s.mu.Lock()
	for _, a := range s.analyzed {
		a.outdated = true
	}
	s.mu.Unlock()
	signal(s.dirty)
	return nil, nil
}

// edit replaces a document; nil closes it.
func (s *server) edit(path string, d *document, opened bool) {
	s.mu.Lock()
	if d == nil {
		delete(s.space.open, path)
		delete(s.analyzed, path)
		delete(s.hints, path)
	} else {
		if last := s.space.open[path]; last != nil {
			s.hints[path] = carryHints(s.hints[path], changeBetween(last, d))
		}
		s.space.open[path] = d
	}
	for other, a := range s.analyzed {
		if other != path && a.loads(path) {
			a.outdated = true
		}
	}
	if opened {
		s.unnamed = append(s.unnamed, path)
	}
	if s.stopFormat != nil {
		s.stopFormat()
	}
	s.mu.Unlock()
	signal(s.dirty)
	if opened {
		signal(s.idle)
	}
}

// loadsChanged reports whether a document that an analysis loads is another one than
// in the snapshot it is of. The caller holds the lock.
func (s *server) loadsChanged(a *analyzed, of *snapshot) bool {
	for _, open := range []map[string]*document{of.open, s.space.open} {
		for path := range open {
			if path != a.document.path && of.open[path] != s.space.open[path] && a.loads(path) {
				return true
			}
		}
	}
	return false
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// snapshot copies the open documents. The caller holds the lock.
func (s *server) snapshot() *snapshot {
	return &snapshot{s.space.options, maps.Clone(s.space.open)}
}

// next returns a document that waits for its analysis, nil if none does. The
// caller holds the lock.
func (s *server) next() *document {
	for path, d := range s.space.open {
		if a := s.analyzed[path]; a == nil || a.document != d || a.outdated {
			return d
		}
	}
	return nil
}

// analyze analyzes documents until the server ends, and publishes what is found.
func (s *server) analyze(conn *jsonrpc2.Conn) {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.dirty:
		}
		for s.ctx.Err() == nil {
			s.mu.Lock()
			d := s.next()
			if d == nil {
				s.mu.Unlock()
				break
			}
			snapshot, script, last := s.snapshot(), s.space.script(d.path), s.analyzed[d.path]
			s.mu.Unlock()
			a := analyzeOne(s.ctx, snapshot, script, d, last)
			s.mu.Lock()
			if s.space.open[d.path] != nil {
				a.outdated = s.loadsChanged(a, snapshot)
				s.analyzed[d.path] = a
			}
			s.changed.Broadcast()
			fresh := s.space.open[d.path] == d
			s.mu.Unlock()
			if fresh {
				s.publish(conn, a)
				signal(s.loose)
			}
		}
	}
}

func analyzeOne(ctx context.Context, snapshot *snapshot, sc script, d *document, last *analyzed) *analyzed {
	a := &analyzed{document: d, script: sc, program: &analysis.Program{}}
	if last != nil {
		a.file = last.file
	}
	program, err := snapshot.check(ctx, sc)
	if err != nil {
		return a // the folder of the script is gone, or the server ends
	}
	a.program = program
	if f := a.current(); f != nil {
		a.file = f
	} else if f := snapshot.repaired(ctx, sc, d); f != nil && (len(f.Source) > 0 || a.file == nil) {
		a.file = f
	}
	return a
}

// publish sends the diagnostics of a document.
func (s *server) publish(conn *jsonrpc2.Conn, a *analyzed) {
	p := publishParams{URI: a.document.uri, Version: a.document.version, Diagnostics: []diagnostic{}}
	for _, d := range a.diagnostics() {
		p.Diagnostics = append(p.Diagnostics, a.shown(&d))
	}
	if err := conn.Notify(s.ctx, "textDocument/publishDiagnostics", p); err != nil {
		s.cancel() // the editor is gone
	}
}

// diagnostics returns those of the document itself.
func (a *analyzed) diagnostics() []diag.Diagnostic {
	if f := a.program.File(a.script.name); f != nil {
		return f.Diagnostics
	}
	return nil
}

// shown converts a diagnostic.
func (a *analyzed) shown(d *diag.Diagnostic) diagnostic {
	out := diagnostic{Range: a.document.rangeOf(d.Range), Severity: int(d.Severity), Code: d.Code, Source: "sextant", Message: d.Summary}
	if d.Detail != "" {
		out.Message += "\n" + d.Detail
	}
	if d.Code == "unused-name" || d.Code == "unreachable" {
		out.Tags = []int{1}
	}
	for _, r := range d.Related {
		out.Related = append(out.Related, relatedInformation{location{a.document.uri, a.document.rangeOf(r.Range)}, r.Message})
	}
	return out
}

// latest returns a document as it is and its last analysis, which may be of an
// earlier version; nil if it is not open.
func (s *server) latest(uri string) (*document, *analyzed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := pathOf(uri)
	d := s.space.open[path]
	for d != nil && s.analyzed[path] == nil && s.ctx.Err() == nil {
		s.changed.Wait()
	}
	return d, s.analyzed[path]
}

// settled waits for the analysis of a document as it is. It returns nil if the
// document is not open, or the server ends.
func (s *server) settled(uri string) *analyzed {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := pathOf(uri)
	for s.ctx.Err() == nil {
		d, a := s.space.open[path], s.analyzed[path]
		if d == nil {
			return nil
		}
		if a != nil && a.document == d && !a.outdated {
			return a
		}
		s.changed.Wait()
	}
	return nil
}

// errNoSymbol is the answer to a request about a name at a place without one.
var errNoSymbol = fmt.Errorf("there is no name of this script here")
