package analysis

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Param is one parameter of a function.
type Param struct {
	// Name is the parameter's name. One that begins with * takes the rest of the
	// positional arguments, one that begins with ** the rest of the keyword
	// arguments.
	Name string
	// Type is what it accepts, such as `str | list[str]`.
	Type string
	// Accepts is Type with the alternatives that messages and documentation leave out;
	// empty is Type.
	Accepts string
	// Default is its value if a call leaves it out, as a script would write it;
	// empty for a required parameter.
	Default string
	// PositionalOnly reports whether a call cannot name the parameter.
	PositionalOnly bool
	// Doc is one sentence.
	Doc string
}

// Required reports whether a call must pass the parameter.
func (p Param) Required() bool { return p.Default == "" && !strings.HasPrefix(p.Name, "*") }

// Function describes a function, or a method of a type.
type Function struct {
	// Name is how scripts spell it: a name, module.name, or Type.method.
	Name   string
	Params []Param
	// Returns is the type of the result: `never` for a function that ends the
	// script.
	Returns string
	// Doc is one sentence or more, the first of which can be shown alone.
	Doc string
}

// Signature returns the function as a call shows it, with defaults.
func (f *Function) Signature() string {
	params := make([]string, len(f.Params))
	for i, p := range f.Params {
		params[i] = p.Name
		if p.Default != "" {
			params[i] += "=" + p.Default
		}
	}
	return fmt.Sprintf("%s(%s) -> %s", f.Name, strings.Join(params, ", "), f.Returns)
}

// param returns the parameter that a keyword argument sets.
func (f *Function) param(name string) *Param {
	for i, p := range f.Params {
		if p.Name == name && !p.PositionalOnly {
			return &f.Params[i]
		}
	}
	return nil
}

// rest reports whether the function takes any number of further arguments:
// positional ones for *, keyword arguments for **.
func (f *Function) rest(stars string) bool {
	return slices.ContainsFunc(f.Params, func(p Param) bool {
		return strings.HasPrefix(p.Name, stars) && !strings.HasPrefix(p.Name[len(stars):], "*")
	})
}

// positional returns the parameters that positional arguments set, in order.
func (f *Function) positional() []Param {
	for i, p := range f.Params {
		if strings.HasPrefix(p.Name, "*") {
			return f.Params[:i]
		}
	}
	return f.Params
}

// Keywords returns the names that keyword arguments may have.
func (f *Function) Keywords() []string {
	var names []string
	for _, p := range f.Params {
		if !p.PositionalOnly && !strings.HasPrefix(p.Name, "*") {
			names = append(names, p.Name)
		}
	}
	return names
}

// Attribute describes an attribute of a type or of a module.
type Attribute struct {
	// Of is the type or the module.
	Of string
	// Name is how scripts spell it, Type the type of its value.
	Name, Type string
	// Waits reports whether reading it waits for something outside the script.
	Waits bool
	// Doc is one sentence.
	Doc string
}

// Rows describe a part of what scripts can use, such as what one plugin adds.
type Rows struct {
	Functions  []Function
	Attributes []Attribute
	// Names are predeclared names that are neither functions nor modules.
	Names []string
	// Types are the types of some of the Names.
	Types map[string]string
	// Sealed are types that have the attributes and methods of these rows and no
	// others. A type with a row is sealed anyway; this is for types with none.
	Sealed []string
	// Hints are what to write instead of a name that scripts cannot use.
	Hints map[string]string
}

// Table describes all that scripts can use. It never changes.
type Table struct {
	functions  map[string]*Function
	attributes map[string]*Attribute // by Type.name
	// members are the names of the attributes, methods and submodules of a type or
	// module, in the order of the rows.
	members  map[string][]string
	sealed   map[string]bool
	hints    map[string]string
	names    []string        // predeclared, sorted
	types    map[string]Type // of some of the names
	language map[string]bool
}

//go:embed language.txt
var languageText string

//go:embed library.txt
var libraryText string

var languageRows = sync.OnceValue(func() Rows { return mustParseRows(languageText) })

