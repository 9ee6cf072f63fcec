package analysis

import (
	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// TypeOf returns the type of an expression of the tree, nil if it is not
// evident.
func (f *File) TypeOf(e syntax.Expr) Type {
	switch e := e.(type) {
	case *syntax.Ident:
		return f.typeOfName(e)
	case *syntax.Literal:
		return typeOfLiteral(e)
	case *syntax.ParenExpr:
		return f.TypeOf(e.X)
	case *syntax.CallExpr, *syntax.DotExpr, *syntax.BinaryExpr:
		t, ok := f.types[e]
		if !ok {
			t = f.infer(e)
			f.types[e] = t
		}
		return t
	}
	return f.infer(e)
}

func (f *File) infer(e syntax.Expr) Type {
	switch e := e.(type) {
	case *syntax.ListExpr:
		return f.listOf("list", e.List)
	case *syntax.TupleExpr:
		return f.listOf("tuple", e.List)
	case *syntax.DictExpr:
		return f.dictOf(e)
	case *syntax.Comprehension:
		return f.comprehension(e)
	case *syntax.LambdaExpr:
		return Type{{Name: functionType}}
	case *syntax.CondExpr:
		return union(f.TypeOf(e.True), f.TypeOf(e.False))
	case *syntax.UnaryExpr:
		if e.Op == syntax.NOT {
			return ParseType("bool")
		}
	case *syntax.BinaryExpr:
		return f.binary(e)
	case *syntax.DotExpr:
		return f.member(e)
	case *syntax.CallExpr:
		return f.result(e)
	case *syntax.IndexExpr:
		return elementOf(f.TypeOf(e.X))
	case *syntax.SliceExpr:
		return f.TypeOf(e.X)
	}
	return nil
}

func typeOfLiteral(e *syntax.Literal) Type {
	switch e.Token {
	case syntax.STRING:
		return Type{{Name: "str"}}
	case syntax.BYTES:
		return Type{{Name: "bytes"}}
	case syntax.INT:
		return Type{{Name: "int"}}
	case syntax.FLOAT:
		return Type{{Name: "float"}}
	}
	return nil
}

func (f *File) typeOfName(id *syntax.Ident) Type {
	if sym := f.symbol(id); sym != nil {
		return sym.Type()
	}
	if b, ok := id.Binding.(*resolve.Binding); ok && (b.Scope == resolve.Predeclared || b.Scope == resolve.Universal) {
		return f.table.valueType(id.Name)
	}
	return nil
}

// symbol is symbolOf for a tree that was walked: it adds nothing.
func (f *File) symbol(id *syntax.Ident) *Symbol {
	if b, ok := id.Binding.(*resolve.Binding); ok && b.First != nil {
		return f.byFirst[b.First]
	}
	return nil
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

// elementOf returns the type of the elements of a list, tuple or set, and of the
// values of a dict.
func elementOf(t Type) Type {
	if len(t) != 1 {
		return nil
	}
	switch a := t[0]; {
	case a.Name == "str":
		return t
	case a.Name == "range":
		return Type{{Name: "int"}}
	case a.Name != "dict" && len(a.Args) == 1:
		return a.Args[0]
	}
	return nil
}

func (f *File) listOf(name string, list []syntax.Expr) Type {
	var element Type
	for i, e := range list {
		t := f.TypeOf(e)
		if t == nil {
			return Type{{Name: name}}
		}
		if i == 0 {
			element = t
		} else {
			element = union(element, t)
		}
	}
	if element == nil {
		return Type{{Name: name}}
	}
	return Type{{Name: name, Args: []Type{element}}}
}

func (f *File) dictOf(e *syntax.DictExpr) Type {
	var keys, values []syntax.Expr
	for _, entry := range e.List {
		keys, values = append(keys, entry.(*syntax.DictEntry).Key), append(values, entry.(*syntax.DictEntry).Value)
	}
	k, v := f.listOf("list", keys)[0].Args, f.listOf("list", values)[0].Args
	if k == nil || v == nil {
		return Type{{Name: "dict"}}
	}
	return Type{{Name: "dict", Args: []Type{k[0], v[0]}}}
}

func (f *File) comprehension(e *syntax.Comprehension) Type {
	if entry, ok := e.Body.(*syntax.DictEntry); ok {
		return f.dictOf(&syntax.DictExpr{List: []syntax.Expr{entry}})
	}
	if e.Curly {
		return f.listOf("set", []syntax.Expr{e.Body})
	}
	return f.listOf("list", []syntax.Expr{e.Body})
}

func (f *File) binary(e *syntax.BinaryExpr) Type {
	switch e.Op {
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.GT, syntax.LE, syntax.GE, syntax.IN, syntax.NOT_IN:
		return Type{{Name: "bool"}}
	case syntax.AND, syntax.OR:
		return union(f.TypeOf(e.X), f.TypeOf(e.Y))
	case syntax.PLUS, syntax.PERCENT:
		x := f.TypeOf(e.X)
		if len(x) != 1 {
			return nil
		}
		if x[0].Name == "str" {
			return x
		}
		if y := f.TypeOf(e.Y); e.Op == syntax.PLUS && len(y) == 1 && x[0].Name == y[0].Name {
			return Type{{Name: x[0].Name}}
		}
	}
	return nil
}

// member returns the type of an attribute or method.
func (f *File) member(e *syntax.DotExpr) Type {
	var t Type
	for _, a := range f.TypeOf(e.X) {
		u := f.table.valueType(a.Name + "." + e.Name.Name)
		if u == nil && a.Name == "None" {
			continue
		}
		if u == nil {
			return nil
		}
		t = t.or(u)
	}
	return t
}

// result returns the type of what a call returns.
func (f *File) result(e *syntax.CallExpr) Type {
	fn := f.TypeOf(e.Fn)
	if len(fn) != 1 {
		return nil
	}
	if def := fn[0].Def; def != nil {
		return def.File.returns(def)
	}
	if row := f.table.functions[fn[0].Row]; row != nil {
		return ParseType(row.Returns)
	}
	return nil
}

// returns is the type of what a function of the script returns: the union of
// its return statements.
func (f *File) returns(s *Symbol) Type {
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
					u = f.TypeOf(stmt.Result)
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
	if last := s.Def.Body[len(s.Def.Body)-1]; !f.ends(last) {
		t = t.or(ParseType("None"))
	}
	return t
}

// constants returns the strings that an expression evidently has one of: literals
// in it, and in the only assignments of the names in it.
func (f *File) constants(e syntax.Expr) []*syntax.Literal {
	switch e := e.(type) {
	case *syntax.Literal:
		if e.Token == syntax.STRING {
			return []*syntax.Literal{e}
		}
	case *syntax.ParenExpr:
		return f.constants(e.X)
	case *syntax.CondExpr:
		return append(f.constants(e.True), f.constants(e.False)...)
	case *syntax.Ident:
		if s := f.symbol(e); s != nil && len(s.Defs) == 1 && len(s.values) == 1 && !s.values[0].element {
			if literal, ok := s.values[0].expr.(*syntax.Literal); ok && literal.Token == syntax.STRING {
				return []*syntax.Literal{literal}
			}
		}
	}
	return nil
}
