package lsp

import (
	"cmp"
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
	place  textRange // of the name at the position that was asked for
	uses   []use
	// original reports whether the name is the one that a load statement takes from
	// another file, and not the one that it has here.
	original bool
}

// spot is an identifier of one of the two analyses, and its symbol, nil if that analysis
// has none.
type spot struct {
	f        *analysis.File
	id       *syntax.Ident
	symbol   *analysis.Symbol
	declares bool
}

// at returns the name at a position with all its uses in the document, nil if that
// depends on more than is analyzed.
func (p *partial) at(pos position) *named {
	at := p.spotAt(pos)
	if at.id == nil {
		return nil
	}
	n := &named{symbol: at.symbol, place: p.rangeOf(at)}
	var spots []spot
	switch s := at.symbol; {
	case s != nil && s.Parameter:
		spots = p.parameter(s)
	case s != nil && s.Scope == analysis.Local && s.Load == nil: // of one statement
		spots = own(s)
	case s != nil && s.Load != nil:
		n.original = slices.Contains(s.Load.From, at.id)
		spots = p.module(s.Name)
	default:
		spots = p.module(at.id.Name)
	}
	if spots == nil {
		return nil
	}
	found := newUseSet()
	for _, spot := range spots {
		if n.symbol == nil {
			n.symbol = spot.symbol
		}
		found.add(p.use(spot))
	}
	n.uses = found.list
	if !n.original && !slices.ContainsFunc(n.uses, func(u use) bool { return u.Range == n.place }) {
		return nil
	}
	return n
}

// spotAt returns the name at a position; its id is nil if there is none.
func (p *partial) spotAt(pos position) spot {
	name := p.now.wordAt(pos)
	f, at := p.changed, p.now.toDiag(p.f.Name, pos)
	if pos.Line < p.first || p.nowEnd <= pos.Line {
		if pos.Line >= p.nowEnd {
			pos.Line += p.thenEnd - p.nowEnd
		}
		f, at = p.f, p.a.document.toDiag(p.f.Name, pos)
	}
	if call, id := f.KeywordAt(at); id != nil {
		return spot{f: f, id: id, symbol: p.parameterOf(f, call, id.Name)}
	}
	if s, id := f.SymbolAt(at); s != nil {
		return spot{f: f, id: id, symbol: s}
	}
	for _, m := range f.Mentions(name) {
		if f.Range(m.ID).Contains(at) {
			return spot{f: f, id: m.ID}
		}
	}
	return spot{}
}

// parameterOf returns the parameter, by its name, of the function that a call in one of
// the analyses calls now, nil if that is not evident.
func (p *partial) parameterOf(f *analysis.File, call *syntax.CallExpr, name string) *analysis.Symbol {
	callee, ok := call.Fn.(*syntax.Ident)
	if !ok {
		return nil
	}
	s, _ := f.SymbolAt(f.Range(callee).Start)
	if s == nil || s.Scope == analysis.Global {
		s = cmp.Or(p.changed.Global(callee.Name), p.f.Global(callee.Name))
	}
	if s == nil || s.Def == nil {
		return nil
	}
	return s.File.Parameter(s, name)
}

// own returns where a symbol is named in its file.
func own(s *analysis.Symbol) []spot {
	var out []spot
	for _, id := range s.Defs {
		out = append(out, spot{s.File, id, s, true})
	}
	for _, id := range s.Uses {
		out = append(out, spot{s.File, id, s, false})
	}
	return out
}

// parameter returns where a parameter is named: in its function, and in calls of that,
// if the function is nothing else but called.
func (p *partial) parameter(s *analysis.Symbol) []spot {
	out, function := own(s), s.Parent
	if function == nil {
		return out // of a lambda
	}
	if function.Def == nil {
		return nil
	}
	spots := own(function)
	if function.Scope == analysis.Global {
		spots = p.module(function.Name)
	}
	uses := map[*syntax.Ident]bool{}
	defs := 0
	for _, spot := range spots {
		if spot.declares {
			defs++
		} else {
			uses[spot.id] = true
		}
	}
	if defs != 1 {
		return nil
	}
	for _, f := range []*analysis.File{p.f, p.changed} {
		for _, call := range f.Calls() {
			id, ok := call.Fn.(*syntax.Ident)
			if !ok || !uses[id] {
				continue
			}
			delete(uses, id)
			for _, keyword := range analysis.Keywords(call) {
				if keyword.Name == s.Name {
					out = append(out, spot{f: f, id: keyword, symbol: s})
				}
			}
		}
	}
	if len(uses) > 0 { // as a value, which other names may have
		return nil
	}
	return out
}

