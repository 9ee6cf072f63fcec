package table

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/internal/suggest"
)

// Type is what a parameter accepts, and what it becomes in Go.
type Type[T any] struct {
	// Name is how documentation and errors call it.
	Name string
	// Convert returns the Go value of v. [ErrType] means that v is of another
	// type; any other error is shown as it is.
	Convert func(v sl.Value) (T, error)

	// onRead has an accepted value converted again whenever the body reads it, in
	// place of keeping the Go value: a string would be copied to the heap.
	onRead bool
}

// ErrType is the error of a conversion from a value of the wrong type. The
// message that scripts get names both types.
var ErrType = errors.New("another type is wanted")

// errLeftOut is the error of a conversion from None, if that is the same as
// no argument.
var errLeftOut = errors.New("the argument is left out")

// convert returns nil for an argument that is left out.
func (t Type[T]) convert(v sl.Value) (any, error) {
	out, err := t.Convert(v)
	switch {
	case err == errLeftOut:
		return nil, nil
	case err != nil:
		return nil, err
	case t.onRead:
		return v, nil
	}
	return out, nil
}

// Any accepts every value.
var Any = Type[sl.Value]{Name: "any", Convert: func(v sl.Value) (sl.Value, error) { return v, nil }}

// Str accepts a string.
var Str = Type[string]{Name: "str", onRead: true, Convert: func(v sl.Value) (string, error) {
	s, ok := v.(sl.String)
	if !ok {
		return "", ErrType
	}
	return string(s), nil
}}

// Bool accepts True and False.
var Bool = Type[bool]{Name: "bool", Convert: func(v sl.Value) (bool, error) {
	b, ok := v.(sl.Bool)
	if !ok {
		return false, ErrType
	}
	return bool(b), nil
}}

// OneOrMore accepts a string, the common case, or a list, tuple or set of
// strings. A dict is refused.
var OneOrMore = Type[[]string]{Name: "str | list[str]", Convert: func(v sl.Value) ([]string, error) {
	switch v := v.(type) {
	case sl.String:
		return []string{string(v)}, nil
	case *sl.List, sl.Tuple, *sl.Set:
		var out []string
		for e := range sl.Elements(v.(sl.Iterable)) {
			s, ok := e.(sl.String)
			if !ok {
				return nil, ErrType
			}
			out = append(out, string(s))
		}
		return out, nil
	}
	return nil, ErrType
}}

// Pair is an entry of a dict of strings.
type Pair struct{ Key, Value string }

// Pairs are the entries of a dict of strings, in its order.
type Pairs []Pair

// Map returns the pairs as a map.
func (p Pairs) Map() map[string]string {
	m := make(map[string]string, len(p))
	for _, kv := range p {
		m[kv.Key] = kv.Value
	}
	return m
}

// StrDict accepts a dict of strings.
var StrDict = Type[Pairs]{Name: "dict[str, str]", Convert: func(v sl.Value) (Pairs, error) {
	d, ok := v.(*sl.Dict)
	if !ok {
		return nil, ErrType
	}
	out := make(Pairs, 0, d.Len())
	for k, v := range d.Entries() {
		key, ok1 := k.(sl.String)
		value, ok2 := v.(sl.String)
		if !ok1 || !ok2 {
			return nil, ErrType
		}
		out = append(out, Pair{string(key), string(value)})
	}
	return out, nil
}}

// EmptyDict is the default of a parameter that is a dict. It is frozen, since
// every run has the same table.
var EmptyDict = func() sl.Value {
	d := &sl.Dict{}
	d.Freeze()
	return d
}()

// Parsed accepts a string that parse accepts.
func Parsed[T any](parse func(string) (T, error)) Type[T] {
	return Type[T]{Name: "str", Convert: func(v sl.Value) (T, error) {
		s, ok := v.(sl.String)
		if !ok {
			var zero T
			return zero, ErrType
		}
		return parse(string(s))
	}}
}

// OneOf accepts a string of a closed set, which documentation lists and checks
// know, and else what t accepts: a name that describes other types follows the
// values. The empty string is left to t.
func OneOf[T any](t Type[T], others string, values ...string) Type[T] {
	names := make([]string, len(values), len(values)+1)
	for i, v := range values {
		names[i] = strconv.Quote(v)
	}
	if others != "" {
		names = append(names, others)
	}
	return Type[T]{Name: strings.Join(names, " | "), Convert: func(v sl.Value) (T, error) {
		if s, ok := v.(sl.String); ok && s != "" && !slices.Contains(values, string(s)) {
			var zero T
			return zero, errors.New(suggest.NoneOf(string(s), values, strings.TrimSuffix(others, " | None")))
		}
		return t.Convert(v)
	}}
}

// Matching accepts the values for which accepts is true, and leaves them as they
// are.
func Matching(name string, accepts func(sl.Value) bool) Type[sl.Value] {
	return Type[sl.Value]{Name: name, Convert: func(v sl.Value) (sl.Value, error) {
		if !accepts(v) {
			return nil, ErrType
		}
		return v, nil
	}}
}

// OrNone accepts None too, and takes it for an argument that is left out: it
// becomes the default of an optional parameter, the zero value of a required
// one.
func OrNone[T any](t Type[T]) Type[T] {
	return Type[T]{Name: t.Name + " | None", onRead: t.onRead, Convert: func(v sl.Value) (T, error) {
		if v == sl.None {
			var zero T
			return zero, errLeftOut
		}
		return t.Convert(v)
	}}
}
