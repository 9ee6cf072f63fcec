package analysis

import (
	"slices"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// Scope is where a symbol can be used.
type Scope int

// The scopes of symbols.
const (
	// Global symbols can be used in the whole file, and loaded by others.
	Global Scope = iota
	// Local symbols belong to a function, a comprehension, or, if they are
	// loaded, to the file.
	Local
)

// Symbol is what a script defines: a variable, a function, a parameter, or a
// name that it loads.
type Symbol struct {
	Name  string
	Scope Scope
	File  *File
	// Defs are the places that bind the symbol, the first one first; Uses are the
	// places that read it.
	Defs, Uses []*syntax.Ident
	// Def is the statement that defines a function, nil if anything else binds
	// the symbol as well.
	Def *syntax.DefStmt
	// Parameter reports whether the symbol is a parameter.
	Parameter bool
	// Load is the statement that loads the symbol, From the name that it has in
	// the loaded file; nil and empty for others.
	Load *syntax.LoadStmt
	From string
	// Parent is the function whose body defines the symbol, nil at top level.
	Parent *Symbol

	values    []value
	exempt    bool // from the check for unused names
	typ       Type
	typed     bool
	inferring bool
	signature *Function
}

// value is what is assigned to a symbol: an expression, or an element of one.
// The expression is nil if nothing is known.
type value struct {
	expr    syntax.Expr
	element bool
}

// Original returns the symbol of the loaded file that s is another name of, and
// s itself if it is not loaded. It returns nil if that file is not known.
func (s *Symbol) Original() *Symbol {
	for s != nil && s.Load != nil {
		loaded := s.File.Loaded[s.Load]
		if loaded == nil {
			return nil
		}
		s = loaded.globals[s.From]
	}
	return s
}

// Range returns where the symbol is defined first.
func (s *Symbol) Range() diag.Range { return s.File.Range(s.Defs[0]) }

// IsFunction reports whether the symbol is a function of a script.
func (s *Symbol) IsFunction() bool { return s.Def != nil }

// Doc returns the documentation string of a function, without the white space
// around it.
func (s *Symbol) Doc() string {
	if s.Def == nil || len(s.Def.Body) == 0 {
		return ""
	}
	stmt, ok := s.Def.Body[0].(*syntax.ExprStmt)
	if !ok {
		return ""
	}
	if lit, ok := stmt.X.(*syntax.Literal); ok && lit.Token == syntax.STRING {
		return strings.TrimSpace(lit.Value.(string))
	}
	return ""
}

// Signature describes a function of a script as a row does, nil for others.
func (s *Symbol) Signature() *Function {
	if s.Def == nil {
		return nil
	}
	if s.signature == nil {
		s.signature = &Function{Name: s.Name, Params: s.File.params(s.Def.Params), Returns: s.File.returns(s).String(), Doc: s.Doc()}
	}
	return s.signature
}

func (f *File) params(exprs []syntax.Expr) []Param {
	var params []Param
	for _, e := range exprs {
		switch e := e.(type) {
		case *syntax.Ident:
			params = append(params, Param{Name: e.Name, Type: "any"})
		case *syntax.BinaryExpr:
			params = append(params, Param{Name: e.X.(*syntax.Ident).Name, Type: "any", Default: f.text(e.Y)})
		case *syntax.UnaryExpr:
			name := e.Op.String()
			if id, ok := e.X.(*syntax.Ident); ok {
				name += id.Name
			}
			params = append(params, Param{Name: name, Type: "any"})
		}
	}
	return params
}

// text returns the source of an expression, on one line.
func (f *File) text(e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.Ident:
		return e.Name
	case *syntax.Literal:
		return e.Raw
	}
	r := f.Range(e)
	return strings.Join(strings.Fields(f.slice(r)), " ")
}

// slice returns the source of a range.
func (f *File) slice(r diag.Range) string {
	from, to := offset(f.Source, r.Start), offset(f.Source, r.End)
	return f.Source[from:max(from, to)]
}

// offset returns the byte at which a position is, at most the end of its line.
func offset(source string, p diag.Position) int {
	at := 0
	for n := 1; n < p.Line; n++ {
		i := strings.IndexByte(source[at:], '\n')
		if i < 0 {
			return len(source)
		}
		at += i + 1
	}
	for n := 1; n < p.Column && at < len(source) && source[at] != '\n'; n++ {
		at++
		for at < len(source) && source[at]&0xc0 == 0x80 {
			at++
		}
	}
	return at
}

// symbolOf returns the symbol that an identifier is bound to, nil for a name of
// the table, a keyword or an attribute.
func (f *File) symbolOf(id *syntax.Ident) *Symbol {
	b, ok := id.Binding.(*resolve.Binding)
	if !ok || b.First == nil {
		return nil
	}
	s := f.byFirst[b.First]
	if s == nil {
		s = &Symbol{Name: id.Name, Scope: Local, File: f}
		if b.Scope == resolve.Global {
			s.Scope = Global
		}
		f.byFirst[b.First] = s
		f.Symbols = append(f.Symbols, s)
	}
	return s
}

// walker collects what the checks need, in one pass over the tree.
type walker struct {
	f        *File
	check    *checker // what it collects
	function *Symbol  // whose body is walked
}

func (w *walker) block(stmts []syntax.Stmt) {
	for i, stmt := range stmts {
		w.stmt(stmt)
		if i+1 < len(stmts) && w.f.ends(stmt) {
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
		w.expr(s.X)
		w.check.iterated = append(w.check.iterated, s.X)
		w.assign(s.Vars, value{expr: s.X, element: true})
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

func (w *walker) bind(id *syntax.Ident, v value) *Symbol {
	sym := w.f.symbolOf(id)
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
		if sym := w.f.symbolOf(e); sym != nil {
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
				w.expr(c.X)
				w.check.iterated = append(w.check.iterated, c.X)
				w.assign(c.Vars, value{expr: c.X, element: true})
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

// ends reports whether no statement after stmt, in its block, is executed.
func (f *File) ends(stmt syntax.Stmt) bool {
	switch s := stmt.(type) {
	case *syntax.ReturnStmt:
		return true
	case *syntax.BranchStmt:
		return s.Token != syntax.PASS
	case *syntax.IfStmt:
		return len(s.False) > 0 && f.blockEnds(s.True) && f.blockEnds(s.False)
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
		row := f.table.functions[id.Name]
		return row != nil && row.Returns == "never"
	}
	return false
}

func (f *File) blockEnds(stmts []syntax.Stmt) bool {
	return slices.ContainsFunc(stmts, f.ends)
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
