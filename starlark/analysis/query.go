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
	for _, call := range f.calls {
		if def := f.calledSymbol(call); def != nil {
			for _, id := range keywords(call) {
				if int(id.NamePos.Line) == at.Line && f.Range(id).Contains(at) {
					return def.File.parameter(def, id.Name), id
				}
			}
		}
	}
	return nil, nil
}

// Free returns the names in the tree that it does not define: those of the table and
// undefined ones, in the order of the source.
func (f *File) Free() []*syntax.Ident {
	if f.Tree == nil {
		return nil
	}
	var ids []*syntax.Ident
	syntax.Walk(f.Tree, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok {
			if b, ok := id.Binding.(*resolve.Binding); ok && b.First == nil {
				ids = append(ids, id)
			}
		}
		return true
	})
	return ids
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

// Keywords returns where calls of functions of scripts pass an argument to the
// parameter of a name. Want chooses the functions.
func (f *File) Keywords(want func(function *Symbol) bool, parameter string) []*syntax.Ident {
	var uses []*syntax.Ident
	for _, call := range f.calls {
		if def := f.calledSymbol(call); def == nil || !want(def) {
			continue
		}
		for _, id := range keywords(call) {
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

func keywords(call *syntax.CallExpr) []*syntax.Ident {
	var ids []*syntax.Ident
	for _, arg := range call.Args {
		if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			ids = append(ids, b.X.(*syntax.Ident))
		}
	}
	return ids
}

func (f *File) parameter(function *Symbol, name string) *Symbol {
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
