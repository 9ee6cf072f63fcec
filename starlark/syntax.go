package starlark

import (
	"go.starlark.net/syntax"
)

// dialect is described in the package documentation.
var dialect = &syntax.FileOptions{
	Set:             true,
	While:           true,
	TopLevelControl: true,
	GlobalReassign:  true,
	Recursion:       true,
}

// maxChain is described at LimitChain.
const maxChain = 1000

// chainError is a chain that is too long, and where it begins.
type chainError struct {
	at    syntax.Position
	limit *LimitError
}

func (e *chainError) Error() string { return e.limit.Error() }

// parse reads a file. The parser bounds how deep a script nests, but takes what
// is one after another as it comes.
func parse(name, src string) (*syntax.File, error) {
	f, err := dialect.Parse(name, src, 0)
	if err != nil {
		return nil, err
	}
	var long syntax.Node
	syntax.Walk(f, func(n syntax.Node) bool {
		if n != nil && long == nil && chain(n) > maxChain {
			long = n
		}
		return long == nil
	})
	if long != nil {
		at, _ := long.Span()
		return nil, &chainError{at, &LimitError{Limit: LimitChain, Max: maxChain}}
	}
	return f, nil
}

// chain counts the links of a node, at most one more than there may be.
func chain(n syntax.Node) int {
	if c, ok := n.(*syntax.Comprehension); ok {
		return len(c.Clauses)
	}
	links := 0
	for links <= maxChain {
		s, ok := n.(*syntax.IfStmt)
		if !ok || len(s.False) == 0 {
			break
		}
		links++
		n = s.False[0]
	}
	return links
}
