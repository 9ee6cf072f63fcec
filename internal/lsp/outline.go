package lsp

import (
	"cmp"
	"slices"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// documentSymbols lists the functions and variables of a script. Until the text is
// analyzed, or if it does not parse, they come from its statements, without their types.
func (q *requests) documentSymbols(p documentParams) ([]documentSymbol, error) {
	out := []documentSymbol{}
	d, a := q.latest(p.TextDocument.URI)
	if d == nil || a == nil {
		return out, nil
	}
	if a.document != d || a.current() == nil {
		return append(out, q.outlines.of(d)...), nil
	}
	inner := map[*analysis.Symbol][]*analysis.Symbol{} // the functions in a function
	for _, sym := range a.current().Symbols {
		if sym.Parent != nil && sym.IsFunction() {
			inner[sym.Parent] = append(inner[sym.Parent], sym)
		}
	}
	for _, sym := range a.current().Symbols {
		if sym.Scope == analysis.Global {
			out = append(out, a.outline(sym, inner))
		}
	}
	slices.SortStableFunc(out, func(x, y documentSymbol) int {
		return cmp.Or(cmp.Compare(x.Range.Start.Line, y.Range.Start.Line), cmp.Compare(x.Range.Start.Character, y.Range.Start.Character))
	})
	return out, nil
}

func (a *analyzed) outline(sym *analysis.Symbol, inner map[*analysis.Symbol][]*analysis.Symbol) documentSymbol {
	name := a.document.rangeOf(sym.Range())
	out := documentSymbol{Name: sym.Name, Kind: symbolVariable, Range: name, SelectionRange: name, Detail: known(sym.Type())}
	if sym.IsFunction() {
		out.Kind, out.Detail = symbolFunction, sym.Signature().Signature()
		out.Range = a.document.rangeOf(a.current().Range(sym.Def))
		for _, child := range inner[sym] {
			out.Children = append(out.Children, a.outline(child, inner))
		}
	}
	return out
}

// outlines finds the symbols of documents as they are typed. It parses only the
// statements that the document did not have the last time. One request uses it at
// a time.
type outlines struct {
	// known are the symbols of the statements of each document, by path and by
	// their text, with lines from the start of the statement. They are parts
	// of the last text of the document, so no other is kept.
	known map[string]map[string][]documentSymbol
	// parsed counts the bytes that were parsed.
	parsed int
}

// of returns the symbols of a document; if it does not parse, those of the statements
// that do.
func (o *outlines) of(d *document) []documentSymbol {
	before, now := o.known[d.path], map[string][]documentSymbol{}
	part := func(text string) ([]documentSymbol, error) {
		symbols, ok := before[text]
		if !ok {
			o.parsed += len(text)
			var err error
			if symbols, err = symbolsOf(d.path, text); err != nil {
				return nil, err
			}
		}
		now[text] = symbols
		return symbols, nil
	}
	var all []documentSymbol
	seen := map[string]bool{}
	add := func(symbols []documentSymbol, below int) {
		for _, sym := range symbols {
			if !seen[sym.Name] {
				seen[sym.Name] = true
				all = append(all, sym.below(below))
			}
		}
	}
	broken := false
	for _, p := range statements(d) {
		text := d.text[d.lines[p.line]:p.end]
		symbols, err := part(text)
		if err != nil && !broken {
			// The part is no statement, or the document does not parse.
			o.parsed += len(d.text)
			if symbols, err := symbolsOf(d.path, d.text); err == nil {
				return symbols
			}
			broken = true
		}
		if err == nil {
			add(symbols, p.line)
			continue
		}
		// A string may have been left open: then each line may begin a statement.
		inner := newDocument("", d.path, 0, text)
		for _, piece := range margins(inner, func(int) bool { return true }) {
			if symbols, err := part(text[inner.lines[piece.line]:piece.end]); err == nil {
				add(symbols, p.line+piece.line)
			}
		}
	}
	if o.known == nil {
		o.known = map[string]map[string][]documentSymbol{}
	}
	o.known[d.path] = now
	return all
}

// forget drops what is kept of a document.
func (o *outlines) forget(path string) { delete(o.known, path) }

// part is a part of a document: from the start of a line to a byte.
type part struct{ line, end int }

// statements splits a document where a line can begin a statement. A line inside
// brackets can look like that; then the part before it does not parse.
func statements(d *document) []part {
	i := 0
	return margins(d, func(start int) bool {
		for i < start { // to the line, past the strings before it
			switch d.text[i] {
			case '#':
				i = lineEnd(d.text, i)
			case '"', '\'':
				_, i = analysis.StringEnd(d.text, i)
			default:
				i++
			}
		}
		return i == start
	})
}

// margins splits a document at the lines with code at the left margin for which
// begins is true. That is called with where each line starts, in turn.
func margins(d *document, begins func(start int) bool) []part {
	var parts []part
	for n, start := range d.lines {
		if !begins(start) || !analysis.BeginsStatement(d.text[start:]) {
			continue
		}
		if len(parts) > 0 {
			parts[len(parts)-1].end = start
		}
		parts = append(parts, part{n, len(d.text)})
	}
	return parts
}

// symbolsOf returns the symbols of a source.
func symbolsOf(path, text string) ([]documentSymbol, error) {
	tree, err := (&syntax.FileOptions{}).Parse(path, text, 0)
	if err != nil {
		return nil, err
	}
	o := outliner{d: newDocument("", path, 0, text), seen: map[string]bool{}}
	o.block(tree.Stmts)
	return o.symbols, nil
}

// below returns the symbol some lines further down.
func (s documentSymbol) below(lines int) documentSymbol {
	for _, p := range []*position{&s.Range.Start, &s.Range.End, &s.SelectionRange.Start, &s.SelectionRange.End} {
		p.Line += lines
	}
	children := s.Children
	s.Children = nil
	for _, c := range children {
		s.Children = append(s.Children, c.below(lines))
	}
	return s
}

// outliner collects the symbols of a tree: the names that statements of the script
// bind first, and the functions in functions.
type outliner struct {
	d       *document
	within  bool // a function
	seen    map[string]bool
	symbols []documentSymbol
}

func (o *outliner) block(stmts []syntax.Stmt) {
	for _, stmt := range stmts {
		switch s := stmt.(type) {
		case *syntax.AssignStmt:
			o.names(s.LHS)
		case *syntax.ForStmt:
			o.names(s.Vars)
			o.block(s.Body)
		case *syntax.WhileStmt:
			o.block(s.Body)
		case *syntax.IfStmt:
			for s != nil { // elif is an if in else, and a script can have many
				o.block(s.True)
				next, ok := (*syntax.IfStmt)(nil), false
				if len(s.False) == 1 {
					next, ok = s.False[0].(*syntax.IfStmt)
				}
				if !ok {
					o.block(s.False)
				}
				s = next
			}
		case *syntax.DefStmt:
			o.function(s)
		}
	}
}

func (o *outliner) names(lhs syntax.Expr) {
	switch e := lhs.(type) {
	case *syntax.Ident:
		if !o.within && !o.seen[e.Name] {
			o.seen[e.Name] = true
			r := o.rangeOf(e)
			o.symbols = append(o.symbols, documentSymbol{Name: e.Name, Kind: symbolVariable, Range: r, SelectionRange: r})
		}
	case *syntax.ParenExpr:
		o.names(e.X)
	case *syntax.TupleExpr:
		for _, x := range e.List {
			o.names(x)
		}
	case *syntax.ListExpr:
		for _, x := range e.List {
			o.names(x)
		}
	}
}

func (o *outliner) function(def *syntax.DefStmt) {
	if o.seen[def.Name.Name] {
		return
	}
	o.seen[def.Name.Name] = true
	inner := outliner{d: o.d, within: true, seen: map[string]bool{}}
	inner.block(def.Body)
	o.symbols = append(o.symbols, documentSymbol{
		Name: def.Name.Name, Kind: symbolFunction, Range: o.rangeOf(def), SelectionRange: o.rangeOf(def.Name), Children: inner.symbols,
	})
}

func (o *outliner) rangeOf(n syntax.Node) textRange {
	start, end := n.Span()
	at := func(p syntax.Position) position {
		return o.d.fromDiag(diag.Position{Line: int(p.Line), Column: int(p.Col)})
	}
	return textRange{at(start), at(end)}
}
