package builtins

import (
	"cmp"
	"slices"
	"sync"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/starlark/analysis"
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

// Describe returns what package analysis knows of the builtins: the table's
// functions and attributes. Together with analysis.Library they are what a
// Clusterfile can use.
func Describe() analysis.Rows {
	rows := table.Describe(Functions(), Attributes())
	for _, a := range rows.Attributes {
		if a.Of == "Registry" { // that of a status is a record with the same fields
			a.Of = "RegistryHosting"
			rows.Attributes = append(rows.Attributes, a)
		}
	}
	rows.Sealed = []string{"Blob"}
	rows.Hints = map[string]string{
		"open":     "Write read_file(path).",
		"json":     "Write decode_json(text), encode_json(value) or read_json(path).",
		"yaml":     "Write decode_yaml(text), encode_yaml(value) or read_yaml(path).",
		"sys":      "Arguments come from config.parse(), the environment from os.getenv(); exit() ends the script.",
		"input":    "A script asks nobody: it takes values with config.define_string() and config.parse().",
		"requests": "A script makes no requests; what it knows of clusters is in Cluster.status.",
		"glob":     "Write listdir(path, recursive=True), and choose with a comprehension.",
		"datetime": "Write time.now(), time.parse_time(text) or time.time(year=2026).",
		"__file__": "Paths are relative to the file that they are in, so a script need not know its own.",
	}
	return rows
}
