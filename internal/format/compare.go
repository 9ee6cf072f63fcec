package format

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// compare reports a difference between two trees that a reader or the
// interpreter would notice: another program, or another set of comments.
// Positions, parentheses, the spelling of literals and the order of the symbols
// in one load statement do not count.
func compare(before, after *syntax.File) error {
	if !(comparison{}).equal(reflect.ValueOf(before.Stmts), reflect.ValueOf(after.Stmts)) {
		return errors.New("the printer would change the program")
	}
	was, is := comments(before), comments(after)
	if !slices.Equal(was, is) {
		return fmt.Errorf("the printer would change a comment%s", firstChange(was, is))
	}
	return nil
}

var (
	positionType = reflect.TypeFor[syntax.Position]()
	commentsType = reflect.TypeFor[syntax.Comments]()
	refType      = reflect.TypeFor[*syntax.Comments]()
	loadType     = reflect.TypeFor[*syntax.LoadStmt]()
	literalType  = reflect.TypeFor[syntax.Literal]()
	parenType    = reflect.TypeFor[*syntax.ParenExpr]()
)

// comparison compares syntax trees by structure, for any node that the parser has or
// will have. It is the fields of a type that count, by their index, of each type met.
type comparison map[reflect.Type][]int

func (c comparison) fields(t reflect.Type) []int {
	fields, ok := c[t]
	if !ok {
		for i := range t.NumField() {
			switch field := t.Field(i); {
			case field.Type == positionType, field.Type == commentsType, field.Type == refType, field.Name == "commentsRef", !field.IsExported():
			default:
				fields = append(fields, i)
			}
		}
		c[t] = fields
	}
	return fields
}

func (c comparison) equal(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() {
		return true
	}
	a, b = unparen(a), unparen(b)
	t := a.Type()
	if t != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		if t == loadType {
			return equalLoads(a.Interface().(*syntax.LoadStmt), b.Interface().(*syntax.LoadStmt))
		}
		return c.equal(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !c.equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		if t == literalType {
			literal, other := a.Interface().(syntax.Literal), b.Interface().(syntax.Literal)
			return literal.Token == other.Token && reflect.DeepEqual(literal.Value, other.Value)
		}
		for _, i := range c.fields(t) {
			if !c.equal(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.String:
		return a.String() == b.String()
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// unparen returns the expression inside parentheses.
func unparen(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface && !v.IsNil() && v.Elem().Type() == parenType {
		v = v.Elem().Elem().FieldByName("X")
	}
	return v
}

// equalLoads compares load statements, whose symbols may be in any order.
func equalLoads(a, b *syntax.LoadStmt) bool {
	return a.Module.Value == b.Module.Value && slices.Equal(symbols(a), symbols(b))
}

func symbols(load *syntax.LoadStmt) []string {
	names := make([]string, len(load.From))
	for i := range load.From {
		names[i] = load.To[i].Name + "=" + load.From[i].Name
	}
	slices.Sort(names)
	return names
}

// comments returns every comment, sorted: the printer may move one
// to the line it belongs to.
func comments(file *syntax.File) []string {
	var texts []string
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			return true
		}
		if c := n.Comments(); c != nil {
			for _, group := range [][]syntax.Comment{c.Before, c.Suffix, c.After} {
				for _, comment := range group {
					texts = append(texts, strings.TrimRight(comment.Text, " \t\r"))
				}
			}
		}
		return true
	})
	slices.Sort(texts)
	return texts
}

// firstChange quotes the first comment that only one side has.
func firstChange(was, is []string) string {
	for _, text := range was {
		if !slices.Contains(is, text) {
			return fmt.Sprintf(": %.60q", text)
		}
	}
	for _, text := range is {
		if !slices.Contains(was, text) {
			return fmt.Sprintf(": %.60q", text)
		}
	}
	return ""
}
