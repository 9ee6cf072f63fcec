package builtins

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/internal/suggest"
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

// call is one call of a function: the arguments by parameter.
type call struct {
	run *Run
	// recv is the receiver of a method, nil for a function.
	recv     sl.Value
	fn       *Function
	args     []sl.Value
	rest     sl.Tuple
	keywords []sl.Tuple
}

// unpack puts the arguments of one call to the row's parameters and checks
// their types.
func (f *Function) unpack(args sl.Tuple, kwargs []sl.Tuple) (*call, error) {
	c := &call{fn: f, args: make([]sl.Value, len(f.Params))}
	next := 0
	for next < len(args) && next < len(f.Params) && !strings.HasPrefix(f.Params[next].Name, "*") {
		c.args[next] = args[next]
		next++
	}
	if next < len(args) {
		if !f.takes("*") {
			return nil, fmt.Errorf("%s: got %d positional arguments, want at most %d", f.Name, len(args), f.positional())
		}
		c.rest = args[next:]
	}
	for _, kw := range kwargs {
		name := string(kw[0].(sl.String))
		i := f.index(name)
		switch {
		case i >= 0 && c.args[i] != nil:
			return nil, fmt.Errorf("%s: got more than one value for parameter %q", f.Name, name)
		case i >= 0:
			c.args[i] = kw[1]
		case f.takes("**"):
			c.keywords = append(c.keywords, kw)
		default:
			return nil, fmt.Errorf("%s: unexpected keyword argument %q%s", f.Name, name, suggest.DidYouMean(name, f.keywordNames()))
		}
	}
	for i, p := range f.Params {
		switch v := c.args[i]; {
		case strings.HasPrefix(p.Name, "*"):
		case v == nil && p.Default == nil:
			return nil, fmt.Errorf("%s: missing argument %q", f.Name, p.Name)
		case v == nil:
			c.args[i] = p.Default
		case !p.Type.accepts(v):
			return nil, fmt.Errorf("%s: for parameter %q: got %s, want %s", f.Name, p.Name, v.Type(), p.Type)
		}
	}
	return c, nil
}

// takes reports whether the last parameter takes the rest: * or **.
func (f *Function) takes(stars string) bool {
	for _, p := range f.Params {
		if n := strings.TrimLeft(p.Name, "*"); p.Name == stars+n && n != p.Name {
			return true
		}
	}
	return false
}

func (f *Function) positional() int {
	n := 0
	for _, p := range f.Params {
		if !strings.HasPrefix(p.Name, "*") {
			n++
		}
	}
	return n
}

func (f *Function) index(name string) int {
	for i, p := range f.Params {
		if p.Name == name {
			return i
		}
	}
	return -1
}

func (f *Function) keywordNames() []string {
	var names []string
	for _, p := range f.Params {
		if !strings.HasPrefix(p.Name, "*") {
			names = append(names, p.Name)
		}
	}
	return names
}

// value returns the argument of the named parameter, which the row must have.
func (c *call) value(name string) sl.Value {
	return c.args[c.fn.index(name)]
}

// str returns a string argument; None is "".
func (c *call) str(name string) string {
	s, _ := sl.AsString(c.value(name))
	return s
}

func (c *call) bool(name string) bool { return bool(c.value(name).(sl.Bool)) }

// strs returns a sequence of strings, or the one string that was given.
func (c *call) strs(name string) []string {
	if s, ok := sl.AsString(c.value(name)); ok {
		return []string{s}
	}
	items, _ := toStrings(c.value(name))
	return items
}

func (c *call) stringMap(name string) map[string]string {
	m, _ := toStringMap(c.value(name))
	return m
}

// text returns the content of a string or Blob argument.
func (c *call) text(name string) string {
	if b, ok := c.value(name).(*blob); ok {
		return b.text
	}
	return c.str(name)
}

// errorf makes an error that begins with the function's name.
func (c *call) errorf(format string, args ...any) error {
	return fmt.Errorf(c.fn.Name+": "+format, args...)
}

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

// module is a namespace of functions, such as os or os.path.
type module struct {
	name    string
	members sl.StringDict
}

var _ sl.HasAttrs = (*module)(nil)

func (m *module) Attr(name string) (sl.Value, error) { return m.members[name], nil }
func (m *module) AttrNames() []string                { return slices.Sorted(maps.Keys(m.members)) }
func (m *module) Freeze()                            { m.members.Freeze() }
func (m *module) Hash() (uint32, error)              { return sl.String(m.name).Hash() }
func (m *module) String() string                     { return "<module " + m.name + ">" }
func (m *module) Truth() sl.Bool                     { return true }
func (m *module) Type() string                       { return "module" }

// declare puts v at a dotted name, making the modules on the way. The names of
// methods, which begin with a type, are passed over.
func declare(names sl.StringDict, name string, v sl.Value) {
	if isUpper(name) {
		return
	}
	path := ""
	for {
		head, rest, dotted := strings.Cut(name, ".")
		if !dotted {
			names[name] = v
			return
		}
		path = strings.TrimPrefix(path+"."+head, ".")
		m, ok := names[head].(*module)
		if !ok {
			m = &module{name: path, members: sl.StringDict{}}
			names[head] = m
		}
		names, name = m.members, rest
	}
}