// languageNames returns the names that every script has, sorted.
func languageNames() []string {
	names := []string{"False", "None", "True"}
	for _, f := range languageRows().Functions {
		if !strings.Contains(f.Name, ".") {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Library describes what go.starlark.net offers beside the language: struct and
// the modules math and time.
var Library = sync.OnceValue(func() Rows { return mustParseRows(libraryText) })

func mustParseRows(text string) Rows {
	rows, err := ParseRows(text)
	if err != nil {
		panic(err) // the text is part of the program
	}
	return rows
}

// NewTable makes a table of the language and of rows. A function of later rows
// replaces one of the same name.
func NewTable(rows ...Rows) *Table {
	t := &Table{
		functions: map[string]*Function{}, attributes: map[string]*Attribute{}, members: map[string][]string{},
		sealed: map[string]bool{}, hints: maps.Clone(hints()), types: map[string]Type{}, language: map[string]bool{},
	}
	for _, name := range languageNames() {
		t.language[name] = true
	}
	predeclared := map[string]bool{} // and the types of methods and attributes
	constants := map[string]bool{}
	for _, r := range append([]Rows{languageRows()}, rows...) {
		for i := range r.Functions {
			f := &r.Functions[i]
			t.functions[f.Name] = f
			t.addMembers(f.Name)
			predeclared[first(f.Name)] = true
		}
		for i := range r.Attributes {
			a := &r.Attributes[i]
			t.attributes[a.Of+"."+a.Name] = a
			t.addMembers(a.Of + "." + a.Name)
			predeclared[first(a.Of)] = true
		}
		for _, name := range r.Names {
			predeclared[name], constants[name] = true, true
		}
		for name, typ := range r.Types {
			t.types[name] = ParseType(typ)
			t.sealed[typ] = true // the names are all the values that a script can have of it
		}
		for _, name := range r.Sealed {
			t.sealed[name] = true
		}
		maps.Copy(t.hints, r.Hints)
	}
	for name := range t.members {
		t.sealed[name] = true
	}
	for name := range predeclared {
		if (!isType(name) || constants[name]) && !t.language[name] {
			t.names = append(t.names, name)
		}
	}
	slices.Sort(t.names)
	return t
}

func first(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}

// isType reports whether the first part of a row's name is a type, not a name
// that scripts can use.
func isType(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

// addMembers notes a dotted name as a member of each of its modules.
func (t *Table) addMembers(name string) {
	for {
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return
		}
		of, member := name[:i], name[i+1:]
		if slices.Contains(t.members[of], member) {
			return
		}
		t.members[of] = append(t.members[of], member)
		name = of
	}
}

// isModule reports whether a type of values is a module.
func (t *Table) isModule(name string) bool {
	return t.predeclared(first(name)) && t.functions[name] == nil
}

// Names returns the names that scripts can use beside those of the language,
// sorted.
func (t *Table) Names() []string { return t.names }

// AllNames returns the names that scripts can use, those of the language first.
func (t *Table) AllNames() []string { return append(languageNames(), t.names...) }

// Members returns the names of the attributes, methods and submodules of a type
// or module.
func (t *Table) Members(of string) []string { return t.members[of] }

// Function returns the row of a function by its full name, or nil.
func (t *Table) Function(name string) *Function { return t.functions[name] }

// Attribute returns the row of an attribute of a type or module, or nil.
func (t *Table) Attribute(of, name string) *Attribute { return t.attributes[of+"."+name] }

// Hint is what to write instead of a name that scripts cannot use, empty if
// nothing is known.
func (t *Table) Hint(name string) string { return t.hints[name] }

func (t *Table) predeclared(name string) bool {
	_, ok := slices.BinarySearch(t.names, name)
	return ok
}

func (t *Table) universal(name string) bool { return t.language[name] }

// valueType returns the type of a predeclared name or of a member: that of an
// attribute, the name of a module, or a function.
func (t *Table) valueType(name string) Type {
	if a := t.attributes[name]; a != nil {
		return ParseType(a.Type)
	}
	switch {
	case t.functions[name] != nil:
		return Type{{Name: functionType, Row: name}}
	case name == "None":
		return ParseType("None")
	case name == "True", name == "False":
		return ParseType("bool")
	case t.members[name] != nil:
		return Type{{Name: name}}
	}
	return t.types[name]
}

// Constants returns the predeclared names of a type, sorted.
func (t *Table) Constants(typ string) []string {
	var names []string
	for name, of := range t.types {
		if of.String() == typ {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
