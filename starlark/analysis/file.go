package analysis

import (
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// File is a script that was analyzed. It never changes, and answers one caller
// at a time.
type File struct {
	// Name is the path of the script, relative to the root of the scripts.
	Name string
	// Source is what Tree was parsed from.
	Source string
	// Tree is the syntax tree, resolved; nil if the source does not parse.
	Tree *syntax.File
	// Symbols are the variables, functions and parameters that the script
	// defines, and the names that it loads, in the order of the source.
	Symbols []*Symbol
	// Diagnostics are what was found, in the order of the source.
	Diagnostics []diag.Diagnostic
	// Loaded are the files of the load statements that could be read.
	Loaded map[*syntax.LoadStmt]*File

	table   *Table
	byFirst map[*syntax.Ident]*Symbol // by the identifier that binds them first
	globals map[string]*Symbol
	calls   []*syntax.CallExpr
	types   map[syntax.Expr]Type // what was inferred, of expressions of the tree
}

// maxMistakes is how many mistakes of one file are reported: nobody reads more.
const maxMistakes = 100

// bytesOfSymbol is how much of a source there is for each symbol, about.
const bytesOfSymbol = 64

// Analyze resolves the names of a tree and checks it. The source is the contents of
// the tree; loaded are the files of its load statements, those that could be
// read.
func Analyze(tree *syntax.File, source string, table *Table, loaded map[*syntax.LoadStmt]*File) *File {
	f := &File{
		Name: tree.Path, Source: source, Tree: tree, Loaded: loaded, table: table,
		byFirst: make(map[*syntax.Ident]*Symbol, len(source)/bytesOfSymbol), globals: map[string]*Symbol{},
		types: make(map[syntax.Expr]Type, len(source)/bytesOfSymbol),
	}
	if err := resolve.File(tree, Predeclared(table.predeclared, table.universal), table.universal); err != nil {
		f.Diagnostics = Mistakes(err, tree.Path, source, table.names, table.Hint)
	}
	check := checker{File: f}
	w := walker{f: f, check: &check}
	w.block(tree.Stmts)
	for _, s := range f.Symbols {
		if s.Scope == Global {
			f.globals[s.Name] = s
		}
	}
	check.run()
	diag.Sort(f.Diagnostics)
	f.Diagnostics = f.Diagnostics[:min(len(f.Diagnostics), maxMistakes)]
	return f
}

// Broken makes the File of a source that does not parse: it has diagnostics and
// no symbols.
func Broken(name, source string, table *Table, diagnostics []diag.Diagnostic) *File {
	return &File{Name: name, Source: source, table: table, Diagnostics: diagnostics}
}

// Global returns the symbol of a global that other files can load, or nil.
func (f *File) Global(name string) *Symbol { return f.globals[name] }

// Loads returns the symbol of a name that the file loads from another one, or nil.
func (f *File) Loads(name string) *Symbol {
	for _, s := range f.Symbols {
		if s.Load != nil && s.Name == name {
			return s
		}
	}
	return nil
}

// GlobalNames returns the names that other files can load, in the order of the
// source.
func (f *File) GlobalNames() []string {
	var names []string
	for _, s := range f.Symbols {
		if s.Scope == Global && !strings.HasPrefix(s.Name, "_") {
			names = append(names, s.Name)
		}
	}
	return names
}

// symbol returns the symbol that an identifier of the tree is bound to, nil for a name
// that the file does not define.
func (f *File) symbol(id *syntax.Ident) *Symbol {
	if b, ok := id.Binding.(*resolve.Binding); ok && b.First != nil {
		return f.byFirst[b.First]
	}
	return nil
}

// Calls returns the calls of the script, in the order of their ends.
func (f *File) Calls() []*syntax.CallExpr { return f.calls }

// Table returns what the script can use.
func (f *File) Table() *Table { return f.table }

func (f *File) position(p syntax.Position) diag.Position {
	return diag.Position{File: f.Name, Line: int(p.Line), Column: int(p.Col)}
}

// Range returns the range of a node of the tree.
func (f *File) Range(n syntax.Node) diag.Range {
	start, end := n.Span()
	switch n := n.(type) {
	case *syntax.IndexExpr, *syntax.SliceExpr, *syntax.LoadStmt:
		end.Col++ // the span leaves out the bracket
	case *syntax.TupleExpr:
		if n.Lparen.IsValid() {
			end.Col++
		}
	}
	return diag.Range{Start: f.position(start), End: f.position(end)}
}

func (f *File) report(severity diag.Severity, code string, at diag.Range, summary string) *diag.Diagnostic {
	f.Diagnostics = append(f.Diagnostics, diag.Diagnostic{Severity: severity, Code: code, Range: at, Summary: summary})
	return &f.Diagnostics[len(f.Diagnostics)-1]
}

// suggestFix adds a near name to a diagnostic, and the fix that writes it. The
// format is that of the name in the summary.
func suggestFix(d *diag.Diagnostic, name, quoted string) {
	if name == "" {
		return
	}
	d.Suggestion = name
	d.Summary += " (did you mean " + quoted + "?)"
	d.Fixes = append(d.Fixes, diag.Fix{
		Title: "Replace by " + name,
		Edits: []diag.Edit{{Range: d.Range, NewText: name}},
	})
}
