package builtins

import (
	sl "go.starlark.net/starlark"
)

// Type is what a parameter accepts.
type Type struct {
	// Name is how documentation and errors call it.
	Name    string
	accepts func(sl.Value) bool
}

// String returns the type's name.
func (t Type) String() string { return t.Name }

// The types of parameters.
var (
	typeAny  = Type{"any", func(sl.Value) bool { return true }}
	typeStr  = Type{"str", is[sl.String]}
	typeBool = Type{"bool", is[sl.Bool]}
	// typeStrOrStrs is a list, tuple or set of strings, or one string, the
	// common case.
	typeStrOrStrs = Type{"str | list[str]", func(v sl.Value) bool { return is[sl.String](v) || isStrings(v) }}
	typeStrDict   = Type{"dict[str, str]", isStringDict}
	typeText      = Type{"str | Blob", func(v sl.Value) bool { return is[sl.String](v) || is[*blob](v) }}
	typeOptStr    = Type{"str | None", func(v sl.Value) bool { return v == sl.None || is[sl.String](v) }}
	typeRegistry  = Type{"Registry | str | None", func(v sl.Value) bool {
		return v == sl.None || is[sl.String](v) || is[*registryValue](v)
	}}
)

func is[T sl.Value](v sl.Value) bool {
	_, ok := v.(T)
	return ok
}

func isStrings(v sl.Value) bool {
	_, ok := toStrings(v)
	return ok
}

// toStrings returns the elements of a sequence of strings; a dict is none.
func toStrings(v sl.Value) ([]string, bool) {
	switch v.(type) {
	case *sl.List, sl.Tuple, *sl.Set:
	default:
		return nil, false
	}
	var out []string
	for e := range sl.Elements(v.(sl.Iterable)) {
		s, ok := sl.AsString(e)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

func isStringDict(v sl.Value) bool {
	_, ok := toStringMap(v)
	return ok
}

func toStringMap(v sl.Value) (map[string]string, bool) {
	d, ok := v.(*sl.Dict)
	if !ok {
		return nil, false
	}
	out := make(map[string]string, d.Len())
	for k, v := range d.Entries() {
		key, ok1 := sl.AsString(k)
		value, ok2 := sl.AsString(v)
		if !ok1 || !ok2 {
			return nil, false
		}
		out[key] = value
	}
	return out, true
}

// stringList makes a list value of strings.
func stringList(items []string) *sl.List {
	values := make([]sl.Value, len(items))
	for i, s := range items {
		values[i] = sl.String(s)
	}
	return sl.NewList(values)
}

// noStrings is the default of a dict parameter: empty, and frozen, since every
// run has the same table.
func noStrings() sl.Value {
	d := &sl.Dict{}
	d.Freeze()
	return d
}
