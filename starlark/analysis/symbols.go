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

// LoadedAs returns the name of a loaded symbol in the file that it is loaded
// from, as the load statement has it.
func (s *Symbol) LoadedAs() *syntax.Ident { return s.Load.From[slices.Index(s.Load.To, s.Defs[0])] }

// first returns the identifier that f.byFirst has the symbol under.
func (s *Symbol) first() *syntax.Ident { return s.Defs[0].Binding.(*resolve.Binding).First }

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
		s.signature = &Function{Name: s.Name, Params: params(s.File, s.Def.Params), Returns: s.returns().String(), Doc: s.Doc()}
	}
	return s.signature
}

// Type returns the type of the symbol's value: the union of all that is assigned
// to it.
func (s *Symbol) Type() Type {
	if s.typed || s.inferring {
		return s.typ
	}
	s.inferring = true
	s.typ = s.infer()
	s.inferring, s.typed = false, true
	return s.typ
}

func (s *Symbol) infer() Type {
	if s.Load != nil && len(s.Defs) == 1 {
		if o := s.Original(); o != nil {
			return o.Type()
		}
		return nil
	}
	if s.Def != nil {
		return Type{{Name: functionType, Def: s}}
	}
	if len(s.values) < len(s.Defs) { // a def statement binds it too
		return nil
	}
	var t Type
	for i, v := range s.values {
		if v.expr == nil {
			return nil
		}
		u := s.File.TypeOf(v.expr)
		if v.element {
			u = elementOf(u)
		}
		if u == nil {
			return nil
		}
		if i == 0 {
			t = u
		} else {
			t = union(t, u)
		}
	}
	return t
}

// returns is the type of what a function of the script returns: the union of
// its return statements.
func (s *Symbol) returns() Type {
	if s.inferring {
		return nil
	}
	s.inferring = true
	defer func() { s.inferring = false }()
	var t Type
	known, count := true, 0
	var visit func(stmts []syntax.Stmt)
	visit = func(stmts []syntax.Stmt) {
		for _, stmt := range stmts {
			switch stmt := stmt.(type) {
			case *syntax.IfStmt:
				visit(stmt.True)
				visit(stmt.False)
			case *syntax.ForStmt:
				visit(stmt.Body)
			case *syntax.WhileStmt:
				visit(stmt.Body)
			case *syntax.ReturnStmt:
				count++
				u := ParseType("None")
				if stmt.Result != nil {
					u = s.File.TypeOf(stmt.Result)
				}
				known = known && u != nil
				t = t.or(u)
			}
		}
	}
	visit(s.Def.Body)
	if count == 0 {
		return ParseType("None")
	}
	if !known {
		return nil
	}
	if last := s.Def.Body[len(s.Def.Body)-1]; !ends(s.File.table, last) {
		t = t.or(ParseType("None"))
	}
	return t
}

func params(f *File, exprs []syntax.Expr) []Param {
	var params []Param
	for _, e := range exprs {
		switch e := e.(type) {
		case *syntax.Ident:
			params = append(params, Param{Name: e.Name, Type: "any"})
		case *syntax.BinaryExpr:
			params = append(params, Param{Name: e.X.(*syntax.Ident).Name, Type: "any", Default: sourceOf(f, e.Y)})
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

// sourceOf returns the source of an expression, on one line.
func sourceOf(f *File, e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.Ident:
		return e.Name
	case *syntax.Literal:
		return e.Raw
	}
	r := f.Range(e)
	from, to := offset(f.Source, r.Start), offset(f.Source, r.End)
	return strings.Join(strings.Fields(f.Source[from:max(from, to)]), " ")
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
