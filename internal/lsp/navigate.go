package lsp

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// nameBelow returns the name that a file has in a program with another root.
func nameBelow(sc script, path string) string {
	name, err := filepath.Rel(sc.root, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(name)
}

// source returns the contents of a file of a program, with its lines.
func source(sc script, f *analysis.File) *document {
	path := script{sc.root, f.Name}.path()
	return newDocument(uriOf(path), path, 0, f.Source)
}

func locationOf(sc script, f *analysis.File, id *syntax.Ident) location {
	d := source(sc, f)
	return location{d.uri, d.rangeOf(f.Range(id))}
}

// definition returns where the name at a position is defined, across loads. If
// the present version is not analyzed yet, it looks the name up in the last analysis.
func (q *requests) definition(p positionParams) ([]location, error) {
	d, a := q.latest(p.TextDocument.URI)
	if d == nil || a == nil {
		return []location{}, nil
	}
	if (a.document != d || a.current() == nil) && a.file != nil {
		if sym := a.lookUp(d, p.Position); sym != nil {
			return []location{a.moved(sym, d)}, nil
		}
	}
	if a = q.settled(p.TextDocument.URI); a == nil || a.current() == nil {
		return []location{}, nil
	}
	f := a.current()
	at := a.document.toDiag(f.Name, p.Position)
	if load := f.LoadAt(at); load != nil {
		if loaded := f.Loaded[load]; loaded != nil {
			return []location{{uriOf(script{a.script.root, loaded.Name}.path()), textRange{}}}, nil
		}
	}
	sym, _ := f.SymbolAt(at)
	if o := sym.Original(); o != nil {
		return []location{locationOf(a.script, o.File, o.Defs[0])}, nil
	}
	return []location{}, nil
}

// lookUp returns the symbol of the name at a position of a later version, by the
// functions around it.
func (a *analyzed) lookUp(d *document, p position) *analysis.Symbol {
	cursor := d.cursor(d.nameEnd(p))
	if cursor.word == "" || cursor.dotted || cursor.comment || cursor.quote >= 0 {
		return nil
	}
	for _, sym := range a.file.Visible(cursor.functions) {
		if sym.Name == cursor.word {
			return sym.Original()
		}
	}
	return nil
}

// moved returns where a symbol of the last analysis is now, that of the document
// itself in its present version: lines before and behind the change are the same.
func (a *analyzed) moved(sym *analysis.Symbol, now *document) location {
	l := locationOf(a.script, sym.File, sym.Defs[0])
	if l.URI != now.uri {
		return l
	}
	then := newDocument(now.uri, now.path, 0, sym.File.Source)
	if first := then.sameLines(now); l.Range.Start.Line >= first {
		moved := len(now.lines) - len(then.lines)
		l.Range.Start.Line += moved
		l.Range.End.Line += moved
	}
	return l
}

// sameLines returns how many of the first lines of two documents are the same.
func (d *document) sameLines(o *document) int {
	n := 0
	for n < min(len(d.lines), len(o.lines)) && d.line(n) == o.line(n) {
		n++
	}
	return n
}

// errNoSymbol is the answer to a request about a name at a place without one.
var errNoSymbol = fmt.Errorf("there is no name of this script here")

// use is one place where a symbol is named.
type use struct {
	location
	declares bool
}

// uses returns every place that names the symbol at a position, in all scripts
// below the editor's folders, and the symbol.
func (q *requests) uses(p positionParams) ([]use, *analysis.Symbol, error) {
	if part, n := q.partial(p); n != nil {
		if uses, sym := q.partialUses(part, n); sym != nil {
			return uses, sym, nil
		}
	}
	a := q.settled(p.TextDocument.URI)
	if a == nil {
		return nil, nil, errNoSymbol
	}
	f := a.current()
	if f == nil {
		return nil, nil, errors.New("the script does not parse: fix that first")
	}
	sym, id := f.SymbolAt(a.document.toDiag(f.Name, p.Position))
	if sym == nil {
		return nil, nil, errNoSymbol
	}
	ownName := sym.Load != nil && sym.From != sym.Name && !slices.Contains(sym.Load.From, id)
	original := sym.Original()
	if original == nil || ownName { // of this file alone
		return usesIn(a.script, f, sym).list, sym, nil
	}
	found := usesIn(a.script, original.File, original)
	if original.Scope == analysis.Global || original.Parameter {
		q.addUsesElsewhere(&found, original, script{a.script.root, original.File.Name}.path())
	}
	return found.list, original, nil
}

// useSet is uses in the order they were added, each once.
type useSet struct {
	list []use
	seen map[location]bool
}

func newUseSet() useSet { return useSet{seen: map[location]bool{}} }

func (s *useSet) add(uses ...use) {
	for _, u := range uses {
		if !s.seen[u.location] {
			s.seen[u.location] = true
			s.list = append(s.list, u)
		}
	}
}

// usesIn returns the uses of a symbol of a file, in that file.
func usesIn(sc script, f *analysis.File, sym *analysis.Symbol) useSet {
	found := newUseSet()
	found.add(usesAt(sc, f, true, sym.Defs)...)
	found.add(usesAt(sc, f, false, sym.Uses)...)
	return found
}

// usesAt returns names in a file as uses.
func usesAt(sc script, f *analysis.File, declares bool, ids []*syntax.Ident) []use {
	if len(ids) == 0 {
		return nil
	}
	d := source(sc, f)
	var out []use
	for _, id := range ids {
		out = append(out, use{location{d.uri, d.rangeOf(f.Range(id))}, declares})
	}
	return out
}

// addUsesElsewhere adds where scripts load a global of the script at home and use it
// by that name, or pass an argument to a parameter by name.
func (q *requests) addUsesElsewhere(found *useSet, sym *analysis.Symbol, home string) {
	q.eachFile(script{}, func(sc script, f *analysis.File) {
		if sym.Scope == analysis.Global {
			found.add(loadsOf(f, sc, sym.Name, home)...)
		}
		if sym.Parameter && sym.Parent != nil {
			found.add(usesAt(sc, f, false, keywordsOf(f, sym, line(sym.Parent.Defs[0]), sc, home))...)
		}
	})
}

// partialUses returns the uses of a name of a partial analysis, in all scripts, and its
// symbol; nil if it cannot be sure of them.
func (q *requests) partialUses(part *partial, n *named) ([]use, *analysis.Symbol) {
	own := script{part.a.script.root, part.f.Name}
	sym := n.symbol
	switch found := (useSet{list: n.uses, seen: map[location]bool{}}); {
	case sym.Load != nil && (n.original || sym.From == sym.Name):
		return q.partialLoad(part, n, own)
	case sym.Load == nil && sym.Scope == analysis.Global:
		q.eachFile(own, func(sc script, f *analysis.File) { found.add(loadsOf(f, sc, sym.Name, own.path())...) })
		return found.list, sym
	case sym.Parameter && sym.Parent != nil:
		at := part.lineNow(sym.Parent)
		q.eachFile(own, func(sc script, f *analysis.File) {
			found.add(usesAt(sc, f, false, keywordsOf(f, sym, at, sc, own.path()))...)
		})
		return found.list, sym
	}
	return n.uses, sym
}

// partialLoad is partialUses for a name that the document loads from another file by the
// name that it has there.
func (q *requests) partialLoad(part *partial, n *named, own script) ([]use, *analysis.Symbol) {
	then := n.symbol.Original()
	if then == nil {
		return nil, nil
	}
	home := script{part.a.script.root, then.File.Name}.path()
	found := newUseSet()
	var original *analysis.Symbol
	q.eachFile(own, func(sc script, f *analysis.File) {
		if sc.path() == home {
			if original = f.Global(then.Name); original != nil {
				found.add(usesIn(sc, f, original).list...)
			}
		}
		found.add(loadsOf(f, sc, then.Name, home)...)
	})
	if original == nil {
		return nil, nil
	}
	for _, s := range part.f.Symbols {
		if s.Load == nil || s.Original() != then {
			continue
		}
		found.add(part.use(spot{f: part.f, id: s.LoadedAs()}))
		if s.Name != s.From {
			continue
		}
		spots := part.module(s.Name)
		if spots == nil {
			return nil, nil
		}
		for _, spot := range spots {
			if !spot.declares {
				found.add(part.use(spot))
			}
		}
	}
	return found.list, original
}

// partial returns the partial analysis of a document that is not analyzed as it is,
// and the name at a position; nil if there is none that is sure.
func (q *requests) partial(p positionParams) (*partial, *named) {
	d, a := q.latest(p.TextDocument.URI)
	if d == nil || a == nil || a.document == d {
		return nil, nil
	}
	part := a.partially(d)
	if part == nil {
		return nil, nil
	}
	return part, part.at(p.Position)
}

// loadsOf returns where a file loads a global of the script at home, in whatever
// program, and uses it by that name.
func loadsOf(f *analysis.File, sc script, name, home string) []use {
	var out []use
	for _, o := range f.Symbols {
		if o.Load == nil || o.From != name {
			continue
		}
		loaded := f.Loaded[o.Load]
		if loaded == nil || (script{sc.root, loaded.Name}).path() != home {
			continue
		}
		ids := []*syntax.Ident{o.LoadedAs()}
		if o.Name == o.From {
			ids = append(ids, o.Uses...)
		}
		out = append(out, usesAt(sc, f, false, ids)...)
	}
	return out
}

// keywordsOf returns where calls pass an argument to a parameter by name. The
// function is the one on a line at home, from 0, in whatever program.
func keywordsOf(f *analysis.File, parameter *analysis.Symbol, defined int, sc script, home string) []*syntax.Ident {
	return f.KeywordsOf(func(function *analysis.Symbol) bool {
		return function.Name == parameter.Parent.Name && line(function.Defs[0]) == defined &&
			(script{sc.root, function.File.Name}).path() == home
	}, parameter.Name)
}

func (q *requests) references(p referenceParams) ([]location, error) {
	uses, _, err := q.uses(p.positionParams)
	out := []location{}
	if err != nil {
		return out, nil // no name is not a fault of the editor's user
	}
	for _, u := range uses {
		if p.Context.IncludeDeclaration || !u.declares {
			out = append(out, u.location)
		}
	}
	return out, nil
}

func (q *requests) prepareRename(p positionParams) (*textRange, error) {
	if _, n := q.partial(p); n != nil {
		return &n.place, nil
	}
	a := q.settled(p.TextDocument.URI)
	if a == nil || a.current() == nil {
		return nil, nil
	}
	sym, id := a.current().SymbolAt(a.document.toDiag(a.script.name, p.Position))
	if sym == nil {
		return nil, nil
	}
	r := a.document.rangeOf(a.current().Range(id))
	return &r, nil
}

// rename changes a name everywhere it is used.
func (q *requests) rename(p renameParams) (*workspaceEdit, error) {
	if !isName(p.NewName) || isKeyword(p.NewName) || p.NewName == "load" {
		return nil, fmt.Errorf("%q cannot be a name", p.NewName)
	}
	if part, _ := q.partial(p.positionParams); part != nil && part.defines(p.NewName) {
		q.settled(p.TextDocument.URI) // whether that matters depends on all of the script
	}
	uses, sym, err := q.uses(p.positionParams)
	if err != nil {
		return nil, err
	}
	for _, other := range sym.File.Symbols {
		if other.Name == p.NewName && (other.Scope == analysis.Global || other.Parent == sym.Parent || sym.Scope == analysis.Global) {
			return nil, fmt.Errorf("%s is defined already, in line %d", p.NewName, other.Range().Start.Line)
		}
	}
	edit := &workspaceEdit{Changes: map[string][]textEdit{}}
	for _, u := range uses {
		edit.Changes[u.URI] = append(edit.Changes[u.URI], textEdit{u.Range, p.NewName})
	}
	return edit, nil
}

func isName(name string) bool {
	if name == "" || !isLetter(name[0]) {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool { return r < 0x80 && !analysis.IsNameByte(byte(r)) }) < 0
}
