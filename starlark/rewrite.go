package starlark

import (
	"strings"

	"go.starlark.net/syntax"
)

// gateFile puts the gates into a file. Its first statements make globals of them: the
// interpreter finds those in a fifth of the time.
func gateFile(f *syntax.File) {
	gateStmts(f.Stmts)
	used := map[string]bool{}
	var stmts []syntax.Stmt
	syntax.Walk(f, func(n syntax.Node) bool {
		if name, ok := n.(*syntax.Ident); ok && isGate(name.Name) && gates[name.Name] != nil && !used[name.Name] {
			used[name.Name] = true
			at := syntax.MakePosition(&f.Path, 1, 1)
			stmts = append(stmts, &syntax.AssignStmt{
				LHS: &syntax.Ident{Name: name.Name, NamePos: at}, OpPos: at, Op: syntax.EQ,
				RHS: &syntax.Ident{Name: name.Name + predeclared, NamePos: at},
			})
		}
		return true
	})
	f.Stmts = append(stmts, f.Stmts...)
}

// gateStatement puts the gates into a statement of a session.
func gateStatement(f *syntax.File) { gateStmts(f.Stmts) }

func gateStmts(stmts []syntax.Stmt) {
	for _, stmt := range stmts {
		switch s := stmt.(type) {
		case *syntax.AssignStmt:
			gateAssign(s)
		case *syntax.DefStmt:
			gateParams(s.Params)
			gateStmts(s.Body)
		case *syntax.ExprStmt:
			s.X = gated(s.X)
		case *syntax.ForStmt:
			gateTarget(s.Vars)
			s.X = gated(s.X)
			gateStmts(s.Body)
		case *syntax.WhileStmt:
			s.Cond = gated(s.Cond)
			gateStmts(s.Body)
		case *syntax.IfStmt:
			s.Cond = gated(s.Cond)
			gateStmts(s.True)
			gateStmts(s.False)
		case *syntax.ReturnStmt:
			s.Result = gated(s.Result)
		}
	}
}

// augmented are the operators of the assignments that are run as x = x op y.
var augmented = map[syntax.Token]syntax.Token{
	syntax.STAR_EQ: syntax.STAR, syntax.LTLT_EQ: syntax.LTLT, syntax.PERCENT_EQ: syntax.PERCENT, syntax.SLASHSLASH_EQ: syntax.SLASHSLASH,
}

// augmentedGates are the gates of the right sides of assignments.
var augmentedGates = map[syntax.Token]string{
	syntax.PLUS_EQ: gateAddend, syntax.PIPE_EQ: gateUnited, syntax.MINUS_EQ: gateSet, syntax.AMP_EQ: gateSet, syntax.CIRCUMFLEX_EQ: gateSet,
	syntax.STAR_EQ: gateMultiply, syntax.PERCENT_EQ: gateFormatted, syntax.SLASHSLASH_EQ: gateDivisor,
}

func gateAssign(s *syntax.AssignStmt) {
	if op, ok := augmented[s.Op]; ok && isPlainTarget(s.LHS) {
		s.RHS = &syntax.BinaryExpr{X: copied(s.LHS), OpPos: s.OpPos, Op: op, Y: s.RHS}
		s.Op = syntax.EQ
	}
	gateTarget(s.LHS)
	number := isNumber(s.RHS)
	s.RHS = gated(s.RHS)
	if gate, ok := augmentedGates[s.Op]; ok && (!number || s.Op == syntax.STAR_EQ) {
		s.RHS = through(gate, s.RHS)
	}
}

// isPlainTarget reports whether a target can be read once more without an effect.
func isPlainTarget(x syntax.Expr) bool {
	switch x := x.(type) {
	case *syntax.Ident, *syntax.Literal:
		return true
	case *syntax.IndexExpr:
		return isPlainTarget(x.X) && isPlainTarget(x.Y)
	}
	return false
}

// copied returns a copy of a plain target.
func copied(x syntax.Expr) syntax.Expr {
	switch x := x.(type) {
	case *syntax.Ident:
		return &syntax.Ident{Name: x.Name, NamePos: x.NamePos}
	case *syntax.IndexExpr:
		return &syntax.IndexExpr{X: copied(x.X), Lbrack: x.Lbrack, Y: copied(x.Y), Rbrack: x.Rbrack}
	}
	return x
}

