package starlark

import (
	"fmt"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// CoverBlock is one statement of a script and how often a run reached it. A
// statement that holds others, such as if, for and def, is only its head: up to
// the colon. A documentation string does not count.
type CoverBlock struct {
	// Start is the first character, End the one after the last.
	Start, End diag.Position
	// Count is how often the statement was begun.
	Count uint64
}

// counterName is what scripts can't spell, so they can't shadow it.
const counterName = "(cover)"

// counter counts the statements of one file. The expression counter[i] counts
// the statement i: an index makes no call, so tracebacks and the limit of their
// depth stay as they are.
type counter struct {
	sl.NoneType // what no script sees of it
	file        string
	blocks      []CoverBlock
}

var _ sl.Indexable = (*counter)(nil)

func (c *counter) Index(i int) sl.Value {
	c.blocks[i].Count++
	return sl.None
}

func (c *counter) Len() int { return len(c.blocks) }

// instrument puts a counting statement before each statement of a file.
func instrument(f *syntax.File) *counter {
	c := &counter{file: f.Path}
	f.Stmts = c.body(f.Stmts)
	return c
}

// body returns the statements of a file, or of a function, with the counting
// ones between them. A documentation string stays first.
func (c *counter) body(stmts []syntax.Stmt) []syntax.Stmt {
	if len(stmts) > 0 {
		if e, ok := stmts[0].(*syntax.ExprStmt); ok {
			if text, ok := e.X.(*syntax.Literal); ok && text.Token == syntax.STRING {
				return append(stmts[:1:1], c.block(stmts[1:])...)
			}
		}
	}
	return c.block(stmts)
}

func (c *counter) block(stmts []syntax.Stmt) []syntax.Stmt {
	var out []syntax.Stmt
	for _, stmt := range stmts {
		start, end := stmt.Span()
		at := len(c.blocks)
		c.blocks = append(c.blocks, CoverBlock{})
		switch s := stmt.(type) {
		case *syntax.DefStmt:
			end = s.Rparen
			end.Col++
			s.Body = c.body(s.Body)
		case *syntax.IfStmt:
			_, end = s.Cond.Span()
			s.True, s.False = c.block(s.True), c.block(s.False)
		case *syntax.ForStmt:
			_, end = s.X.Span()
			s.Body = c.block(s.Body)
		case *syntax.WhileStmt:
			_, end = s.Cond.Span()
			s.Body = c.block(s.Body)
		case *syntax.LoadStmt:
			end.Col++ // its span leaves out the parenthesis
		}
		c.blocks[at] = CoverBlock{Start: position(start), End: position(end)}
		out = append(out, count(at, start), stmt)
	}
	return out
}

// count makes the statement that counts the statement i, which starts at pos.
func count(i int, pos syntax.Position) syntax.Stmt {
	return &syntax.ExprStmt{X: &syntax.IndexExpr{
		X:      &syntax.Ident{Name: counterName, NamePos: pos},
		Lbrack: pos,
		Y:      &syntax.Literal{Token: syntax.INT, TokenPos: pos, Raw: fmt.Sprint(i), Value: int64(i)},
		Rbrack: pos,
	}}
}
