package builtins

import (
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

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
