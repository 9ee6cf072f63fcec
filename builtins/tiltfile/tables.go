package tiltfile

import (
	"slices"
	"strings"
	"sync"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

type (
	row    = table.Row[*Run]
	params = table.Params
	call   = table.Call
	body   = table.Body[*Run]
)

// strWord is the word for a string in a type.
var strWord = lazy(`\bstr\b`)

// functions is the table of a Tiltfile. It is made when the first Tiltfile runs.
var functions = sync.OnceValue(func() *table.Table[*Run] {
	return table.New(slices.Concat(
		fileFunctions(), osFunctions(), configFunctions(), execFunctions(),
		imageFunctions(), liveUpdateFunctions(), kubeFunctions(), resourceFunctions(),
		composeFunctions(), settingsFunctions(), objectFunctions(), flowFunctions(),
	)...)
})

// Functions returns the description of every function that a Tiltfile has and a
// Clusterfile has not, or has otherwise, sorted by name.
func Functions() []builtins.Function { return functions().Functions() }

// Attributes returns the description of the values of its modules.
func Attributes() []builtins.Attribute {
	var all []builtins.Attribute
	for _, module := range moduleAttributes() {
		all = append(all, module.Rows()...)
	}
	return all
}

// Treatment is what becomes of a call of a function.
type Treatment string

// The treatments.
const (
	// Evaluated: the call does what it does in Tilt.
	Evaluated Treatment = "evaluated"
	// Recorded: the arguments are checked and kept as data.
	Recorded Treatment = "recorded"
	// Refused: the call fails, and reports why.
	Refused Treatment = "refused"
)

// Treat returns the treatment of a function of the table.
func Treat(f builtins.Function) Treatment {
	switch {
	case strings.HasPrefix(f.Doc, refusedDoc):
		return Refused
	case slices.ContainsFunc(recordedFunctions(), func(r row) bool { return r.Name == f.Name }) && !slices.Contains(evaluatedToo, f.Name):
		return Recorded
	case f.Name == "watch_file":
		return Recorded
	}
	return Evaluated
}

// recordedFunctions are those that declare something which Tilt would act on.
func recordedFunctions() []row {
	return slices.Concat(imageFunctions(), resourceFunctions(), composeFunctions(), settingsFunctions(), objectFunctions(), liveUpdateFunctions(), kubeFunctions())
}

// evaluatedToo are those of them that change what a run comes to: its manifests,
// the names of its images, the guard.
var evaluatedToo = []string{
	"k8s_yaml", "filter_yaml", "k8s_kind", "k8s_image_json_path", "workload_to_resource_function", "allow_k8s_contexts", "default_registry",
	"version_settings",
}

// Describe returns what package analysis knows of the names that only a Tiltfile
// has, or has otherwise than a Clusterfile. A name that is refused is none, with
// the reason as a hint.
func Describe() analysis.Rows {
	var callable []builtins.Function
	hints := map[string]string{}
	for _, f := range Functions() {
		if reason, ok := strings.CutPrefix(f.Doc, refusedDoc); ok {
			hints[f.Name] = strings.ToUpper(reason[:1]) + reason[1:]
			continue
		}
		callable = append(callable, f)
	}
	rows := table.Describe(callable, Attributes())
	for _, f := range rows.Functions { // typeStr takes a Blob
		for i, p := range f.Params {
			f.Params[i].Accepts = strWord().ReplaceAllString(p.Type, typeStr.Name+" | "+blobType)
		}
	}
	rows.Names, rows.Hints = ownNames(), hints
	rows.Types = map[string]string{
		"TRIGGER_MODE_AUTO": typeTriggerMode.Name, "TRIGGER_MODE_MANUAL": typeTriggerMode.Name, "__file__": typeStr.Name, "__name__": typeStr.Name,
	}
	rows.Sealed = []string{blobType}
	return rows
}

// ownNames are the names that are neither functions nor modules.
func ownNames() []string {
	return []string{"TRIGGER_MODE_AUTO", "TRIGGER_MODE_MANUAL", "__file__", "__name__"}
}

// Names returns every name that a Tiltfile sees, sorted.
func Names() []string {
	names := append(table.Predeclared(Functions(), Attributes()), builtins.Names()...)
	names = append(names, ownNames()...)
	slices.Sort(names)
	return slices.Compact(names)
}
