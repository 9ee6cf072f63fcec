package analysis

import (
	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// inference finds the types of expressions over the names of a file. A name has the
// type that [Symbol.Type] infers from what is assigned to it.
type inference struct {
	f *File
	// types are those found, so that the expression that many others are around is
	// inferred once.
	types map[syntax.Expr]Type
}

// typeOf returns the type of an expression, nil if it is not evident.
func (in inference) typeOf(e syntax.Expr) Type {
	switch e := e.(type) {
	case *syntax.Ident:
		return in.name(e)
	case *syntax.Literal:
		return typeOfLiteral(e)
	case *syntax.ParenExpr:
		return in.typeOf(e.X)
	case *syntax.CallExpr, *syntax.DotExpr, *syntax.BinaryExpr:
		t, ok := in.types[e]
		if !ok {
			t = in.infer(e)
			in.types[e] = t
		}
		return t
	}
	return in.infer(e)
}

func (in inference) infer(e syntax.Expr) Type {
	switch e := e.(type) {
	case *syntax.ListExpr:
		return in.listOf("list", e.List)
	case *syntax.TupleExpr:
		return in.listOf("tuple", e.List)
	case *syntax.DictExpr:
		return in.dictOf(e)
	case *syntax.Comprehension:
		return in.comprehension(e)
	case *syntax.LambdaExpr:
		return Type{{Name: functionType}}
	case *syntax.CondExpr:
		return union(in.typeOf(e.True), in.typeOf(e.False))
	case *syntax.UnaryExpr:
		if e.Op == syntax.NOT {
			return ParseType("bool")
		}
	case *syntax.BinaryExpr:
		return in.binary(e)
	case *syntax.DotExpr:
		return in.member(e)
	case *syntax.CallExpr:
		return in.result(e)
	case *syntax.IndexExpr:
		return elementOf(in.typeOf(e.X))
	case *syntax.SliceExpr:
		return in.typeOf(e.X)
	}
	return nil
}

func typeOfLiteral(e *syntax.Literal) Type {
	switch e.Token {
	case syntax.STRING:
		return strType
	case syntax.BYTES:
		return bytesType
	case syntax.INT:
		return intType
	case syntax.FLOAT:
		return floatType
	}
	return nil
}

// The types of literals. A Type never changes.
var (
	strType   = Type{{Name: "str"}}
	bytesType = Type{{Name: "bytes"}}
	intType   = Type{{Name: "int"}}
	floatType = Type{{Name: "float"}}
)

func (in inference) name(id *syntax.Ident) Type {
	if sym := in.f.symbol(id); sym != nil {
		return sym.Type()
	}
	if b, ok := id.Binding.(*resolve.Binding); ok && (b.Scope == resolve.Predeclared || b.Scope == resolve.Universal) {
		return in.f.table.valueType(id.Name)
	}
	return nil
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

func (in inference) listOf(name string, list []syntax.Expr) Type {
	var element Type
	for i, e := range list {
		t := in.typeOf(e)
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

func (in inference) dictOf(e *syntax.DictExpr) Type {
	var keys, values []syntax.Expr
	for _, entry := range e.List {
		keys, values = append(keys, entry.(*syntax.DictEntry).Key), append(values, entry.(*syntax.DictEntry).Value)
	}
	k, v := in.listOf("list", keys)[0].Args, in.listOf("list", values)[0].Args
	if k == nil || v == nil {
		return Type{{Name: "dict"}}
	}
	return Type{{Name: "dict", Args: []Type{k[0], v[0]}}}
}

func (in inference) comprehension(e *syntax.Comprehension) Type {
	if entry, ok := e.Body.(*syntax.DictEntry); ok {
		return in.dictOf(&syntax.DictExpr{List: []syntax.Expr{entry}})
	}
	if e.Curly {
		return in.listOf("set", []syntax.Expr{e.Body})
	}
	return in.listOf("list", []syntax.Expr{e.Body})
}

func (in inference) binary(e *syntax.BinaryExpr) Type {
	switch e.Op {
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.GT, syntax.LE, syntax.GE, syntax.IN, syntax.NOT_IN:
		return Type{{Name: "bool"}}
	case syntax.AND, syntax.OR:
		return union(in.typeOf(e.X), in.typeOf(e.Y))
	case syntax.PLUS, syntax.PERCENT:
		x := in.typeOf(e.X)
		if len(x) != 1 {
			return nil
		}
		if x[0].Name == "str" {
			return x
		}
		if y := in.typeOf(e.Y); e.Op == syntax.PLUS && len(y) == 1 && x[0].Name == y[0].Name {
			return Type{{Name: x[0].Name}}
		}
	}
	return nil
}

// member returns the type of an attribute or method.
func (in inference) member(e *syntax.DotExpr) Type {
	var t Type
	for _, a := range in.typeOf(e.X) {
		u := in.f.table.valueType(a.Name + "." + e.Name.Name)
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
func (in inference) result(e *syntax.CallExpr) Type {
	fn := in.typeOf(e.Fn)
	if len(fn) != 1 {
		return nil
	}
	if def := fn[0].Def; def != nil {
		return def.returns()
	}
	if row := in.f.table.functions[fn[0].Row]; row != nil {
		return ParseType(row.Returns)
	}
	return nil
}

// constants returns the strings that an expression evidently has one of: literals
// in it, and in the only assignments of the names in it.
func constants(f *File, e syntax.Expr) []*syntax.Literal {
	switch e := e.(type) {
	case *syntax.Literal:
		if e.Token == syntax.STRING {
			return []*syntax.Literal{e}
		}
	case *syntax.ParenExpr:
		return constants(f, e.X)
	case *syntax.CondExpr:
		return append(constants(f, e.True), constants(f, e.False)...)
	case *syntax.Ident:
		if s := f.symbol(e); s != nil && len(s.Defs) == 1 && len(s.values) == 1 && !s.values[0].element {
			if literal, ok := s.values[0].expr.(*syntax.Literal); ok && literal.Token == syntax.STRING {
				return []*syntax.Literal{literal}
			}
		}
	}
	return nil
}
