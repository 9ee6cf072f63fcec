package table

import (
	"slices"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/starlark/analysis"
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

	// positional is how many arguments a call may pass without their names.
	positional int
	// ignores reports whether a call may have any arguments.
	ignores bool
}

// Body is what a function does. S is the state it works on: a run, or the
// receiver of a method.
type Body[S any] func(S, *Call) (sl.Value, error)

// Row is a function of a table.
type Row[S any] struct {
	// Name, Returns, Doc and Declares are those of [Function].
	Name, Returns, Doc string
	Declares           bool
	// Define declares the parameters and returns the body. It runs once, when the
	// function is first called or described.
	Define func(*Params) Body[S]
}

// Plain returns the Define of a function without parameters.
func Plain[S any](body Body[S]) func(*Params) Body[S] {
	return func(*Params) Body[S] { return body }
}

// Table is a set of functions that work on the same state.
type Table[S any] struct {
	functions []*function[S] // sorted by name
}

// function is a row, and what its Define declares: most runs call few functions
// of many, so that waits for the first use.
type function[S any] struct {
	row    Row[S]
	define sync.Once
	public Function
	body   Body[S]
}

func (f *function[S]) defined() *function[S] {
	f.define.Do(func() {
		var p Params
		f.body = f.row.Define(&p)
		f.public = Function{
			Name: f.row.Name, Params: p.params, Returns: f.row.Returns, Doc: f.row.Doc, Declares: f.row.Declares,
			positional: len(p.params), ignores: p.ignored,
		}
		if p.named > 0 {
			f.public.positional = p.named
		}
	})
	return f
}

// New makes a table. It panics if two rows have the same name.
func New[S any](rows ...Row[S]) *Table[S] {
	t := &Table[S]{functions: make([]*function[S], len(rows))}
	for i, row := range rows {
		t.functions[i] = &function[S]{row: row}
	}
	slices.SortFunc(t.functions, func(a, b *function[S]) int { return strings.Compare(a.row.Name, b.row.Name) })
	for i := 1; i < len(rows); i++ {
		if name := t.functions[i].row.Name; name == t.functions[i-1].row.Name {
			panic("table: duplicate function " + name)
		}
	}
	return t
}

// Functions returns the descriptions of the rows, sorted by name.
func (t *Table[S]) Functions() []Function {
	all := make([]Function, len(t.functions))
	for i, f := range t.functions {
		all[i] = f.defined().public
	}
	return all
}

// Bind makes a row the function that the scripts of one run call, nil if there
// is no row of that name. Each call, its arguments unpacked, goes through enter
// before the body.
func (t *Table[S]) Bind(name string, state S, enter func(*Call) error) *sl.Builtin {
	i, found := slices.BinarySearchFunc(t.functions, name, func(f *function[S], name string) int { return strings.Compare(f.row.Name, name) })
	if !found {
		return nil
	}
	return t.functions[i].bind(state, enter)
}

func (f *function[S]) bind(state S, enter func(*Call) error) *sl.Builtin {
	return sl.NewBuiltin(f.row.Name, func(thread *sl.Thread, _ *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
		called := &f.defined().public
		values, err := called.unpack(args, kwargs)
		if err != nil {
			return nil, err
		}
		c := &Call{Thread: thread, function: called, args: values}
		if err := enter(c); err != nil {
			return nil, err
		}
		return f.body(state, c)
	})
}

// Declare adds every function of the table to names, in modules if their names
// have dots.
func (t *Table[S]) Declare(names sl.StringDict, state S, enter func(*Call) error) {
	for _, f := range t.functions {
		declare(names, f.row.Name, f.bind(state, enter))
	}
}

// isType reports whether the first part of a dotted name is a type, as in
// Cluster.image, and not a module.
func isType(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

// Predeclared returns what scripts see of the functions and the attributes of
// modules: the first parts of their names, each once, sorted.
func Predeclared(functions []Function, attributes []Attribute) []string {
	var names []string
	add := func(name string) {
		if !isType(name) {
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

// Describe returns what package analysis knows of functions and attributes.
func Describe(functions []Function, attributes []Attribute) analysis.Rows {
	var rows analysis.Rows
	for _, f := range functions {
		out := analysis.Function{Name: f.Name, Returns: f.Returns, Doc: f.Doc}
		for _, p := range f.Params {
			param := analysis.Param{Name: p.Name, Type: p.Type, Doc: p.Doc}
			if p.Optional() {
				param.Default = p.DefaultText()
			}
			out.Params = append(out.Params, param)
		}
		rows.Functions = append(rows.Functions, out)
	}
	for _, a := range attributes {
		rows.Attributes = append(rows.Attributes, analysis.Attribute{Of: a.Of, Name: a.Name, Type: a.Type, Waits: a.Waits, Doc: a.Doc})
	}
	return rows
}
