package lsp

import (
	"context"
	"errors"
	"io"
	"log"
	"sync"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
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
	analyzer := newAnalyzer(ctx, &options)
	s := &server{
		ctx:       ctx,
		cancel:    cancel,
		options:   &options,
		stream:    jsonrpc2.NewBufferedStream(stream, jsonrpc2.VSCodeObjectCodec{}),
		analyzer:  analyzer,
		requests:  &requests{analyzer: analyzer},
		formatter: newFormatter(analyzer),
		hinter:    newHinter(analyzer),
	}
	s.methods = s.allMethods()
	conn := jsonrpc2.NewConn(ctx, s.stream, s,
		jsonrpc2.SetLogger(log.New(io.Discard, "", 0))) // an editor shows what it gets on standard error
	var workers sync.WaitGroup
	workers.Go(func() {
		analyzer.run(func(a *analyzed) {
			s.publish(conn, a)
			s.formatter.wake()
		})
	})
	workers.Go(s.formatter.run)
	workers.Go(func() { s.hinter.run(conn) })
	select {
	case <-conn.DisconnectNotify():
	case <-ctx.Done():
	}
	cancel()
	analyzer.end()
	conn.Close() // a stream that is closed already has nothing to add
	<-conn.DisconnectNotify()
	workers.Wait()
	return nil
}

// server is one connection. It keeps the documents as the editor has them, and passes
// each request to what answers it.
type server struct {
	ctx     context.Context
	cancel  context.CancelFunc
	options *Options
	stream  jsonrpc2.ObjectStream
	methods map[string]method

	analyzer  *analyzer
	requests  *requests
	formatter *formatter
	hinter    *hinter
}

// requests answers what an editor asks about a place in an open document, or about
// all of it, from the analyses. Its methods are in a file for each group of them:
// complete.go, hover.go, navigate.go, outline.go and fixes.go. They are called one at
// a time.
type requests struct {
	*analyzer
	outlines outlines
}

// method answers one kind of message.
type method func(*jsonrpc2.Request) (any, error)

func (s *server) allMethods() map[string]method {
	return map[string]method{
		"initialize":                      on(s.initialize),
		"shutdown":                        on(s.shutdown),
		"exit":                            on(s.exit),
		"textDocument/didOpen":            on(s.didOpen),
		"textDocument/didChange":          on(s.didChange),
		"textDocument/didSave":            on(s.didSave),
		"textDocument/didClose":           on(s.didClose),
		"workspace/didChangeWatchedFiles": on(s.didChangeFiles),
		"textDocument/completion":         on(s.requests.complete),
		"textDocument/hover":              on(s.requests.hover),
		"textDocument/signatureHelp":      on(s.requests.signatureHelp),
		"textDocument/definition":         on(s.requests.definition),
		"textDocument/references":         on(s.requests.references),
		"textDocument/prepareRename":      on(s.requests.prepareRename),
		"textDocument/rename":             on(s.requests.rename),
		"textDocument/documentSymbol":     on(s.requests.documentSymbols),
		"textDocument/codeAction":         on(s.requests.codeActions),
		"textDocument/formatting":         on(s.formatter.format),
		"textDocument/inlayHint":          on(s.hinter.inlayHints),
	}
}

// on makes a method of a function with typed parameters.
func on[P, R any](f func(P) (R, error)) method {
	return func(req *jsonrpc2.Request) (any, error) {
		params, err := unmarshal[P](req.Params)
		if err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: err.Error()}
		}
		return f(params)
	}
}

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
	method := s.methods[req.Method]
	if method == nil {
		if req.Notif {
			return nil, nil
		}
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "method not supported: " + req.Method}
	}
	return method(req)
}

// none are the parameters of a message without any that matter.
type none struct{}

func (s *server) initialize(p initializeParams) (*initializeResult, error) {
	var folders []string
	for _, f := range p.WorkspaceFolders {
		if path := pathOf(f.URI); path != "" {
			folders = append(folders, path)
		}
	}
	if path := pathOf(p.RootURI); path != "" && len(folders) == 0 {
		folders = append(folders, path)
	}
	s.analyzer.addFolders(folders...)
	s.hinter.refreshes(p.Capabilities.Workspace.InlayHint.RefreshSupport)
	r := &initializeResult{Capabilities: serverCapabilities{
		TextDocumentSync:           syncOptions{OpenClose: true, Change: 2, Save: true},
		CompletionProvider:         completionOptions{TriggerCharacters: []string{".", `"`, "'", "(", "/"}},
		HoverProvider:              true,
		SignatureHelpProvider:      signatureOptions{TriggerCharacters: []string{"(", ","}},
		DefinitionProvider:         true,
		ReferencesProvider:         true,
		DocumentSymbolProvider:     true,
		DocumentFormattingProvider: s.options.Format != nil,
		RenameProvider:             renameOptions{PrepareProvider: true},
		CodeActionProvider:         codeActionOptions{CodeActionKinds: []string{"quickfix"}},
		InlayHintProvider:          s.options.Images != nil,
	}}
	r.ServerInfo.Name, r.ServerInfo.Version = "sextant", s.options.Version
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
	s.replace(path, newDocument(p.TextDocument.URI, path, p.TextDocument.Version, p.TextDocument.Text))
	s.hinter.name(path)
	return nil, nil
}

func (s *server) didChange(p changeParams) (any, error) {
	path := pathOf(p.TextDocument.URI)
	d := s.analyzer.document(path)
	if d == nil {
		return nil, nil
	}
	for _, change := range p.ContentChanges {
		d = d.replace(p.TextDocument.Version, change.Range, change.Text)
	}
	s.replace(path, d)
	return nil, nil
}

func (s *server) didSave(p documentParams) (any, error) {
	s.hinter.name(pathOf(p.TextDocument.URI))
	return nil, nil
}

func (s *server) didClose(p documentParams) (any, error) {
	path := pathOf(p.TextDocument.URI)
	s.replace(path, nil)
	s.hinter.forget(path)
	s.requests.outlines.forget(path)
	s.formatter.forget(path)
	return nil, nil
}

// didChangeFiles analyzes the open documents again: they may load what changed.
func (s *server) didChangeFiles(none) (any, error) {
	s.analyzer.outdate()
	return nil, nil
}

// replace replaces a document; nil closes it.
func (s *server) replace(path string, d *document) {
	s.analyzer.replace(path, d)
	if d != nil {
		s.hinter.carry(path, d)
	}
	s.formatter.stop()
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

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
