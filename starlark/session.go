package starlark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// consoleDialect is dialect, with names that a load statement binds for the
// statements behind it.
var consoleDialect = &syntax.FileOptions{
	Set:               dialect.Set,
	While:             dialect.While,
	TopLevelControl:   dialect.TopLevelControl,
	GlobalReassign:    dialect.GlobalReassign,
	Recursion:         dialect.Recursion,
	LoadBindsGlobally: true,
}

// Session executes statements one after another in one scope, for a console.
// Its methods must not be called at the same time.
//
// Limits.Steps and Limits.Output bound each statement, Limits.Time and
// Limits.Memory the whole session.
type Session struct {
	run     *run
	globals sl.StringDict // names of the plugins, of the file, and of statements
	count   int           // of statements read
	release []func()      // what Close undoes, in reverse order
}

// Open begins a session: it starts the plugins and, unless file is "", executes
// the file, whose globals the session then sees. The errors are those of
// [Engine.Run]. The caller closes the session.
func (e *Engine) Open(ctx context.Context, file string, plugins ...Plugin) (s *Session, err error) {
	if e.Files == nil {
		return nil, errors.New("starlark: Engine.Files is nil: set it to the file system that holds the scripts")
	}
	name := ""
	if file != "" {
		if name, err = resolveName("", file); err != nil {
			return nil, fmt.Errorf("cannot run %s: %w", file, err)
		}
	}
	m := newMeter(ctx, e.Limits)
	s = &Session{release: []func(){m.close}}
	engine := *e
	engine.Cover = nil
	if s.run, err = newRun(&engine, m, name, plugins); err != nil {
		s.undo()
		return nil, err
	}
	s.globals = maps.Clone(s.run.names)
	s.release = append(s.release, m.stopWhenDone(m.ctx))
	addGates(m, s.globals)
	if name != "" {
		globals, err := s.run.main()
		if err != nil {
			err = s.run.end(err)
			s.undo()
			return nil, err
		}
		maps.Copy(s.globals, globals)
	}
	return s, nil
}

// Next reads one statement with readLine, executes it and returns the value of
// an expression, or nil for another statement or an expression that is None.
//
// ReadLine returns a line with its newline, and io.EOF if there is none; more is
// true if the statement continues. Next returns io.EOF if readLine does at the
// beginning of a statement, and any other error of readLine as it is. The error
// of a statement is a [*ScriptError] or [ScriptErrors], and the session goes on.
// When ctx is done, the statement is stopped; a builtin that waits ends its wait
// first.
func (s *Session) Next(ctx context.Context, readLine func(more bool) (string, error)) (value sl.Value, err error) {
	s.count++
	name := fmt.Sprintf("<input %d>", s.count)
	var text strings.Builder
	var unread error
	f, err := consoleDialect.ParseCompoundStmt(name, func() ([]byte, error) {
		line, err := readLine(text.Len() > 0)
		if err == io.EOF && unread == nil && text.Len() > 0 {
			line, unread, err = "\n", err, nil // ends a block or a line that the input leaves open
		}
		if err != nil {
			unread = err
			return nil, err
		}
		if !strings.HasSuffix(line, "\n") {
			line += "\n" // the last line of the input
		}
		text.WriteString(line)
		return []byte(line), nil
	})
	switch {
	case unread != nil && (unread != io.EOF || text.Len() == 0):
		return nil, unread
	case unread != nil && err != nil:
		err = syntax.Error{Pos: syntax.MakePosition(&name, int32(strings.Count(text.String(), "\n")), 1), Msg: "unexpected end of the input"}
	}
	s.run.sources.texts[name] = text.String()
	if err == nil {
		// The parser of statements has no bound on chains; that of files does.
		_, err = parse(name, text.String(), dialect)
	}
	if err != nil {
		if mistakes := s.run.sources.mistakes(err, name, nil, s.globals.Keys()); mistakes != nil {
			return nil, mistakes.asError()
		}
		return nil, err
	}
	return s.execute(ctx, name, f)
}

func (s *Session) execute(ctx context.Context, name string, f *syntax.File) (value sl.Value, err error) {
	defer s.run.caught(name, &err)
	m, thread := s.run.meter, s.run.thread
	s.run.loading = []string{s.run.first}
	m.reset()
	defer m.stopWhenDone(ctx)()
	gateStatement(f)
	addKeys(f, s.globals)
	if x := onlyExpression(f); x != nil {
		value, err = sl.EvalExprOptions(consoleDialect, thread, x, s.globals)
		if value == sl.None {
			value = nil
		}
		if err == nil && value != nil { // it is printed
			if size := textSize(value); size > m.limits.Output {
				at, _ := x.Span()
				err = &placedLimit{at, &diag.LimitError{Limit: diag.LimitOutput, Max: uint64(m.limits.Output)}}
			}
		}
	} else {
		err = sl.ExecREPLChunk(f, thread, s.globals)
	}
	switch {
	case err == nil:
		return value, nil
	case ctx.Err() != nil:
		return nil, &CanceledError{Err: ctx.Err(), Cause: context.Cause(ctx)}
	}
	if mistakes := s.run.sources.mistakes(err, name, nil, s.globals.Keys()); mistakes != nil {
		return nil, mistakes.asError()
	}
	return nil, s.run.scriptError(name, err)
}

// onlyExpression returns the expression of a file that is nothing else.
func onlyExpression(f *syntax.File) syntax.Expr {
	if len(f.Stmts) == 1 {
		if stmt, ok := f.Stmts[0].(*syntax.ExprStmt); ok {
			return stmt.X
		}
	}
	return nil
}

// Names returns the names that a statement can use, sorted, those of the
// language included.
func (s *Session) Names() []string {
	names := sl.Universe.Keys()
	for name := range s.globals {
		if !isGate(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Attributes returns the names of the attributes of a value, for completion. The
// value is a name, or an attribute of a module or struct, such as os.path:
// reading one of another value could wait. It returns nil for anything else.
func (s *Session) Attributes(value string) []string {
	name, rest, dotted := strings.Cut(value, ".")
	v, ok := s.globals[name]
	if !ok {
		v = sl.Universe[name]
	}
	for dotted {
		if v == nil || v.Type() != "module" && v.Type() != "struct" {
			return nil
		}
		name, rest, dotted = strings.Cut(rest, ".")
		var err error
		if v, err = v.(sl.HasAttrs).Attr(name); err != nil {
			return nil
		}
	}
	attrs, ok := v.(sl.HasAttrs)
	if !ok {
		return nil
	}
	return attrs.AttrNames()
}

// Close ends the plugins and returns their error.
func (s *Session) Close() error {
	defer s.undo()
	return s.run.end(nil)
}

func (s *Session) undo() {
	for _, f := range slices.Backward(s.release) {
		f()
	}
}
