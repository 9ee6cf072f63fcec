package analysis

import (
	"slices"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// walker collects what the checks need, in one pass over the tree.
type walker struct {
	f        *File
	check    *checker // what it collects
	function *Symbol  // whose body is walked
}

func (w *walker) block(stmts []syntax.Stmt) {
	for i, stmt := range stmts {
		w.stmt(stmt)
		if i+1 < len(stmts) && ends(w.f.table, stmt) {
			rest := diag.Range{Start: w.f.Range(stmts[i+1]).Start, End: w.f.Range(stmts[len(stmts)-1]).End}
			w.f.report(diag.Warning, "unreachable", rest, "unreachable code: "+endsHow(stmt))
			for _, s := range stmts[i+1:] { // reported once, with what it holds
				w.stmt(s)
			}
			return
		}
	}
}

func (w *walker) stmt(stmt syntax.Stmt) {
	switch s := stmt.(type) {
	case *syntax.ExprStmt:
		w.expr(s.X)
	case *syntax.AssignStmt:
		w.expr(s.RHS)
		if s.Op == syntax.EQ {
			w.assign(s.LHS, value{expr: s.RHS})
			return
		}
		w.expr(s.LHS)
		w.assign(s.LHS, value{})
	case *syntax.DefStmt:
		w.def(s)
	case *syntax.IfStmt:
		w.expr(s.Cond)
		w.block(s.True)
		w.block(s.False)
	case *syntax.ForStmt:
		w.loop(s.Vars, s.X)
		w.block(s.Body)
	case *syntax.WhileStmt:
		w.expr(s.Cond)
		w.block(s.Body)
	case *syntax.ReturnStmt:
		if s.Result != nil {
			w.expr(s.Result)
		}
	case *syntax.LoadStmt:
		for i, to := range s.To {
			if sym := w.bind(to, value{}); sym != nil && sym.Load == nil {
				sym.Load, sym.From = s, s.From[i].Name
			}
		}
	}
}

func (w *walker) def(s *syntax.DefStmt) {
	sym := w.bind(s.Name, value{})
	if sym != nil {
		sym.values = sym.values[:len(sym.values)-1]
		if len(sym.Defs) == 1 {
			sym.Def = s
		}
	}
	w.params(s.Params, sym)
	outer := w.function
	w.function = sym
	w.block(s.Body)
	w.function = outer
}

func (w *walker) params(params []syntax.Expr, function *Symbol) {
	for _, p := range params {
		if b, ok := p.(*syntax.BinaryExpr); ok {
			w.expr(b.Y)
		}
	}
	outer := w.function
	w.function = function
	for _, p := range params {
		switch e := p.(type) {
		case *syntax.UnaryExpr:
			p = e.X
		case *syntax.BinaryExpr:
			p = e.X
		}
		if id, ok := p.(*syntax.Ident); ok {
			if sym := w.bind(id, value{}); sym != nil {
				sym.Parameter, sym.exempt = true, true
			}
		}
	}
	w.function = outer
}

// loop binds the variables of a loop, or of a clause of a comprehension, over x.
func (w *walker) loop(vars, x syntax.Expr) {
	w.expr(x)
	w.check.iterated = append(w.check.iterated, x)
	w.assign(vars, value{expr: x, element: true})
}

// assign binds the names of the left side of an assignment.
func (w *walker) assign(lhs syntax.Expr, v value) {
	switch e := lhs.(type) {
	case *syntax.Ident:
		if sym := w.bind(e, v); sym != nil && (v.element || v.expr == nil) {
			sym.exempt = true
		}
	case *syntax.ParenExpr:
		w.assign(e.X, v)
	case *syntax.TupleExpr:
		for _, x := range e.List {
			w.assign(x, value{})
		}
	case *syntax.ListExpr:
		for _, x := range e.List {
			w.assign(x, value{})
		}
	case *syntax.IndexExpr:
		w.expr(e.X)
		w.expr(e.Y)
	case *syntax.DotExpr:
		w.expr(e.X)
		w.check.assigned = append(w.check.assigned, e)
	}
}

// symbol returns the symbol that an identifier is bound to, nil for a name of
// the table, a keyword or an attribute. It makes the symbol when it meets it first.
func (w *walker) symbol(id *syntax.Ident) *Symbol {
	b, ok := id.Binding.(*resolve.Binding)
	if !ok || b.First == nil {
		return nil
	}
	s := w.f.byFirst[b.First]
	if s == nil {
		s = &Symbol{Name: id.Name, Scope: Local, File: w.f}
		if b.Scope == resolve.Global {
			s.Scope = Global
		}
		w.f.byFirst[b.First] = s
		w.f.Symbols = append(w.f.Symbols, s)
	}
	return s
}

func (w *walker) bind(id *syntax.Ident, v value) *Symbol {
	sym := w.symbol(id)
	if sym == nil {
		return nil
	}
	if len(sym.Defs) == 0 {
		sym.Parent = w.function
	}
	sym.Defs = append(sym.Defs, id)
	sym.values = append(sym.values, v)
	sym.Def = nil // a def statement sets it again if it is the only one
	return sym
}

func (w *walker) exprs(list []syntax.Expr) {
	for _, e := range list {
		w.expr(e)
	}
}

func (w *walker) expr(e syntax.Expr) {
	switch e := e.(type) {
	case *syntax.Ident:
		if sym := w.symbol(e); sym != nil {
			sym.Uses = append(sym.Uses, e)
		}
	case *syntax.ListExpr:
		w.exprs(e.List)
	case *syntax.TupleExpr:
		w.exprs(e.List)
	case *syntax.DictExpr:
		w.exprs(e.List)
	case *syntax.DictEntry:
		w.expr(e.Key)
		w.expr(e.Value)
	case *syntax.ParenExpr:
		w.expr(e.X)
	case *syntax.CondExpr:
		w.expr(e.Cond)
		w.expr(e.True)
		w.expr(e.False)
	case *syntax.IndexExpr:
		w.expr(e.X)
		w.expr(e.Y)
	case *syntax.SliceExpr:
		w.expr(e.X)
		for _, x := range []syntax.Expr{e.Lo, e.Hi, e.Step} {
			if x != nil {
				w.expr(x)
			}
		}
	case *syntax.Comprehension:
		for _, clause := range e.Clauses {
			switch c := clause.(type) {
			case *syntax.ForClause:
				w.loop(c.Vars, c.X)
			case *syntax.IfClause:
				w.expr(c.Cond)
			}
		}
		w.expr(e.Body)
	case *syntax.UnaryExpr:
		if e.X != nil {
			w.expr(e.X)
		}
	case *syntax.BinaryExpr:
		w.expr(e.X)
		w.expr(e.Y)
		if e.Op == syntax.PLUS || e.Op == syntax.MINUS {
			w.check.sums = append(w.check.sums, e)
		}
	case *syntax.DotExpr:
		w.expr(e.X)
		w.check.dots = append(w.check.dots, e)
	case *syntax.CallExpr:
		w.expr(e.Fn)
		for _, arg := range e.Args {
			if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
				arg = b.Y // X is a keyword
			}
			w.expr(arg)
		}
		w.f.calls = append(w.f.calls, e)
	case *syntax.LambdaExpr:
		w.params(e.Params, w.function)
		w.expr(e.Body)
	}
}

