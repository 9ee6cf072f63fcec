package starlark

import (
	"fmt"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// factorName is what scripts can't spell, so they can't shadow it.
const factorName = "(*)"

// factors guards multiplication, by which one short expression can ask for all
// memory in a single copy; the Go runtime lets nothing else run meanwhile. The
// expression x * y is run as x * factors[y], which is a factor.
type factors struct {
	run *run
}

var _ sl.Mapping = (*factors)(nil)

func (g *factors) Get(y sl.Value) (sl.Value, bool, error) { return &factor{y, g.run}, true, nil }
func (g *factors) String() string                         { return factorName }
func (g *factors) Type() string                           { return factorName }
func (g *factors) Freeze()                                {}
func (g *factors) Truth() sl.Bool                         { return true }
func (g *factors) Hash() (uint32, error)                  { return 0, fmt.Errorf("unhashable: %s", factorName) }

// factor is the right operand of one multiplication.
type factor struct {
	sl.Value
	run *run
}

var _ sl.HasBinary = (*factor)(nil)

func (f *factor) Binary(op syntax.Token, x sl.Value, _ sl.Side) (sl.Value, error) {
	if most := f.run.limits.Memory; repeated(x, f.Value) > most || repeated(f.Value, x) > most {
		return nil, &LimitError{Limit: LimitMemory, Max: uint64(most)}
	}
	return sl.Binary(op, x, f.Value)
}

// repeated is how many bytes a sequence takes that is repeated so many times, at
// most about the largest int64; 0 where this is no such thing.
func repeated(sequence, times sl.Value) int64 {
	n, ok := times.(sl.Int)
	if !ok || n.Sign() <= 0 {
		return 0
	}
	const word = 16 // bytes of a value in a list
	var size int64
	switch s := sequence.(type) {
	case sl.String:
		size = int64(len(s))
	case sl.Bytes:
		size = int64(len(s))
	case *sl.List:
		size = word * int64(s.Len())
	case sl.Tuple:
		size = word * int64(len(s))
	}
	count, ok := n.Int64()
	const largest = 1<<62 - 1
	if size > 0 && (!ok || count > largest/size) {
		return largest
	}
	return size * count
}

// guardRepeats puts the guard into every multiplication of a file.
func guardRepeats(f *syntax.File) {
	guarded := func(y syntax.Expr, at syntax.Position) syntax.Expr {
		return &syntax.IndexExpr{X: &syntax.Ident{Name: factorName, NamePos: at}, Lbrack: at, Y: y, Rbrack: at}
	}
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.BinaryExpr:
			if n.Op == syntax.STAR {
				n.Y = guarded(n.Y, n.OpPos)
			}
		case *syntax.AssignStmt:
			if n.Op == syntax.STAR_EQ {
				n.RHS = guarded(n.RHS, n.OpPos)
			}
		}
		return true
	})
}
