package table

import (
	"slices"

	sl "go.starlark.net/starlark"
)

// Attribute describes an attribute of a value, or of a module.
type Attribute struct {
	// Of is the type or the module that has it.
	Of string
	// Name is how scripts spell it.
	Name string
	// Type is the type of its value.
	Type string
	// Waits reports whether reading it waits for the cluster's resolution.
	Waits bool
	// Doc is one sentence.
	Doc string
}

// Getter is a row of an attribute: V is the value that has it.
type Getter[V any] struct {
	// Name, Type, Waits and Doc are those of [Attribute].
	Name, Type string
	Waits      bool
	Doc        string
	// Get reads the attribute.
	Get func(V) (sl.Value, error)
}

// Attributes are the attributes of one type or module.
type Attributes[V any] struct {
	of   string
	rows []Getter[V]
}

// NewAttributes makes the attributes of a type or a module.
func NewAttributes[V any](of string, rows ...Getter[V]) *Attributes[V] {
	return &Attributes[V]{of: of, rows: rows}
}

// Rows returns the descriptions, in order.
func (a *Attributes[V]) Rows() []Attribute {
	rows := make([]Attribute, len(a.rows))
	for i, r := range a.rows {
		rows[i] = Attribute{Of: a.of, Name: r.Name, Type: r.Type, Waits: r.Waits, Doc: r.Doc}
	}
	return rows
}

// Names returns the names of the attributes, sorted.
func (a *Attributes[V]) Names() []string {
	names := make([]string, len(a.rows))
	for i, r := range a.rows {
		names[i] = r.Name
	}
	slices.Sort(names)
	return names
}

// Get reads the named attribute of v. It returns nil if there is none, as
// Attr of [sl.HasAttrs] does.
func (a *Attributes[V]) Get(v V, name string) (sl.Value, error) {
	for _, r := range a.rows {
		if r.Name == name {
			return r.Get(v)
		}
	}
	return nil, nil
}

// Declare adds the attributes of a module to names.
func (a *Attributes[V]) Declare(names sl.StringDict, v V) error {
	for _, r := range a.rows {
		value, err := r.Get(v)
		if err != nil {
			return err
		}
		declare(names, a.of+"."+r.Name, value)
	}
	return nil
}

// Text makes the Get of an attribute that is a string.
func Text[V any](text func(V) string) func(V) (sl.Value, error) {
	return func(v V) (sl.Value, error) { return sl.String(text(v)), nil }
}
