package starlark

import (
	"context"
	"errors"
	"fmt"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// Check parses file and everything that it loads, and analyzes it without
// executing anything. What scripts can use is in e.Table.
//
// The diagnostics of the program are what was found: the first syntax error of
// each file, and all that package analysis reports. Those of a loaded file have
// the load statements that led to it. The error is one that kept Check from its
// work: file cannot be read, or ctx is done.
func (e *Engine) Check(ctx context.Context, file string) (*analysis.Program, error) {
	if e.Files == nil {
		return nil, errors.New("starlark: Engine.Files is nil: set it to the file system that holds the scripts")
	}
	name, err := resolveName("", file)
	if err != nil {
		return nil, fmt.Errorf("cannot check %s: %w", file, err)
	}
	limits := e.Limits.withDefaults()
	c := &checker{
		ctx:       ctx,
		sources:   newSources(e, limits),
		loadDepth: limits.LoadDepth,
		table:     e.Table,
		resolve:   e.Resolve,
		program:   &analysis.Program{},
		files:     map[string]*analysis.File{},
	}
	if _, err := c.file(name, nil); err != nil {
		return nil, fmt.Errorf("cannot check %s: %w", name, err)
	}
	return c.program, nil
}

// checker is the state of one Check.
type checker struct {
	ctx       context.Context
	sources   *sources
	loadDepth int
	table     func(file string) *analysis.Table
	resolve   func(LoadRequest) (string, bool, error)
	program   *analysis.Program
	files     map[string]*analysis.File // by name; nil while it is being checked
	loading   []string                  // files begun and not done, outermost first
}

// file checks one file and what it loads. The loads are the statements that led
// to it. It returns an error only if the file cannot be read.
func (c *checker) file(name string, loads []diag.Position) (*analysis.File, error) {
	if err := canceled(c.ctx); err != nil {
		return nil, err
	}
	src, err := c.sources.read(c.ctx, name)
	if err != nil {
		return nil, err
	}
	c.files[name] = nil
	table := analysis.NewTable()
	if c.table != nil {
		table = c.table(name)
	}
	tree, err := parse(name, src, c.sources.engine.options())
	if err != nil {
		return c.done(analysis.Broken(name, src, table, diagnostics(err, name, src, table.Names())), loads), nil
	}
	c.loading = append(c.loading, name)
	loaded := map[*syntax.LoadStmt]*analysis.File{}
	var failed []diag.Diagnostic
	for _, stmt := range tree.Stmts {
		load, ok := stmt.(*syntax.LoadStmt)
		if !ok {
			continue
		}
		f, err := c.load(name, load, loads)
		switch {
		case err == nil && f != nil && f.Tree != nil:
			loaded[load] = f
		case err != nil && canceled(c.ctx) != nil:
			return nil, canceled(c.ctx)
		case err != nil:
			failed = append(failed, c.failedLoad(load, err))
		}
	}
	c.loading = c.loading[:len(c.loading)-1]
	f := analysis.Analyze(tree, src, table, loaded)
	f.Diagnostics = append(f.Diagnostics, failed...)
	diag.Sort(f.Diagnostics)
	return c.done(f, loads), nil
}

func (c *checker) done(f *analysis.File, loads []diag.Position) *analysis.File {
	for i := range f.Diagnostics {
		f.Diagnostics[i].Loads = loads
	}
	c.files[f.Name] = f
	c.program.Files = append(c.program.Files, f)
	return f
}

// load checks the file of a load statement. It returns an error if that cannot be
// loaded.
func (c *checker) load(from string, stmt *syntax.LoadStmt, loads []diag.Position) (*analysis.File, error) {
	name, err := resolveLoad(c.resolve, LoadRequest{Path: stmt.ModuleName(), Calling: from, Executing: from})
	if err != nil {
		return nil, err
	}
	if err := cycle(c.loading, name); err != nil {
		return nil, err
	}
	if f, known := c.files[name]; known {
		return f, nil
	}
	if len(c.loading) > c.loadDepth {
		return nil, &diag.LimitError{Limit: diag.LimitLoadDepth, Max: uint64(c.loadDepth)}
	}
	return c.file(name, append(loads[:len(loads):len(loads)], position(stmt.Load)))
}

func (c *checker) failedLoad(stmt *syntax.LoadStmt, err error) diag.Diagnostic {
	end := position(stmt.Rparen)
	end.Column++
	return diag.Diagnostic{
		Severity: diag.Error, Code: "load", Range: diag.Range{Start: position(stmt.Load), End: end},
		Summary: fmt.Sprintf("cannot load %s: %v", stmt.ModuleName(), err), Cause: err,
	}
}

// diagnostics makes diagnostics of an error of parse. Names are those that the table
// adds to the language.
func diagnostics(err error, name, src string, names []string) []diag.Diagnostic {
	var chain *placedLimit
	if errors.As(err, &chain) {
		at := diag.Range{Start: position(chain.at), End: position(chain.at)}
		return []diag.Diagnostic{{Severity: diag.Error, Code: "limit", Range: at, Summary: chain.Error()}}
	}
	return analysis.Mistakes(err, name, src, names, nil)
}
