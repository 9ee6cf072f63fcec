package builtins

import (
	"cmp"
	"slices"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// Function describes a function that scripts call: its name, its parameters,
// its result and what it does.
type Function = table.Function

// Param describes one parameter of a [Function].
type Param = table.Param

// Attribute describes an attribute of a value that builtins make, or of a module.
type Attribute = table.Attribute

type (
	row    = table.Row[*Run]
	method = table.Row[*clusterValue]
	params = table.Params
	call   = table.Call
	body   = table.Body[*Run]
)

var runFunctions = sync.OnceValue(func() *table.Table[*Run] {
	return table.New(slices.Concat(
		clusterFunctions(), contextFunctions(), registryFunctions(), manifestFunctions(), locatorFunctions(),
		fileFunctions(), dataFunctions(), osFunctions(), execFunctions(), configFunctions(), flowFunctions(),
	)...)
})

var clusterMethods = sync.OnceValue(func() *table.Table[*clusterValue] {
	return table.New(slices.Concat(imageMethods(), rewriteMethods())...)
})

// Functions returns the description of every function and method, sorted by name.
func Functions() []Function {
	all := slices.Concat(runFunctions().Functions(), clusterMethods().Functions(), imageFunctions().Functions())
	slices.SortFunc(all, func(a, b Function) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Attributes returns the description of every attribute, in the order of their types
// and, within a type, of their declaration.
func Attributes() []Attribute {
	all := clusterAttributes().Rows()
	for _, records := range recordAttributes() {
		all = append(all, records.Rows()...)
	}
	return slices.Concat(all, registryAttributes().Rows(), imageAttributes().Rows(), partsAttributes().Rows(), osAttributes().Rows())
}

// Names returns every name that the run predeclares, sorted.
func Names() []string {
	names := append(table.Predeclared(Functions(), Attributes()), "math", "struct", "time")
	slices.Sort(names)
	return names
}

func is[T sl.Value](v sl.Value) bool {
	_, ok := v.(T)
	return ok
}

// stringList makes a list value of strings.
func stringList(items []string) *sl.List {
	values := make([]sl.Value, len(items))
	for i, s := range items {
		values[i] = sl.String(s)
	}
	return sl.NewList(values)
}
