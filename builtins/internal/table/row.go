package table

import (
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
)

// Function describes a function that scripts call.
type Function struct {
	// Name is how scripts spell it: a name, module.name, or Type.method.
	Name string
	// Params are in the order of positional arguments.
	Params []Param
	// Returns is the type of its result.
	Returns string
	// Doc is one sentence or more, the first of which can be read alone.
	Doc string
	// Declares reports whether it adds to the run. What runs after the end of the
	// script, a naming function, may not call such a function.
	Declares bool
}

// Body is what a function does. S is the state it works on: a run, or the
// receiver of a method.
type Body[S any] func(S, *Call) (sl.Value, error)

// Row is a function of a table.
type Row[S any] struct {
	// Name, Returns, Doc and Declares are those of [Function].
	Name, Returns, Doc string
	Declares           bool
	// Define declares the parameters and returns the body. It runs once.
	Define func(*Params) Body[S]
}

// Plain returns the Define of a function without parameters.
func Plain[S any](body Body[S]) func(*Params) Body[S] {
	return func(*Params) Body[S] { return body }
}

// Table is a set of functions that work on the same state.
type Table[S any] struct {
	functions []Function // sorted by name
	bodies    map[string]Body[S]
}

// New makes a table. It panics if two rows have the same name.
func New[S any](rows ...Row[S]) *Table[S] {
	t := &Table[S]{bodies: map[string]Body[S]{}}
	for _, row := range rows {
		if t.bodies[row.Name] != nil {
			panic("table: duplicate function " + row.Name)
		}
		var p Params
		t.bodies[row.Name] = row.Define(&p)
		t.functions = append(t.functions, Function{
			Name: row.Name, Params: p.params, Returns: row.Returns, Doc: row.Doc, Declares: row.Declares,
		})
	}
	slices.SortFunc(t.functions, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return t
}

// Functions returns the descriptions of the rows, sorted by name.
func (t *Table[S]) Functions() []Function { return slices.Clone(t.functions) }

// Bind makes a row the function that the scripts of one run call, nil if there
// is no row of that name. Each call, its arguments unpacked, goes through enter
// before the body.
func (t *Table[S]) Bind(name string, state S, enter func(*Call) error) *sl.Builtin {
	i, found := slices.BinarySearchFunc(t.functions, name, func(f Function, name string) int { return strings.Compare(f.Name, name) })
	if !found {
		return nil
	}
	return t.bind(&t.functions[i], state, enter)
}

func (t *Table[S]) bind(f *Function, state S, enter func(*Call) error) *sl.Builtin {
	body := t.bodies[f.Name]
	return sl.NewBuiltin(f.Name, func(thread *sl.Thread, _ *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
		values, err := f.unpack(args, kwargs)
		if err != nil {
			return nil, err
		}
		c := &Call{Thread: thread, function: f, args: values}
		if err := enter(c); err != nil {
			return nil, err
		}
		return body(state, c)
	})
}

// Declare adds every function of the table to names, in modules if their names
// have dots.
func (t *Table[S]) Declare(names sl.StringDict, state S, enter func(*Call) error) {
	for i := range t.functions {
		f := &t.functions[i]
		declare(names, f.Name, t.bind(f, state, enter))
	}
}

// IsType reports whether the first part of a dotted name is a type, as in
// Cluster.image, and not a module.
func IsType(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

// Predeclared returns what scripts see of the functions and the attributes of
// modules: the first parts of their names, each once, sorted.
func Predeclared(functions []Function, attributes []Attribute) []string {
	var names []string
	add := func(name string) {
		if !IsType(name) {
			names = append(names, name)
		}
	}
	for _, f := range functions {
		name, _, _ := strings.Cut(f.Name, ".")
		add(name)
	}
	for _, a := range attributes {
		name, _, _ := strings.Cut(a.Of, ".")
		add(name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