// gateTarget puts gates into what is assigned to.
func gateTarget(x syntax.Expr) {
	switch x := x.(type) {
	case *syntax.IndexExpr:
		x.X, x.Y = gated(x.X), gatedKey(x.Y)
	case *syntax.DotExpr:
		x.X = gated(x.X)
	case *syntax.ParenExpr:
		gateTarget(x.X)
	case *syntax.TupleExpr:
		for _, e := range x.List {
			gateTarget(e)
		}
	case *syntax.ListExpr:
		for _, e := range x.List {
			gateTarget(e)
		}
	}
}

// gateParams puts gates into the defaults of parameters.
func gateParams(params []syntax.Expr) {
	for _, p := range params {
		if p, ok := p.(*syntax.BinaryExpr); ok {
			p.Y = gated(p.Y)
		}
	}
}

// through returns gate[x].
func through(gate string, x syntax.Expr) syntax.Expr {
	at, _ := x.Span()
	return &syntax.IndexExpr{X: &syntax.Ident{Name: gate, NamePos: at}, Lbrack: at, Y: x, Rbrack: at}
}

// gated returns an expression with gates in it, and around it if its result may be
// large.
func gated(x syntax.Expr) syntax.Expr {
	switch x := x.(type) {
	case *syntax.BinaryExpr:
		return gatedBinary(x)
	case *syntax.CallExpr:
		gateCall(x)
	case *syntax.Comprehension:
		gateClauses(x)
	case *syntax.CondExpr:
		x.Cond, x.True, x.False = gated(x.Cond), gated(x.True), gated(x.False)
	case *syntax.DictEntry:
		x.Key, x.Value = gatedKey(x.Key), gated(x.Value)
	case *syntax.DictExpr:
		gateAll(x.List)
	case *syntax.DotExpr:
		x.X = gated(x.X)
		return through(gateAttribute, x)
	case *syntax.IndexExpr:
		if text, ok := constantKey(x.Y); ok {
			return lookedUp(text, x)
		}
		x.X, x.Y = gated(x.X), gatedKey(x.Y)
	case *syntax.LambdaExpr:
		gateParams(x.Params)
		x.Body = gated(x.Body)
	case *syntax.ListExpr:
		gateAll(x.List)
	case *syntax.ParenExpr:
		x.X = gated(x.X)
	case *syntax.SliceExpr:
		x.X, x.Lo, x.Hi, x.Step = gated(x.X), gated(x.Lo), gated(x.Hi), gated(x.Step)
		if x.Step != nil {
			return through(gateStride, x)
		}
		return through(gateSlice, x)
	case *syntax.TupleExpr:
		gateAll(x.List)
	case *syntax.UnaryExpr:
		x.X = gated(x.X)
	}
	return x
}

func gateAll(list []syntax.Expr) {
	for i, x := range list {
		list[i] = gated(x)
	}
}

func gateClauses(x *syntax.Comprehension) {
	x.Body = gated(x.Body)
	for _, clause := range x.Clauses {
		switch c := clause.(type) {
		case *syntax.ForClause:
			gateTarget(c.Vars)
			c.X = gated(c.X)
		case *syntax.IfClause:
			c.Cond = gated(c.Cond)
		}
	}
}

// gatedKey returns what may be the key of a dict.
func gatedKey(x syntax.Expr) syntax.Expr {
	if isLiteral(x) {
		return x
	}
	if sum, ok := x.(*syntax.BinaryExpr); ok && (sum.Op == syntax.PLUS || sum.Op == syntax.MINUS) && (isNumber(sum.X) || isNumber(sum.Y)) {
		return gated(x) // a number
	}
	return through(gateKey, gated(x))
}

func gatedBinary(x *syntax.BinaryExpr) syntax.Expr {
	numbers, literals := isNumber(x.X) || isNumber(x.Y), isLiteral(x.X) || isLiteral(x.Y)
	format := isShortFormat(x.X)
	if x.Op == syntax.IN || x.Op == syntax.NOT_IN {
		x.X = gatedKey(x.X)
	} else {
		x.X = gated(x.X)
		if x.Op == syntax.PLUS { // in a + b + c what a + b makes is no larger
			x.X = ungated(gateMade, x.X)
		}
	}
	short := isLiteral(x.Y)
	times := isNumber(x.Y)
	x.Y = gated(x.Y)
	switch x.Op {
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.LE, syntax.GT, syntax.GE:
		if !literals {
			x.Y = through(gateCompared, x.Y)
		}
	case syntax.IN, syntax.NOT_IN:
		if !short {
			x.Y = through(gateSearched, x.Y)
		}
	case syntax.PLUS:
		if !numbers {
			return through(gateMade, x)
		}
	case syntax.MINUS, syntax.AMP, syntax.PIPE, syntax.CIRCUMFLEX:
		if !numbers {
			x.Y = through(gateSet, x.Y)
		}
	case syntax.STAR:
		if !isNumber(x.X) {
			x.X = through(gateFactor, x.X)
		}
		if !times {
			x.Y = through(gateFactor, x.Y)
		}
	case syntax.SLASHSLASH:
		if !times {
			x.Y = through(gateDivisor, x.Y)
		}
	case syntax.PERCENT:
		if !short {
			x.Y = through(gateFormatted, x.Y)
		}
		if !format {
			return through(gateText, x)
		}
	case syntax.LTLT:
		return through(gateMade, x)
	}
	return x
}

