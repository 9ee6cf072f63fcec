package starlark

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.starlark.net/resolve"
	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Check parses file and everything that it loads, and resolves every name,
// without executing anything. The names are those that the plugins of a run
// would add.
//
// The error is a [*ScriptError] or [ScriptErrors] with every mistake found: the
// first syntax error of each file, a hundred undefined names of each, and loads that can't
// work. Frames of a mistake in a loaded file name the load statements that led
// to it.
func (e *Engine) Check(ctx context.Context, file string, names []string) error {
	if e.Files == nil {
		return errors.New("starlark: Engine.Files is nil: set it to the file system that holds the scripts")
	}
	name, err := resolveName("", file)
	if err != nil {
		return fmt.Errorf("cannot check %s: %w", file, err)
	}
	limits := e.Limits.withDefaults()
	c := &checker{
		ctx:       ctx,
		sources:   newSources(e, limits),
		loadDepth: limits.LoadDepth,
		names:     names,
		resolve:   e.Resolve,
		globals:   map[string][]string{},
	}
	if err := c.file(name, nil); err != nil {
		return fmt.Errorf("cannot check %s: %w", name, err)
	}
	return c.found.asError()
}

// checker is the state of one Check.
type checker struct {
	ctx       context.Context
	sources   *sources
	loadDepth int
	names     []string
	resolve   func(LoadRequest) (string, bool, error)
	globals   map[string][]string // names that each file done defines; nil where it can't be told
	loading   []string            // files begun and not done, outermost first
	found     ScriptErrors
}

// file checks one file and what it loads. The frames are the load statements
// that led to it. It returns an error only where the file can't be read.
func (c *checker) file(name string, frames []Frame) error {
	if err := canceled(c.ctx); err != nil {
		return err
	}
	src, err := c.sources.read(c.ctx, name)
	if err != nil {
		return err
	}
	c.globals[name] = nil
	f, err := parse(name, src)
	if err != nil {
		c.found = append(c.found, c.sources.mistakes(err, frames, c.names)...)
		return nil
	}
	c.loading = append(c.loading, name)
	for _, stmt := range f.Stmts {
		if load, ok := stmt.(*syntax.LoadStmt); ok {
			if err := c.load(name, load, frames); err != nil {
				return err
			}
		}
	}
	c.loading = c.loading[:len(c.loading)-1]

	isPredeclared := func(name string) bool { return slices.Contains(c.names, name) }
	if err := resolve.File(f, isPredeclared, sl.Universe.Has); err != nil {
		c.found = append(c.found, c.sources.mistakes(err, frames, c.names)...)
	}
	globals := []string{}
	for _, g := range f.Module.(*resolve.Module).Globals {
		globals = append(globals, g.First.Name)
	}
	c.globals[name] = globals
	return nil
}

// load checks a load statement of the file from. It returns an error only where
// the check itself must stop.
func (c *checker) load(from string, stmt *syntax.LoadStmt, frames []Frame) error {
	at := position(stmt.Load)
	path := stmt.ModuleName()
	name, err := resolveLoad(c.resolve, LoadRequest{Path: path, Calling: from, Executing: from})
	if err == nil {
		err = cycle(c.loading, name)
	}
	if _, done := c.globals[name]; err == nil && !done {
		if len(c.loading) > c.loadDepth {
			err = &LimitError{Limit: LimitLoadDepth, Max: uint64(c.loadDepth)}
		} else {
			below := Frame{Position: at, Func: "<toplevel>"}
			err = c.file(name, append(frames[:len(frames):len(frames)], below))
		}
	}
	if err != nil {
		if stop := canceled(c.ctx); stop != nil {
			return stop
		}
		m := c.sources.mistake(at, fmt.Sprintf("cannot load %s: %v", path, err), frames)
		m.Cause = err
		c.found = append(c.found, m)
		return nil
	}
	if c.globals[name] == nil {
		return nil
	}
	for _, id := range stmt.From {
		if !slices.Contains(c.globals[name], id.Name) {
			message := withNearest(fmt.Sprintf("load: name %s not found in module %s", id.Name, path), id.Name, c.globals[name])
			c.found = append(c.found, c.sources.mistake(position(id.NamePos), message, frames))
		}
	}
	return nil
}
