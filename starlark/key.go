package starlark

import (
	"errors"
	"fmt"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/internal/suggest"
)

// The interpreter reports a key that a dict lacks without looking at the dict, and
// nothing can be asked of it once it has failed. So x["key"] is run as key[x],
// where key is a value that looks itself up: as many steps, and an error that
// names the nearest key.

// keyPrefix begins the names of keys, as those of gates.
const keyPrefix = "(k)"

// maxKeys is the most keys of a dict among which the nearest is looked for.
const maxKeys = 10_000

// key is a constant key of an index expression.
type key struct{ text sl.Value } // a sl.String, made once

var _ sl.Mapping = (*key)(nil)

func (k *key) String() string        { return k.text.String() }
func (k *key) Type() string          { return keyPrefix }
func (k *key) Freeze()               {}
func (k *key) Truth() sl.Bool        { return true }
func (k *key) Hash() (uint32, error) { return 0, errUnhashable }

// Get returns what x[key] is.
func (k *key) Get(x sl.Value) (sl.Value, bool, error) {
	switch x := x.(type) {
	case sl.Mapping:
		v, found, err := x.Get(k.text)
		if err == nil && !found {
			err = fmt.Errorf("key %v not in %s%s", k, x.Type(), k.near(x))
		}
		return v, true, err
	case sl.Indexable:
		_, err := sl.AsInt32(k.text)
		if err == nil {
			err = errors.New("a string is no index")
		}
		return nil, false, fmt.Errorf("%s index: %w", x.Type(), err)
	}
	return nil, false, fmt.Errorf("unhandled index operation %s[%s]", x.Type(), k.text.Type())
}

// near suggests a key of a dict.
func (k *key) near(x sl.Mapping) string {
	d, ok := x.(*sl.Dict)
	if !ok || d.Len() > maxKeys {
		return ""
	}
	var names []string
	for _, other := range d.Keys() {
		if s, ok := sl.AsString(other); ok {
			names = append(names, s)
		}
	}
	return suggest.DidYouMean(string(k.text.(sl.String)), names)
}

// guardKeys puts keys into a file that has its gates, and adds what it then refers
// to. What an assignment sets stays.
func guardKeys(f *syntax.File, names sl.StringDict) {
	set := map[*syntax.IndexExpr]bool{}
	syntax.Walk(f, func(n syntax.Node) bool {
		if assign, ok := n.(*syntax.AssignStmt); ok {
			markSet(assign.LHS, set)
		}
		index, ok := n.(*syntax.IndexExpr)
		if !ok || set[index] {
			return true
		}
		literal, ok := index.Y.(*syntax.Literal)
		if gate, isName := index.X.(*syntax.Ident); !ok || literal.Token != syntax.STRING || isName && isGate(gate.Name) {
			return true
		}
		text := literal.Value.(string)
		name := keyPrefix + text
		names[name] = &key{sl.String(text)}
		at, _ := index.X.Span()
		index.X, index.Y = &syntax.Ident{Name: name, NamePos: at}, index.X
		return true
	})
}

// markSet notes the index expressions that the left side of an assignment sets.
func markSet(lhs syntax.Expr, set map[*syntax.IndexExpr]bool) {
	switch lhs := lhs.(type) {
	case *syntax.IndexExpr:
		set[lhs] = true
	case *syntax.ParenExpr:
		markSet(lhs.X, set)
	case *syntax.TupleExpr:
		for _, x := range lhs.List {
			markSet(x, set)
		}
	case *syntax.ListExpr:
		for _, x := range lhs.List {
			markSet(x, set)
		}
	}
}