// ungated returns x without a gate around it.
func ungated(gate string, x syntax.Expr) syntax.Expr {
	if index, ok := x.(*syntax.IndexExpr); ok {
		if name, ok := index.X.(*syntax.Ident); ok && name.Name == gate {
			return index.Y
		}
	}
	return x
}

// keyed are the methods whose first argument may be the key of a dict, or the
// element of a set, and which do little else.
var keyed = map[string]bool{"get": true, "setdefault": true, "pop": true, "add": true, "discard": true}

// heavy are the methods that may cost much with literals too.
var heavy = map[string]bool{"replace": true, "join": true, "format": true, "insert": true, "pop": true}

func gateCall(x *syntax.CallExpr) {
	light := true
	for i, arg := range x.Args {
		switch a := arg.(type) {
		case *syntax.BinaryExpr:
			if a.Op == syntax.EQ { // a keyword
				light = light && isLiteral(a.Y)
				a.Y = gated(a.Y)
				continue
			}
		case *syntax.UnaryExpr:
			if a.Op == syntax.STAR || a.Op == syntax.STARSTAR {
				light = false
				a.X = through(gateArguments, gated(a.X))
				continue
			}
		}
		light = light && isLiteral(arg)
		x.Args[i] = gated(arg)
	}
	method, ok := x.Fn.(*syntax.DotExpr)
	if !ok {
		x.Fn = gated(x.Fn)
		return
	}
	method.X = gated(method.X)
	name := method.Name.Name
	switch {
	case light && (len(x.Args) == 0 || !heavy[name]):
		x.Fn = through(gateLight, method)
	case keyed[name] && isPositional(x.Args[0]):
		x.Args[0] = through(gateKey, x.Args[0])
		x.Fn = through(gateKeyed, method)
	default:
		x.Fn = through(gateMethod, method)
	}
}

// isPositional reports whether an argument is one, by its position.
func isPositional(arg syntax.Expr) bool {
	switch a := arg.(type) {
	case *syntax.BinaryExpr:
		return a.Op != syntax.EQ
	case *syntax.UnaryExpr:
		return a.Op != syntax.STAR && a.Op != syntax.STARSTAR
	}
	return true
}

// isNumber reports whether an expression is a number literal, or one with a minus.
func isNumber(x syntax.Expr) bool {
	switch x := x.(type) {
	case *syntax.Literal:
		return x.Token == syntax.INT || x.Token == syntax.FLOAT
	case *syntax.UnaryExpr:
		return x.Op == syntax.MINUS && isNumber(x.X)
	}
	return false
}

// isShortFormat reports whether an expression is a number, or a string with few places
// to fill, in the source.
func isShortFormat(x syntax.Expr) bool {
	if text, ok := x.(*syntax.Literal); ok && text.Token == syntax.STRING {
		return strings.Count(text.Raw, "%") <= 16
	}
	return isNumber(x)
}

// isLiteral reports whether an expression is a string or number, or a list, tuple or
// dict of them, in the source.
func isLiteral(x syntax.Expr) bool {
	all := func(list []syntax.Expr) bool {
		for _, e := range list {
			if !isLiteral(e) {
				return false
			}
		}
		return true
	}
	switch x := x.(type) {
	case *syntax.Literal:
		return true
	case *syntax.ListExpr:
		return all(x.List)
	case *syntax.TupleExpr:
		return all(x.List)
	case *syntax.DictExpr:
		return all(x.List)
	case *syntax.DictEntry:
		return isLiteral(x.Key) && isLiteral(x.Value)
	}
	return isNumber(x)
}
