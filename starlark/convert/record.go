package convert

import (
	"fmt"
	"reflect"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Record is a Go struct as scripts see it: attributes that nobody can change.
// Records of one Go type are equal when their attributes are.
type Record struct {
	source any
	fields []field
	values []sl.Value // one for each of fields, frozen
}

var (
	_ sl.HasAttrs   = (*Record)(nil)
	_ sl.Comparable = (*Record)(nil)
)

// Go returns the struct that the record was made from.
func (r *Record) Go() any { return r.source }

// String returns the attributes in the order of the Go struct, such as
// Registry(host="localhost:5000", help="").
func (r *Record) String() string {
	var b strings.Builder
	b.WriteString(r.Type())
	b.WriteByte('(')
	for i, f := range r.fields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.name)
		b.WriteByte('=')
		b.WriteString(r.values[i].String())
	}
	b.WriteByte(')')
	return b.String()
}

// Type is the name of the Go type, "struct" if it has none.
func (r *Record) Type() string {
	if name := reflect.TypeOf(r.source).Name(); name != "" {
		return name
	}
	return "struct"
}

// Freeze does nothing: a record can't change.
func (r *Record) Freeze() {}

// Truth is always true.
func (r *Record) Truth() sl.Bool { return sl.True }

// Hash fails when an attribute, such as a list, has no hash.
func (r *Record) Hash() (uint32, error) {
	h, err := sl.String(r.Type()).Hash()
	if err != nil {
		return 0, err
	}
	for _, v := range r.values {
		one, err := v.Hash()
		if err != nil {
			return 0, err
		}
		h = h*31 + one
	}
	return h, nil
}

// Attr returns the named attribute, nil if there is none.
func (r *Record) Attr(name string) (sl.Value, error) {
	for i, f := range r.fields {
		if f.name == name {
			return r.values[i], nil
		}
	}
	return nil, nil
}

// AttrNames lists the attributes in the order of the Go struct.
func (r *Record) AttrNames() []string {
	names := make([]string, len(r.fields))
	for i, f := range r.fields {
		names[i] = f.name
	}
	return names
}

// CompareSameType implements == and !=.
func (r *Record) CompareSameType(op syntax.Token, y sl.Value, depth int) (bool, error) {
	switch op {
	case syntax.EQL:
		return r.equal(y, depth)
	case syntax.NEQ:
		same, err := r.equal(y, depth)
		return !same, err
	}
	return false, fmt.Errorf("%s %s %s not implemented", r.Type(), op, y.Type())
}

func (r *Record) equal(y sl.Value, depth int) (bool, error) {
	o, ok := y.(*Record)
	if !ok || reflect.TypeOf(o.source) != reflect.TypeOf(r.source) {
		return false, nil
	}
	for i := range r.values {
		if same, err := sl.EqualDepth(r.values[i], o.values[i], depth-1); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}