// module returns where a name that is a global, or loaded, is mentioned. At top level
// that is so only behind its first definition, so it matters where that is now.
func (p *partial) module(name string) []spot {
	then, now := p.f.Global(name), p.changed.Global(name)
	if loaded := p.f.Loads(name); loaded != nil {
		if then != nil || now != nil {
			return nil // assigned to as well
		}
		then = loaded
	}
	var out []spot
	if then != nil {
		out = slices.DeleteFunc(own(then), func(s spot) bool { return p.replaced(s.id) })
	}
	first := -1 // the line of the first definition that is the same now
	for _, s := range out {
		if s.declares {
			first = line(s.id)
			break
		}
	}
	behind := 0 <= first && first < p.first // all that is different is behind it
	for _, m := range p.changed.Mentions(name) {
		if m.Symbol == nil && !behind && (now != nil || first < 0 || !m.Late) {
			continue
		}
		out = append(out, spot{p.changed, m.ID, cmp.Or(then, now), m.Symbol != nil && slices.Contains(m.Symbol.Defs, m.ID)})
	}
	switch {
	case behind:
	case now != nil:
		for _, m := range p.f.Mentions(name) {
			if m.Symbol == nil && !p.replaced(m.ID) && (m.Late || line(m.ID) >= p.thenEnd) {
				out = append(out, spot{f: p.f, id: m.ID, symbol: now})
			}
		}
	case first < 0:
		return nil
	case first != line(then.Defs[0]):
		return p.laterFirst(out, then, first)
	}
	return out
}

// laterFirst leaves out what is before the first definition, on a line of the earlier
// version, since an earlier one is gone.
func (p *partial) laterFirst(spots []spot, s *analysis.Symbol, first int) []spot {
	early := map[*syntax.Ident]bool{}
	for _, m := range p.f.Mentions(s.Name) {
		early[m.ID] = m.Symbol == s && !m.Late
	}
	begin, end := first, first // of its statement
	for _, stmt := range p.f.Tree.Stmts {
		if start, behind := stmt.Span(); int(start.Line) <= first+1 && first+1 <= int(behind.Line) {
			begin, end = min(begin, int(start.Line)-1), max(end, int(behind.Line)-1)
		}
	}
	for _, spot := range spots {
		if at := line(spot.id); !spot.declares && early[spot.id] && begin <= at && at <= end {
			return nil // its order in the statement matters
		}
	}
	return slices.DeleteFunc(spots, func(s spot) bool { return !s.declares && early[s.id] && line(s.id) < begin })
}

// line returns the line of an identifier, from 0.
func line(id *syntax.Ident) int { return int(id.NamePos.Line) - 1 }

// replaced reports whether an identifier of the earlier version is in the statements that
// are different.
func (p *partial) replaced(id *syntax.Ident) bool {
	return p.first <= line(id) && line(id) < p.thenEnd
}

// rangeOf returns where an identifier is now.
func (p *partial) rangeOf(s spot) textRange {
	if s.f == p.changed {
		return p.now.rangeOf(s.f.Range(s.id))
	}
	r := p.a.document.rangeOf(s.f.Range(s.id))
	if r.Start.Line >= p.thenEnd {
		r.Start.Line += p.nowEnd - p.thenEnd
		r.End.Line += p.nowEnd - p.thenEnd
	}
	return r
}

func (p *partial) use(s spot) use { return use{location{p.now.uri, p.rangeOf(s)}, s.declares} }

// lineNow returns the line on which a symbol is defined now, from 0.
func (p *partial) lineNow(s *analysis.Symbol) int {
	return p.rangeOf(spot{f: s.File, id: s.Defs[0]}).Start.Line
}

// defines reports whether a name is defined in the document.
func (p *partial) defines(name string) bool {
	is := func(s *analysis.Symbol) bool { return s.Name == name }
	return slices.ContainsFunc(p.f.Symbols, is) || slices.ContainsFunc(p.changed.Symbols, is)
}
