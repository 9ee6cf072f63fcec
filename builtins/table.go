package builtins

import (
	"slices"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"
)

// Param is one parameter of a function.
type Param struct {
	// Name is the parameter's name. A name that begins with * takes the rest
	// of the positional arguments, one that begins with ** the rest of the
	// keyword arguments.
	Name string
	// Type says what it accepts.
	Type Type
	// Default is its value where the call gives none; nil makes it required.
	Default sl.Value
	// Doc is one sentence.
	Doc string
}

// Optional reports whether a call may leave the parameter out.
func (p Param) Optional() bool { return p.Default != nil && !strings.HasPrefix(p.Name, "*") }

// DefaultText is the default as a script would write it.
func (p Param) DefaultText() string {
	if p.Default == (unset{}) {
		return "<none>"
	}
	return p.Default.String()
}

// Function is one row of the table: a function that scripts call.
type Function struct {
	// Name is how scripts spell it: a name, module.name, or Type.method.
	Name string
	// Params are in the order of positional arguments.
	Params []Param
	// Returns is the type of its result.
	Returns string
	// Doc is one sentence or more, the first of which can stand alone.
	Doc string

	call func(*call) (sl.Value, error)
	// declares says that it adds to the run. What runs behind the script's end, a
	// naming function, may not.
	declares bool
}

// Attribute is one row of the table: an attribute of a value that builtins
// make.
type Attribute struct {
	// Of is the type that has it.
	Of string
	// Name is how scripts spell it.
	Name string
	// Type is the type of its value.
	Type string
	// Waits tells that reading it waits for the cluster's resolution.
	Waits bool
	// Doc is one sentence.
	Doc string

	get func(*clusterValue) (sl.Value, error)
}

// Functions returns the rows of every function, sorted by name.
func Functions() []Function { return slices.Clone(functionRows()) }

var functionRows = sync.OnceValue(func() []Function {
	rows := slices.Concat(
		clusterFunctions(), contextFunctions(), registryFunctions(),
		methods(), manifestFunctions(), locatorFunctions(), fileFunctions(), dataFunctions(), osFunctions(), execFunctions(), configFunctions(), flowFunctions(),
	)
	slices.SortFunc(rows, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return rows
})

// Attributes returns the rows of every attribute, in the order of their types
// and, within a type, of their declaration.
func Attributes() []Attribute {
	return slices.Concat(clusterAttributes(), recordAttributes(), registryAttributes(), imageAttributes(), osAttributes())
}

// Names returns every name that the run predeclares, sorted.
func Names() []string {
	names := []string{"math", "struct", "time"}
	for _, f := range Functions() {
		name, _, _ := strings.Cut(f.Name, ".")
		if !isUpper(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// isUpper tells a type's name from a module's: Cluster.image is a method.
func isUpper(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

// bind makes the row a value that scripts call, for one run.
func (f Function) bind(r *Run) *sl.Builtin {
	return sl.NewBuiltin(f.Name, func(thread *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
		r.thread = thread
		c, err := f.unpack(args, kwargs)
		if err != nil {
			return nil, err
		}
		c.run, c.recv = r, b.Receiver()
		if f.declares && r.ended {
			return nil, c.errorf("too late: the script has ended, and only a function that it gave is still called; call this at the top of the script")
		}
		return f.call(c)
	})
}