// ends reports whether no statement after stmt, in its block, is executed: it returns,
// leaves the loop, or calls a function that never returns.
func ends(t *Table, stmt syntax.Stmt) bool {
	switch s := stmt.(type) {
	case *syntax.ReturnStmt:
		return true
	case *syntax.BranchStmt:
		return s.Token != syntax.PASS
	case *syntax.IfStmt:
		return len(s.False) > 0 && blockEnds(t, s.True) && blockEnds(t, s.False)
	case *syntax.ExprStmt:
		call, ok := s.X.(*syntax.CallExpr)
		if !ok {
			return false
		}
		id, ok := call.Fn.(*syntax.Ident)
		if !ok {
			return false
		}
		b, ok := id.Binding.(*resolve.Binding)
		if !ok || b.Scope != resolve.Predeclared && b.Scope != resolve.Universal {
			return false
		}
		row := t.functions[id.Name]
		return row != nil && row.Returns == "never"
	}
	return false
}

func blockEnds(t *Table, stmts []syntax.Stmt) bool {
	return slices.ContainsFunc(stmts, func(stmt syntax.Stmt) bool { return ends(t, stmt) })
}

// endsHow names the statement after which nothing is executed.
func endsHow(stmt syntax.Stmt) string {
	switch s := stmt.(type) {
	case *syntax.ReturnStmt:
		return "return ends the function"
	case *syntax.BranchStmt:
		return s.Token.String() + " ends the turn of the loop"
	case *syntax.ExprStmt:
		return s.X.(*syntax.CallExpr).Fn.(*syntax.Ident).Name + "() ends the script"
	}
	return "every branch of the if statement ends before it"
}
