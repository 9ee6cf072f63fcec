package analysis

import "go.starlark.net/syntax"

// LongChain returns the first node of a file that has more links than most, nil if
// none has: the elif of a statement, the for and if of a comprehension, and what
// follows one another in an expression, such as the terms of a sum or the
// attributes of a.b.c. To compile such a node, or to print it, takes the square of
// its links.
func LongChain(f *syntax.File, most int) syntax.Node {
	var long syntax.Node
	inner := 0 // how many of the next nodes are links of a chain that was counted
	syntax.Walk(f, func(n syntax.Node) bool {
		switch {
		case long != nil:
			return false
		case n == nil:
			return true
		case inner > 0 && begin(n) != nil:
			inner--
			return true
		}
		links := chain(n, most)
		if links > most {
			long = n
		}
		if begin(n) != nil {
			inner = links - 1 // the last one begins with nothing
		}
		return long == nil
	})
	return long
}

// LongName returns the first name of a file that has more bytes than most, nil if
// none has.
func LongName(f *syntax.File, most int) *syntax.Ident {
	var long *syntax.Ident
	syntax.Walk(f, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok && len(id.Name) > most && long == nil {
			long = id
		}
		return long == nil
	})
	return long
}

// chain counts the links of a node, at most one more than most.
func chain(n syntax.Node, most int) int {
	if c, ok := n.(*syntax.Comprehension); ok {
		return len(c.Clauses)
	}
	links := 0
	for links <= most {
		next := begin(n)
		if s, ok := n.(*syntax.IfStmt); ok && len(s.False) > 0 {
			next = s.False[0]
		}
		if next == nil {
			break
		}
		links++
		n = next
	}
	return links
}

// begin is the operand that an expression begins with, nil for none. A walk visits
// it before any other part.
func begin(n syntax.Node) syntax.Node {
	switch n := n.(type) {
	case *syntax.BinaryExpr:
		return n.X
	case *syntax.CallExpr:
		return n.Fn
	case *syntax.DotExpr:
		return n.X
	case *syntax.IndexExpr:
		return n.X
	case *syntax.SliceExpr:
		return n.X
	}
	return nil
}
