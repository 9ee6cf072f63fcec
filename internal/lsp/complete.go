package lsp

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// complete lists what may be written at a position.
func (q *requests) complete(p positionParams) (completionList, error) {
	list := completionList{Items: []completionItem{}}
	d, a := q.latest(p.TextDocument.URI)
	if d == nil || a == nil {
		return list, nil
	}
	at := d.offset(p.Position)
	c := completer{z: q.analyzer, d: d, a: a, at: at, cursor: d.cursor(at)}
	c.all()
	if c.items != nil {
		list.Items = c.items
	}
	list.IsIncomplete = c.cut
	return list, nil
}

// maxNames is how many names of a script are listed. An editor that got a part asks
// again as its user types.
const maxNames = 250

// best returns the first symbols, by name, that what is typed may stand for.
func best(symbols []*analysis.Symbol, typed string) []*analysis.Symbol {
	symbols = slices.DeleteFunc(symbols, func(s *analysis.Symbol) bool { return !abbreviates(typed, s.Name) })
	slices.SortFunc(symbols, func(a, b *analysis.Symbol) int { return strings.Compare(a.Name, b.Name) })
	return symbols[:min(maxNames, len(symbols))]
}

// abbreviates reports whether a label has the letters that are typed, in their order
// and in either case: editors match no more than that.
func abbreviates(typed, label string) bool {
	rest := []rune(strings.ToLower(typed))
	for _, r := range strings.ToLower(label) {
		if len(rest) > 0 && r == rest[0] {
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}

// completer collects the items of one request.
type completer struct {
	z      *analyzer
	d      *document
	a      *analyzed
	at     int
	cursor *cursor
	items  []completionItem
	cut    bool // there are more names
}

func (c *completer) all() {
	switch {
	case c.cursor.comment:
	case c.cursor.quote >= 0:
		c.inString()
	case c.cursor.dotted:
		c.members()
	default:
		c.keywords()
		c.values()
		c.names()
	}
}

// param returns the parameter whose argument the cursor is in, nil if it is not
// known.
func (c *completer) param(call *bracket) *analysis.Param {
	if call == nil || c.a.file == nil {
		return nil
	}
	fn := c.a.file.FunctionOf(c.a.file.TypeOfText(call.callee, c.cursor.functions))
	if fn == nil {
		return nil
	}
	for i, p := range fn.Params {
		if call.keyword == p.Name || call.keyword == "" && call.commas == i {
			return &fn.Params[i]
		}
	}
	return nil
}

// values lists the values of a closed set that an argument can be: strings in
// quotes, and names.
func (c *completer) values() {
	call := c.cursor.call()
	p := c.param(call)
	if p == nil || call.hasValue {
		return
	}
	values, _ := p.Values()
	for i, v := range values {
		c.add(c.cursor.start, strconv.Quote(v), kindValue, p.Name, "", fmt.Sprintf("0%02d", i))
	}
	for _, a := range analysis.ParseType(p.Type) {
		if plain := a.Name == "str" || a.Name == "bool"; !plain {
			for _, name := range c.a.file.Table().Constants(a.Name) {
				c.add(c.cursor.start, name, kindValue, a.Name, "", "00")
			}
		}
	}
}

func (c *completer) add(from int, label string, kind int, detail, doc, group string) {
	item := completionItem{
		Label: label, Kind: kind, Detail: detail, SortText: group + label,
		TextEdit: &textEdit{Range: textRange{c.d.position(from), c.d.position(c.at)}, NewText: label},
	}
	if doc != "" {
		item.Documentation = &markupContent{"markdown", doc}
	}
	c.items = append(c.items, item)
}

// members lists the attributes and methods of the value before the dot.
func (c *completer) members() {
	f := c.a.file
	if f == nil {
		return
	}
	for _, alternative := range f.TypeOfText(c.cursor.receiver, c.cursor.functions) {
		of := alternative.Name
		for _, name := range f.Table().Members(of) {
			full := of + "." + name
			switch {
			case f.Table().Function(full) != nil:
				fn := f.Table().Function(full)
				c.add(c.cursor.start, name, kindMethod, fn.Signature(), fn.Doc, "")
			case f.Table().Attribute(of, name) != nil:
				row := f.Table().Attribute(of, name)
				c.add(c.cursor.start, name, kindField, row.Type, row.Doc, "")
			default:
				c.add(c.cursor.start, name, kindModule, "", "", "")
			}
		}
	}
}

// keywords lists the parameters of the call that the cursor is in.
func (c *completer) keywords() {
	call := c.cursor.call()
	if call == nil || call.keyword != "" || call.hasValue || c.a.file == nil {
		return
	}
	fn := c.a.file.FunctionOf(c.a.file.TypeOfText(call.callee, c.cursor.functions))
	if fn == nil {
		return
	}
	for i, p := range fn.Params {
		if p.PositionalOnly || strings.HasPrefix(p.Name, "*") || i < call.commas-len(call.named) || slices.Contains(call.named, p.Name) {
			continue
		}
		c.add(c.cursor.start, p.Name+" = ", kindField, p.Type, p.Doc, "0")
	}
}

// names lists what the script and the table define, and keywords.
func (c *completer) names() {
	f := c.a.file
	if f == nil {
		return
	}
	seen := map[string]bool{c.cursor.word: true}
	var own []*analysis.Symbol
	for _, sym := range f.Visible(c.cursor.functions) {
		if seen[sym.Name] && sym.Name != c.cursor.word {
			continue
		}
		seen[sym.Name] = true
		own = append(own, sym)
	}
	if len(own) > maxNames {
		own, c.cut = best(own, c.cursor.word), true
	}
	for _, sym := range own {
		if o := sym.Original(); o != nil && o.IsFunction() {
			c.add(c.cursor.start, sym.Name, kindFunction, o.Signature().Signature(), o.Doc(), "1")
		} else {
			c.add(c.cursor.start, sym.Name, kindVariable, known(sym.Type()), "", "1")
		}
	}
	for _, name := range f.Table().AllNames() {
		switch fn := f.Table().Function(name); {
		case seen[name] && name != c.cursor.word:
		case fn != nil:
			c.add(c.cursor.start, name, kindFunction, fn.Signature(), fn.Doc, "2")
		case f.Table().Members(name) != nil:
			c.add(c.cursor.start, name, kindModule, "", "", "2")
		default:
			c.add(c.cursor.start, name, kindValue, "", "", "2")
		}
	}
	for _, name := range keywords {
		c.add(c.cursor.start, name, kindKeyword, "", "", "3")
	}
}

func known(t analysis.Type) string {
	if t == nil {
		return ""
	}
	return t.String()
}

// inString lists what a string may hold, by the parameter that it is passed to.
func (c *completer) inString() {
	call := c.cursor.enclosingCall()
	if call == nil {
		return
	}
	if call.callee == "load" {
		c.inLoad(call)
		return
	}
	p := c.param(call)
	if p == nil {
		return
	}
	values, _ := p.Values()
	for i, v := range values {
		c.add(c.cursor.content, v, kindValue, p.Name, "", fmt.Sprintf("%02d", i))
	}
	switch p.Name {
	case "context", "contexts":
		c.contexts()
	case "path", "paths", "yaml", "chart", "dir":
		c.files(func(string) bool { return true })
	}
}

func (c *completer) contexts() {
	if c.z.options.Contexts == nil {
		return
	}
	for _, name := range c.z.options.Contexts() {
		c.add(c.cursor.content, name, kindValue, "context", "", "")
	}
}

// inLoad lists files for the first argument of a load statement, and for the
// others the names of that file.
func (c *completer) inLoad(call *bracket) {
	if call.commas == 0 {
		c.files(func(name string) bool { return c.z.options.IsScript(name) })
		return
	}
	rest := strings.TrimLeft(c.d.text[call.at:], " \t\r\n")
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return
	}
	content, end := analysis.StringEnd(rest, 0)
	module := strings.TrimRight(rest[content:end], rest[:1])
	f := c.a.program.File(path.Join(path.Dir(c.a.script.name), module))
	if f == nil { // the statement does not parse yet
		sc := script{c.a.script.root, path.Join(path.Dir(c.a.script.name), module)}
		program, err := c.z.now().check(c.z.ctx, sc)
		if err != nil {
			return
		}
		f = program.File(sc.name)
	}
	if f == nil {
		return
	}
	for _, name := range f.GlobalNames() {
		kind, detail := kindVariable, known(f.Global(name).Type())
		if o := f.Global(name); o.IsFunction() {
			kind, detail = kindFunction, o.Signature().Signature()
		}
		c.add(c.cursor.content, name, kind, detail, f.Global(name).Doc(), "")
	}
}

// files lists the files of the folder that the string names so far.
func (c *completer) files(want func(name string) bool) {
	written := c.d.text[c.cursor.content:c.at]
	dir, _ := path.Split(written)
	entries, err := os.ReadDir(filepath.Join(filepath.Dir(c.d.path), filepath.FromSlash(dir)))
	if err != nil {
		return
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, "."):
		case e.IsDir():
			c.add(c.cursor.content+len(dir), name+"/", kindFolder, "", "", "")
		case e.Type()&fs.ModeType == 0 && want(name):
			c.add(c.cursor.content+len(dir), name, kindFile, "", "", "")
		}
	}
}
