package lsp

import (
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// partial is the analysis of an earlier version of a document with that of the
// statements that are different now. It finds the uses of a name while the whole is
// analyzed, if it can be sure of them.
type partial struct {
	a   *analyzed      // of the earlier version
	f   *analysis.File // of the earlier version
	now *document
	// changed are the statements that are different, on the lines that they have now.
	changed *analysis.File
	// Their lines, from 0: from first to before thenEnd then, and nowEnd now.
	first, thenEnd, nowEnd int
}

// maxPartial is how many bytes of statements are analyzed at once.
const maxPartial = 50_000

// partially returns the partial analysis of a document. It returns nil if the earlier
// version does not parse, or the statements that are different do not, load
// something, or are too long.
func (a *analyzed) partially(now *document) *partial {
	if a.document == nil || a.current() == nil || a.current().Source != a.document.text {
		return nil
	}
	start, thenEnd, nowEnd := changeBetween(a.document, now).statements()
	p := &partial{a: a, f: a.current(), now: now, first: now.position(start).Line}
	p.thenEnd, p.nowEnd = a.document.lineFrom(thenEnd), now.lineFrom(nowEnd)
	text := now.text[start:nowEnd]
	if len(text) > maxPartial || strings.Contains(text, "\x00") {
		return nil
	}
	source := strings.Repeat("\n", p.first) + text
	tree, err := p.f.Tree.Options.Parse(p.f.Name, source, 0)
	if err != nil || analysis.LongChain(tree, maxPartialChain) != nil || slices.ContainsFunc(tree.Stmts, isLoad) {
		return nil
	}
	for _, stmt := range p.f.Tree.Stmts {
		if at, _ := stmt.Span(); isLoad(stmt) && p.first < int(at.Line) && int(at.Line) <= p.thenEnd {
			return nil
		}
	}
	p.changed = analysis.Analyze(tree, source, p.f.Table(), nil)
	return p
}

// maxPartialChain is below the limit of the engine, which the whole analysis reports.
const maxPartialChain = 500

func isLoad(stmt syntax.Stmt) bool {
	_, ok := stmt.(*syntax.LoadStmt)
	return ok
}

// lineFrom returns the line that begins at a byte, or the number of lines at the end.
func (d *document) lineFrom(offset int) int {
	if offset == len(d.text) {
		return len(d.lines)
	}
	return d.position(offset).Line
}

// named is a name of a document and where it is used there.
type named struct {
	symbol *analysis.Symbol
	uses   []use
}

// at returns the name at a position with all its uses in the document, nil if that
// depends on more than is analyzed. Parameters do: calls name them.
func (p *partial) at(pos position) *named {
	n := &named{}
	name := ""
	if p.first <= pos.Line && pos.Line < p.nowEnd {
		at := p.now.toDiag(p.f.Name, pos)
		n.symbol, _ = p.changed.SymbolAt(at)
		if id := p.free(func(id *syntax.Ident) bool { return p.changed.Range(id).Contains(at) }); n.symbol == nil && len(id) > 0 {
			name = id[0].Name
		}
	} else {
		if pos.Line >= p.nowEnd {
			pos.Line += p.thenEnd - p.nowEnd
		}
		n.symbol, _ = p.f.SymbolAt(p.a.document.toDiag(p.f.Name, pos))
	}
	if s := n.symbol; s != nil {
		if s.Parameter || s.Load != nil {
			return nil
		}
		if s.Scope == analysis.Local { // of one statement
			p.add(n, s)
			return n
		}
		name = s.Name
	}
	return p.global(name)
}

// global returns a global with its uses. At top level a name is a global only behind
// its first definition, so it matters where that is.
func (p *partial) global(name string) *named {
	then, now := p.f.Global(name), p.changed.Global(name)
	if then == nil || then.Load != nil {
		return nil
	}
	free := p.free(func(id *syntax.Ident) bool { return id.Name == name })
	n := &named{symbol: then}
	switch first := int(then.Defs[0].NamePos.Line) - 1; {
	case first < p.first: // all that is different is behind it
		p.addIdents(n, p.changed, false, free)
	case first < p.thenEnd:
		if now == nil {
			return nil
		}
	case now != nil || len(free) > 0:
		return nil
	}
	p.add(n, then)
	if now != nil {
		p.add(n, now)
	}
	return n
}

// free returns the names in the statements that are different which something else
// defines.
func (p *partial) free(want func(*syntax.Ident) bool) []*syntax.Ident {
	return slices.DeleteFunc(p.changed.Free(), func(id *syntax.Ident) bool { return !want(id) })
}

// add adds the uses of a symbol of the earlier version that are the same now, or of
// one of the statements that are different.
func (p *partial) add(n *named, s *analysis.Symbol) {
	p.addIdents(n, s.File, true, s.Defs)
	p.addIdents(n, s.File, false, s.Uses)
}

func (p *partial) addIdents(n *named, f *analysis.File, declares bool, ids []*syntax.Ident) {
	uri := uriOf(script{p.a.script.root, f.Name}.path())
	for _, id := range ids {
		if f == p.changed {
			n.uses = append(n.uses, use{location{uri, p.now.rangeOf(f.Range(id))}, declares})
			continue
		}
		r := p.a.document.rangeOf(f.Range(id))
		if r.Start.Line >= p.thenEnd {
			r.Start.Line += p.nowEnd - p.thenEnd
			r.End.Line += p.nowEnd - p.thenEnd
		} else if r.Start.Line >= p.first {
			continue
		}
		n.uses = append(n.uses, use{location{uri, r}, declares})
	}
}

// defines reports whether a name is defined in the document.
func (p *partial) defines(name string) bool {
	is := func(s *analysis.Symbol) bool { return s.Name == name }
	return slices.ContainsFunc(p.f.Symbols, is) || slices.ContainsFunc(p.changed.Symbols, is)
}

// within returns the range of the use that a position is in.
func (n *named) within(at position) textRange {
	for _, u := range n.uses {
		if !at.before(u.Range.Start) && !u.Range.End.before(at) {
			return u.Range
		}
	}
	return textRange{at, at}
}
