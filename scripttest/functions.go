package scripttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/starlark"
)

// functionPrefix begins the name of a test function.
const functionPrefix = "test_"

// function is a test function as it is in a file.
type function struct {
	name   string
	line   int
	params int
}

// withoutBOM drops the byte order mark that some editors write before UTF-8. The
// interpreter ignores it too.
func withoutBOM(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

// findFunctions lists the test functions at the top level of a file, in order.
// It reports ok false where the file does not parse.
func findFunctions(file string, src []byte) (found []function, ok bool) {
	f, err := (&syntax.FileOptions{}).Parse(file, withoutBOM(src), 0)
	if err != nil {
		return nil, false
	}
	for _, stmt := range f.Stmts {
		var name *syntax.Ident
		var params []syntax.Expr
		switch stmt := stmt.(type) {
		case *syntax.DefStmt:
			name, params = stmt.Name, stmt.Params
		case *syntax.AssignStmt: // test_x = lambda: ...
			lambda, ok := unparen(stmt.RHS).(*syntax.LambdaExpr)
			if !ok {
				continue
			}
			name, _ = unparen(stmt.LHS).(*syntax.Ident)
			params = lambda.Params
		}
		if name != nil && strings.HasPrefix(name.Name, functionPrefix) {
			start, _ := stmt.Span()
			found = append(found, function{name: name.Name, line: int(start.Line), params: len(params)})
		}
	}
	return found, true
}

func unparen(e syntax.Expr) syntax.Expr {
	for {
		p, ok := e.(*syntax.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}

// isFunctions reports whether a file is one of assertion tests, by its name.
func isFunctions(name string) bool { return strings.HasSuffix(name, functionsSuffix) }

// functions returns a test for each test function of a file. A file that does
// not parse is one test, which fails with the interpreter's message.
func (p *place) functions(file string) []*testCase {
	shown := p.path + "/" + file
	if p.path == "." {
		shown = file
	}
	test := testCase{name: shown, path: filepath.FromSlash(shown), file: file}
	if p.archived() {
		test.path = filepath.FromSlash(p.path)
	}
	src, err := p.store.read(file)
	if err != nil {
		test.broken = err
		return []*testCase{&test}
	}
	found, ok := findFunctions(file, src)
	if !ok {
		return []*testCase{&test}
	}
	var cases []*testCase
	for i, f := range found {
		c := test
		c.name += ":" + f.name
		c.function = f.name
		switch {
		case f.params > 0:
			c.broken = fmt.Errorf("%s:%d: %s has parameters: a test function is called without arguments", file, f.line, f.name)
		case slices.ContainsFunc(found[:i], func(o function) bool { return o.name == f.name }):
			c.broken = fmt.Errorf("%s:%d: a second %s: give it another name", file, f.line, f.name)
		}
		cases = append(cases, &c)
	}
	return cases
}

// caller makes the script that calls one function of a file, and the loader
// that returns its contents. It is beside the file, under a name that shows what
// it does.
func caller(script, name string) (load func(context.Context, string) ([]byte, bool, error), main string) {
	main = script + ":" + name
	text := fmt.Sprintf("load(%s, %q)\n%s()\n", strconv.Quote(path.Base(script)), name, name)
	return func(_ context.Context, asked string) ([]byte, bool, error) {
		return []byte(text), asked == main, nil
	}, main
}

// withoutCaller drops the frames of a calling script from an error: nobody
// wrote it.
func withoutCaller(main string, err error) error {
	var one *starlark.ScriptError
	var all starlark.ScriptErrors
	switch {
	case errors.As(err, &all):
		out := make(starlark.ScriptErrors, len(all))
		for i, e := range all {
			out[i] = trimFrames(main, e)
		}
		return out
	case errors.As(err, &one):
		return trimFrames(main, one)
	}
	return err
}

func trimFrames(main string, e *starlark.ScriptError) *starlark.ScriptError {
	if len(e.Frames) < 2 || e.Frames[0].File != main {
		return e
	}
	trimmed := *e
	trimmed.Frames = e.Frames[1:]
	return &trimmed
}
