package analysis

import (
	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// SymbolAt returns the symbol of the name at a position, and the name there; nil
// if there is none.
func (f *File) SymbolAt(at diag.Position) (*Symbol, *syntax.Ident) {
	for _, s := range f.Symbols {
		if s.Load != nil {
			if from := s.LoadedAs(); int(from.NamePos.Line) == at.Line && f.Range(from).Contains(at) {
				return s, from
			}
		}
		for _, ids := range [][]*syntax.Ident{s.Defs, s.Uses} {
			for _, id := range ids {
				if int(id.NamePos.Line) == at.Line && f.Range(id).Contains(at) {
					return s, id
				}
			}
		}
	}
	if call, id := f.KeywordAt(at); id != nil {
		if def := f.calledSymbol(call); def != nil {
			return def.File.Parameter(def, id.Name), id
		}
	}
	return nil, nil
}

// KeywordAt returns the call that has the position in the name of a keyword argument,
// and the name; nil if there is none.
func (f *File) KeywordAt(at diag.Position) (*syntax.CallExpr, *syntax.Ident) {
	for _, call := range f.calls {
		for _, id := range Keywords(call) {
			if int(id.NamePos.Line) == at.Line && f.Range(id).Contains(at) {
				return call, id
			}
		}
	}
	return nil, nil
}

// Mention is a name in a file that no function or comprehension around it defines.
type Mention struct {
	ID *syntax.Ident
	// Symbol is what the file defines or loads by the name, nil for a name of the table
	// and an undefined one.
	Symbol *Symbol
	// Late reports whether all that the file defines is visible there: in a function or
	// a comprehension. Elsewhere it is what the file defines before.
	Late bool
}

// Mentions returns where the file mentions a name, in no particular order.
func (f *File) Mentions(name string) []Mention {
	if f.Tree == nil {
		return nil
	}
	m := mentions{f: f, name: name}
	for _, stmt := range f.Tree.Stmts {
		m.walk(stmt, false)
	}
	return m.list
}

type mentions struct {
	f    *File
	name string
	list []Mention
}

func (m *mentions) walk(n syntax.Node, late bool) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Ident:
			m.add(n, late)
		case *syntax.DefStmt:
			if !late {
				m.walk(n.Name, false)
				walkAll(m, n.Params, false) // with defaults, which are found before a call
				walkAll(m, n.Body, true)
			}
			return late
		case *syntax.LambdaExpr:
			if !late {
				walkAll(m, n.Params, false)
				m.walk(n.Body, true)
			}
			return late
		case *syntax.Comprehension:
			if !late {
				first := n.Clauses[0].(*syntax.ForClause)
				m.walk(first.X, false)
				m.walk(first.Vars, true)
				walkAll(m, n.Clauses[1:], true)
				m.walk(n.Body, true)
			}
			return late
		}
		return true
	})
}

func walkAll[N syntax.Node](m *mentions, nodes []N, late bool) {
	for _, n := range nodes {
		m.walk(n, late)
	}
}

func (m *mentions) add(id *syntax.Ident, late bool) {
	if id.Name != m.name {
		return
	}
	b, ok := id.Binding.(*resolve.Binding)
	if !ok { // an attribute, or a keyword
		return
	}
	var s *Symbol
	if b.First != nil {
		if s = m.f.byFirst[b.First]; s == nil || s.Scope == Local && s.Load == nil {
			return
		}
	}
	m.list = append(m.list, Mention{id, s, late})
}

// LoadAt returns the load statement that has the position in the name of its
// file, or nil.
func (f *File) LoadAt(at diag.Position) *syntax.LoadStmt {
	if f.Tree == nil {
		return nil
	}
	for _, stmt := range f.Tree.Stmts {
		if load, ok := stmt.(*syntax.LoadStmt); ok && f.Range(load.Module).Contains(at) {
			return load
		}
	}
	return nil
}

// KeywordsOf returns where calls of functions of scripts pass an argument to the
// parameter of a name. Want chooses the functions.
func (f *File) KeywordsOf(want func(function *Symbol) bool, parameter string) []*syntax.Ident {
	var uses []*syntax.Ident
	for _, call := range f.calls {
		if def := f.calledSymbol(call); def == nil || !want(def) {
			continue
		}
		for _, id := range Keywords(call) {
			if id.Name == parameter {
				uses = append(uses, id)
			}
		}
	}
	return uses
}

func (f *File) calledSymbol(call *syntax.CallExpr) *Symbol {
	if t := f.TypeOf(call.Fn); len(t) == 1 {
		return t[0].Def
	}
	return nil
}

// Keywords returns the names of the keyword arguments of a call.
func Keywords(call *syntax.CallExpr) []*syntax.Ident {
	var ids []*syntax.Ident
	for _, arg := range call.Args {
		if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			ids = append(ids, b.X.(*syntax.Ident))
		}
	}
	return ids
}

// Parameter returns the parameter of a function of the file by its name, nil if it has
// none.
func (f *File) Parameter(function *Symbol, name string) *Symbol {
	for _, s := range f.Symbols {
		if s.Parameter && s.Parent == function && s.Name == name {
			return s
		}
	}
	return nil
}

// Visible returns the symbols that code can use inside of nested functions, named
// from the innermost one, which is none at top level. Names of inner functions
// come first, and hide those of outer ones.
func (f *File) Visible(functions []string) []*Symbol {
	var out []*Symbol
	seen := map[string]bool{}
	add := func(s *Symbol) {
		if !seen[s.Name] {
			seen[s.Name] = true
			out = append(out, s)
		}
	}
	for _, name := range functions {
		for _, s := range f.Symbols {
			if s.Parent != nil && s.Parent.Name == name {
				add(s)
			}
		}
	}
	for _, s := range f.Symbols {
		if s.Scope == Global || s.Load != nil {
			add(s)
		}
	}
	return out
}

// TypeOf returns the type of an expression of the tree, nil if it is not
// evident.
func (f *File) TypeOf(e syntax.Expr) Type { return inference{f, f.types}.typeOf(e) }

// TypeOfText returns the type of an expression that is not part of the script,
// as code inside of functions would have it, see [File.Visible]; nil if it is not
// evident or does not parse.
func (f *File) TypeOfText(expr string, functions []string) Type {
	e, err := (&syntax.FileOptions{Set: true}).ParseExpr("", expr, 0)
	if err != nil {
		return nil
	}
	syntax.Walk(e, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok {
			f.bindText(id, functions)
		}
		return true
	})
	return inference{f, map[syntax.Expr]Type{}}.typeOf(e)
}

func (f *File) bindText(id *syntax.Ident, functions []string) {
	for _, name := range functions {
		for _, s := range f.Symbols {
			if s.Name == id.Name && s.Parent != nil && s.Parent.Name == name {
				id.Binding = &resolve.Binding{Scope: resolve.Local, First: s.first()}
				return
			}
		}
	}
	for _, s := range f.Symbols {
		if s.Name == id.Name && (s.Scope == Global || s.Parent == nil) {
			id.Binding = &resolve.Binding{Scope: resolve.Global, First: s.first()}
			return
		}
	}
	id.Binding = &resolve.Binding{Scope: resolve.Predeclared}
}

// FunctionOf returns the row or the signature of a function by its type, nil if
// it is none.
func (f *File) FunctionOf(t Type) *Function {
	if len(t) != 1 {
		return nil
	}
	if t[0].Def != nil {
		return t[0].Def.Signature()
	}
	return f.table.functions[t[0].Row]
}
