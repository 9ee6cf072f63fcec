package table

import (
	"fmt"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
)

// Param describes one parameter of a function.
type Param struct {
	// Name is the parameter's name. A name that begins with * takes the rest
	// of the positional arguments.
	Name string
	// Type is how documentation and errors call the type.
	Type string
	// Default is its value if a call leaves it out; nil makes it required.
	Default sl.Value
	// Doc is one sentence.
	Doc string

	convert func(sl.Value) (any, error)
	// gather converts the arguments of a variadic parameter.
	gather func(sl.Tuple) (any, error)
}

// isVariadic reports whether the parameter takes any number of arguments.
func (p Param) isVariadic() bool { return strings.HasPrefix(p.Name, "*") }

// Optional reports whether a call may leave the parameter out and pass it by
// name.
func (p Param) Optional() bool { return p.Default != nil && !p.isVariadic() }

// DefaultText is the default as a script would write it.
func (p Param) DefaultText() string {
	if p.Default == Unset {
		return "<none>"
	}
	return p.Default.String()
}

// Check returns an error if the parameter does not take v. A variadic one takes
// v as one of its arguments.
func (p Param) Check(v sl.Value) error {
	_, err := p.convert(v)
	return p.explain(v, err)
}

// explain words the refusal of a type.
func (p Param) explain(v sl.Value, err error) error {
	if err == ErrType && v == sl.None && p.Type == Str.Name {
		return fmt.Errorf("got None, want str: os.getenv() returns None for a variable that is not set; give it a default")
	}
	if err == ErrType {
		return fmt.Errorf("got %s, want %s", v.Type(), p.Type)
	}
	return err
}

// Unset is the default of a parameter that differs, left out, from every value
// it can have. Its argument is then the zero value.
var Unset sl.Value = unset{}

type unset struct{ sl.NoneType }

// Params collects the parameters of one row, in the order of positional
// arguments.
type Params struct {
	params  []Param
	named   int // of the first parameter that has to be passed by name, 0 for none
	ignored bool
}

// NamedOnly makes the parameters that are declared after it ones that a call passes by
// name.
func (p *Params) NamedOnly() { p.named = len(p.params) }

// Ignore lets a call have any arguments, of which none is read.
func (p *Params) Ignore() { p.ignored = true }

func (p *Params) add(param Param) int {
	if slices.ContainsFunc(p.params, func(other Param) bool { return other.Name == param.Name }) {
		panic(fmt.Sprintf("table: duplicate parameter %q", param.Name))
	}
	p.params = append(p.params, param)
	return len(p.params) - 1
}

// Arg reads the argument of one parameter from a call.
type Arg[T any] struct {
	index    int
	name     string
	convert  func(sl.Value) (T, error) // of what is not a T yet
	fallback T
}

// Required declares a parameter that every call must pass.
func Required[T any](p *Params, name string, t Type[T], doc string) Arg[T] {
	return Arg[T]{index: p.add(Param{Name: name, Type: t.Name, Doc: doc, convert: t.convert}), name: name, convert: t.Convert}
}

// Optional declares a parameter with a default, which its type must accept
// unless it is [Unset].
func Optional[T any](p *Params, name string, t Type[T], fallback sl.Value, doc string) Arg[T] {
	a := Arg[T]{name: name, convert: t.Convert}
	if fallback != Unset {
		v, err := t.Convert(fallback)
		if err != nil && err != errLeftOut {
			panic(fmt.Sprintf("table: the default %s of parameter %q is not its type's, %s: %v", fallback, name, t.Name, err))
		}
		a.fallback = v
	}
	a.index = p.add(Param{Name: name, Type: t.Name, Default: fallback, Doc: doc, convert: t.convert})
	return a
}

// Rest declares a parameter that takes the remaining positional arguments. What
// is declared after it can be passed by name only.
func Rest[T any](p *Params, name string, t Type[T], doc string) Arg[[]T] {
	param := Param{Name: "*" + name, Type: t.Name, Doc: doc, convert: t.convert}
	param.gather = func(rest sl.Tuple) (any, error) {
		out := make([]T, len(rest))
		for i, v := range rest {
			var err error
			if out[i], err = t.Convert(v); err != nil {
				return nil, fmt.Errorf("for element %d: %w", i+1, param.explain(v, err))
			}
		}
		return out, nil
	}
	return Arg[[]T]{index: p.add(param), name: name}
}

// Name is the parameter's name.
func (a Arg[T]) Name() string { return a.name }

// Of returns the argument of the call, or the default.
func (a Arg[T]) Of(c *Call) T {
	switch v := c.args[a.index].(type) {
	case nil:
		return a.fallback
	case T:
		return v
	case sl.Value:
		out, err := a.convert(v)
		if err != nil {
			panic(fmt.Sprintf("table: %s: parameter %q accepted %s: %v", c.Name(), a.name, v, err))
		}
		return out
	}
	panic("table: an argument of another parameter")
}

// Given reports whether the call passed the argument.
func (a Arg[T]) Given(c *Call) bool { return c.args[a.index] != nil }

// Errorf makes an error that begins with the names of the function and the
// parameter.
func (a Arg[T]) Errorf(c *Call, format string, args ...any) error {
	return c.Errorf("for parameter %q: %w", a.name, fmt.Errorf(format, args...))
}
