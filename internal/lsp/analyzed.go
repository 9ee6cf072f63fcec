package lsp

import (
	"context"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// analyzed is the last analysis of an open document.
type analyzed struct {
	document *document // that was analyzed
	outdated bool      // what the document loads was changed since
	program  *analysis.Program
	// file is the script's, or, if it does not parse, one without its broken
	// lines or an earlier one; nil if there is none.
	file   *analysis.File
	script script
}

// current returns the file if it is of the document's version and parses.
func (a *analyzed) current() *analysis.File {
	if f := a.program.File(a.script.name); f != nil && f.Tree != nil {
		return f
	}
	return nil
}

// loads reports whether a file is part of the program.
func (a *analyzed) loads(path string) bool { return a.program.File(nameBelow(a.script, path)) != nil }

func analyzeOne(ctx context.Context, snapshot *snapshot, sc script, d *document, last *analyzed) *analyzed {
	a := &analyzed{document: d, script: sc, program: &analysis.Program{}}
	if last != nil {
		a.file = last.file
	}
	program, err := snapshot.check(ctx, sc)
	if err != nil {
		return a // the folder of the script is gone, or the server ends
	}
	a.program = program
	if f := a.current(); f != nil {
		a.file = f
	} else if f := snapshot.repaired(ctx, sc, d); f != nil && (len(f.Source) > 0 || a.file == nil) {
		a.file = f
	}
	return a
}

// diagnostics returns those of the document itself.
func (a *analyzed) diagnostics() []diag.Diagnostic {
	if f := a.program.File(a.script.name); f != nil {
		return f.Diagnostics
	}
	return nil
}

// shown converts a diagnostic.
func (a *analyzed) shown(d *diag.Diagnostic) diagnostic {
	out := diagnostic{Range: a.document.rangeOf(d.Range), Severity: int(d.Severity), Code: d.Code, Source: "sextant", Message: d.Summary}
	if d.Detail != "" {
		out.Message += "\n" + d.Detail
	}
	if d.Code == "unused-name" || d.Code == "unreachable" {
		out.Tags = []int{1}
	}
	for _, r := range d.Related {
		out.Related = append(out.Related, relatedInformation{location{a.document.uri, a.document.rangeOf(r.Range)}, r.Message})
	}
	return out
}
