package starlark

import (
	"fmt"
	"strings"

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
type key struct{ sl.Value } // a sl.String, made once

var _ sl.Mapping = (*key)(nil)

// Get returns what x[key] is.
func (k *key) Get(x sl.Value) (sl.Value, bool, error) {
	switch x := x.(type) {
	case sl.Mapping:
		v, found, err := x.Get(k.Value)
		if err == nil && !found {
			err = fmt.Errorf("key %v not in %s%s", k, x.Type(), k.suggestion(x))
		}
		return v, true, err
	case sl.Indexable:
		_, err := sl.AsInt32(k.Value)
		return nil, false, fmt.Errorf("%s index: %w", x.Type(), err)
	}
	return nil, false, fmt.Errorf("unhandled index operation %s[%s]", x.Type(), k.Value.Type())
}

// suggestion is what a message adds that names the key of a dict that k may mean, "" if
// there is none.
func (k *key) suggestion(x sl.Mapping) string {
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
	return suggest.DidYouMean(string(k.Value.(sl.String)), names)
}

// constantKey returns the text of a key that is a string in the script.
func constantKey(x syntax.Expr) (text string, ok bool) {
	literal, ok := x.(*syntax.Literal)
	if !ok || literal.Token != syntax.STRING {
		return "", false
	}
	return literal.Value.(string), true
}

// lookedUp returns key[x] for an expression x["key"] that is read.
func lookedUp(text string, x *syntax.IndexExpr) syntax.Expr {
	at, _ := x.X.Span()
	return &syntax.IndexExpr{X: &syntax.Ident{Name: keyPrefix + text, NamePos: at}, Lbrack: x.Lbrack, Y: gated(x.X), Rbrack: x.Rbrack}
}

// addKeys adds the keys that a file refers to.
func addKeys(f *syntax.File, names sl.StringDict) {
	syntax.Walk(f, func(n syntax.Node) bool {
		if name, ok := n.(*syntax.Ident); ok {
			if text, ok := strings.CutPrefix(name.Name, keyPrefix); ok {
				names[name.Name] = &key{sl.String(text)}
			}
		}
		return true
	})
}
