package table

import "github.com/sextant-dev/sextant/starlark/analysis"

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
