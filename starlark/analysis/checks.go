package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// checker finds the mistakes in a file whose tree was walked.
type checker struct {
	*File
	// What the walk found to check. sums are differences too, iterated the operands of
	// for, and assigned the attributes that statements assign.
	dots     []*syntax.DotExpr
	sums     []*syntax.BinaryExpr
	iterated []syntax.Expr
	assigned []*syntax.DotExpr
}

func (c *checker) run() {
	c.loads()
	for _, call := range c.calls {
		c.call(call)
	}
	tested := c.testedAttributes()
	for _, dot := range c.dots {
		if at, ok := c.attributePath(dot.X, dot.Name.Name); !ok || !tested[at] {
			c.attribute(dot)
		}
	}
	for _, sum := range c.sums {
		c.sum(sum)
	}
	for _, e := range c.iterated {
		c.iteration(e)
	}
	for _, dot := range c.assigned {
		c.assignment(dot)
	}
	c.unused()
}

// loads reports names that a loaded file does not define.
func (c *checker) loads() {
	for _, stmt := range c.Tree.Stmts {
		load, ok := stmt.(*syntax.LoadStmt)
		if !ok || c.Loaded[load] == nil {
			continue
		}
		loaded := c.Loaded[load]
		for _, from := range load.From {
			if from.Name == "" || loaded.globals[from.Name] != nil || from.Name[0] == '_' { // the resolver reports the rest
				continue
			}
			d := c.report(diag.Error, "load", c.Range(from), fmt.Sprintf("load: name %s not found in module %s", from.Name, load.ModuleName()))
			suggestion := suggest.Name(from.Name, loaded.GlobalNames())
			suggestFix(d, suggestion, suggestion)
		}
	}
}

// attributePath names an attribute of a variable, or of an attribute of it. A name of
// the table has no symbol.
type attributePath struct {
	symbol *Symbol
	path   string
}

func (c *checker) attributePath(x syntax.Expr, name string) (attributePath, bool) {
	switch x := x.(type) {
	case *syntax.Ident:
		return attributePath{c.symbol(x), x.Name + "." + name}, true
	case *syntax.DotExpr:
		return c.attributePath(x.X, x.Name.Name+"."+name)
	case *syntax.ParenExpr:
		return c.attributePath(x.X, name)
	}
	return attributePath{}, false
}

// testedAttributes are those that the file asks hasattr about. Which uses a condition
// guards is not followed: the script knows that the attribute may be missing.
func (c *checker) testedAttributes() map[attributePath]bool {
	tested := map[attributePath]bool{}
	for _, call := range c.calls {
		fn, ok := call.Fn.(*syntax.Ident)
		if !ok || fn.Name != "hasattr" || c.symbol(fn) != nil || len(call.Args) != 2 {
			continue
		}
		for _, name := range constants(c.File, call.Args[1]) {
			if at, ok := c.attributePath(call.Args[0], name.Value.(string)); ok {
				tested[at] = true
			}
		}
	}
	return tested
}

// attribute reports an attribute that no value of the type has.
func (c *checker) attribute(dot *syntax.DotExpr) {
	t := c.TypeOf(dot.X)
	if len(t) == 0 {
		return
	}
	name := dot.Name.Name
	var candidates []string
	for _, a := range t {
		if !c.table.isKnown(a.Name) {
			return
		}
		members := c.table.members[a.Name]
		if slices.Contains(members, name) {
			return
		}
		candidates = append(candidates, members...)
	}
	what := t.names()
	if c.table.isModule(t[0].Name) {
		what = "module"
	}
	d := c.report(diag.Error, "attribute", c.Range(dot.Name), fmt.Sprintf("%s has no .%s field or method", what, name))
	suggestion := suggest.Name(name, candidates)
	suggestFix(d, suggestion, "."+suggestion)
	d.Detail = otherLanguages(t[0].Name, name)
}

// assignment reports the assignment of an attribute: no value of the table has
// one that scripts can set.
func (c *checker) assignment(dot *syntax.DotExpr) {
	t := c.TypeOf(dot.X)
	for _, a := range t {
		if !c.table.isKnown(a.Name) {
			return
		}
	}
	if len(t) > 0 {
		c.report(diag.Error, "attribute", c.Range(dot.Name), fmt.Sprintf("can't assign to .%s field of %s", dot.Name.Name, t.names()))
	}
}

// iteration reports a loop over what has no elements.
func (c *checker) iteration(e syntax.Expr) {
	t := c.TypeOf(e)
	for _, a := range t {
		if !c.table.isKnown(a.Name) || slices.Contains(iterable, a.Name) {
			return
		}
	}
	if len(t) == 0 {
		return
	}
	d := c.report(diag.Error, "type", c.Range(e), t.names()+" value is not iterable")
	switch t[0].Name {
	case "str":
		d.Detail = "Loop over s.codepoints() for its characters, s.splitlines() or s.split(sep) for its parts, or write [s] for a list of one."
	case "int":
		d.Detail = "Loop over range(n)."
	}
}

// iterable are the types that a loop takes.
var iterable = []string{"list", "tuple", "set", "dict", "range"}

// sum reports the addition or subtraction of two values that have none.
func (c *checker) sum(e *syntax.BinaryExpr) {
	x, y := c.TypeOf(e.X), c.TypeOf(e.Y)
	if len(x) == 0 || len(y) == 0 {
		return
	}
	for _, a := range x {
		for _, b := range y {
			if c.addable(e.Op, a.Name, b.Name) {
				return
			}
		}
	}
	c.report(diag.Error, "type", c.Range(e), fmt.Sprintf("unknown binary op: %s %s %s", x.names(), e.Op, y.names()))
}

func (c *checker) addable(op syntax.Token, a, b string) bool {
	for _, name := range []string{a, b} {
		if !c.table.isKnown(name) || strings.Contains(name, ".") {
			return true
		}
	}
	number := func(name string) bool { return name == "int" || name == "float" }
	same := []string{"str", "bytes", "list", "tuple"}
	if op == syntax.MINUS {
		same = []string{"set"}
	}
	return number(a) && number(b) || a == b && slices.Contains(same, a)
}

// callee returns the function that a call calls, nil if it is not evident, and
// whether it is a function of a script.
func (c *checker) callee(call *syntax.CallExpr) (fn *Function, script bool) {
	t := c.TypeOf(call.Fn)
	if len(t) != 1 {
		return nil, false
	}
	if t[0].Def != nil {
		return t[0].Def.Signature(), true
	}
	return c.table.functions[t[0].Row], false
}

// call reports arguments that the function does not take.
func (c *checker) call(call *syntax.CallExpr) {
	fn, script := c.callee(call)
	if fn == nil {
		c.callable(call)
		return
	}
	check := callCheck{f: c.File, call: call, fn: fn, script: script, passed: map[string]bool{}}
	check.positional()
	check.keywords()
	if !check.spread {
		check.missing()
	}
}

// callable reports a call of what is no function.
func (c *checker) callable(call *syntax.CallExpr) {
	t := c.TypeOf(call.Fn)
	for _, a := range t {
		if !c.table.isKnown(a.Name) || a.Name == functionType {
			return
		}
	}
	if len(t) > 0 {
		c.report(diag.Error, "type", c.Range(call.Fn), fmt.Sprintf("invalid call of non-function (%s)", t.names()))
	}
}

// callCheck checks the arguments of one call.
type callCheck struct {
	f      *File
	call   *syntax.CallExpr
	fn     *Function
	script bool // fn is a function of a script: the interpreter words errors in its own way
	passed map[string]bool
	spread bool // *args or **kwargs may pass anything
}

func (c *callCheck) positional() {
	params := c.fn.positional()
	n := 0
	for _, arg := range c.call.Args {
		switch e := arg.(type) {
		case *syntax.UnaryExpr:
			if e.Op == syntax.STAR || e.Op == syntax.STARSTAR {
				c.spread = true
				continue
			}
		case *syntax.BinaryExpr:
			if e.Op == syntax.EQ {
				continue
			}
		}
		if n < len(params) {
			c.passed[params[n].Name] = true
			c.value(&params[n], arg)
		} else if n == len(params) && !c.fn.rest("*") {
			c.tooMany(arg, len(params))
		}
		n++
	}
}

func (c *callCheck) tooMany(arg syntax.Expr, most int) {
	given := 0
	for _, arg := range c.call.Args {
		if b, ok := arg.(*syntax.BinaryExpr); !ok || b.Op != syntax.EQ {
			given++
		}
	}
	summary := fmt.Sprintf("%s: got %d positional arguments, want at most %d", c.fn.Name, given, most)
	if c.script {
		s := "s"
		if most == 1 {
			s = ""
		}
		summary = fmt.Sprintf("function %s accepts at most %d positional argument%s (%d given)", c.fn.Name, most, s, given)
	}
	c.f.report(diag.Error, "argument", c.f.Range(arg), summary)
}

func (c *callCheck) keywords() {
	for _, arg := range c.call.Args {
		b, ok := arg.(*syntax.BinaryExpr)
		if !ok || b.Op != syntax.EQ {
			continue
		}
		id := b.X.(*syntax.Ident)
		p := c.fn.param(id.Name)
		switch {
		case p == nil && c.fn.rest("**"):
		case p == nil:
			c.unexpected(id)
		case c.passed[id.Name]:
			summary := fmt.Sprintf("%s: got more than one value for parameter %q", c.fn.Name, id.Name)
			if c.script {
				summary = fmt.Sprintf("function %s got multiple values for parameter %q", c.fn.Name, id.Name)
			}
			c.f.report(diag.Error, "argument", c.f.Range(id), summary)
		default:
			c.passed[id.Name] = true
			c.value(p, b.Y)
		}
	}
}

func (c *callCheck) unexpected(id *syntax.Ident) {
	summary := fmt.Sprintf("%s: unexpected keyword argument %q", c.fn.Name, id.Name)
	if c.script {
		summary = fmt.Sprintf("function %s got an unexpected keyword argument %q", c.fn.Name, id.Name)
	}
	d := c.f.report(diag.Error, "argument", c.f.Range(id), summary)
	suggestion := suggest.Name(id.Name, c.fn.Keywords())
	c.passed[suggestion] = true // so that it is not reported as missing as well
	suggestFix(d, suggestion, fmt.Sprintf("%q", suggestion))
}

// value reports an argument that the parameter does not take: a string that is none
// of a closed set, or a value of another type.
func (c *callCheck) value(p *Param, arg syntax.Expr) {
	if values, others := p.Values(); values != nil {
		for _, constant := range constants(c.f, arg) {
			c.constant(p, constant, values, others)
		}
	}
	got := c.f.TypeOf(arg)
	if got == nil {
		return
	}
	want := ParseType(p.Type)
	if c.f.table.accepts(ParseType(cmp.Or(p.Accepts, p.Type)), got) || p.Default == "None" && c.f.table.accepts(Type{{Name: "None"}}, got) {
		return
	}
	shown := got.names()
	if slices.ContainsFunc(want, func(a Alternative) bool { return a.Name == got[0].Name }) {
		shown = got.String() // list[int] where list[str] is wanted
	}
	d := c.f.report(diag.Error, "type", c.f.Range(arg), fmt.Sprintf("%s: for parameter %q: got %s, want %s", c.fn.Name, p.Name, shown, p.Type))
	for _, a := range want {
		if names := c.f.table.Constants(a.Name); names != nil && a.Name != "str" {
			d.Detail = "Write " + strings.Join(names, " or ") + ", without quotes."
		}
	}
}

// constant reports a string that is none of the values. The empty one is, as a
// default, the same as none.
func (c *callCheck) constant(p *Param, literal *syntax.Literal, values []string, others string) {
	got := literal.Value.(string)
	if got == "" || slices.Contains(values, got) {
		return
	}
	at := c.f.Range(literal)
	if raw := literal.Raw; len(raw) == len(got)+2 { // in quotes, without escapes: the fix leaves them
		at.Start.Column++
		at.End.Column--
	}
	for _, other := range c.f.Diagnostics {
		if other.Code == "value" && other.Range == at {
			return // two calls with the same name
		}
	}
	d := c.f.report(diag.Error, "value", at, fmt.Sprintf("%s: for parameter %q: %s", c.fn.Name, p.Name, suggest.NoneOf(got, values, others)))
	if suggestion := suggest.Name(got, values); suggestion != "" {
		d.Suggestion = suggestion
		if len(literal.Raw) == len(got)+2 {
			d.Fixes = append(d.Fixes, diag.Fix{Title: "Replace by " + suggestion, Edits: []diag.Edit{{Range: at, NewText: suggestion}}})
		}
	}
}

func (c *callCheck) missing() {
	var missing []string
	for _, p := range c.fn.Params {
		if p.Required() && !c.passed[p.Name] {
			missing = append(missing, p.Name)
		}
	}
	if len(missing) == 0 {
		return
	}
	summary := fmt.Sprintf("%s: missing argument %q", c.fn.Name, missing[0])
	if c.script {
		s := ""
		if len(missing) > 1 {
			s = "s"
		}
		summary = fmt.Sprintf("function %s missing %d argument%s (%s)", c.fn.Name, len(missing), s, strings.Join(missing, ", "))
	}
	at := c.f.Range(c.call.Fn)
	if dot, ok := c.call.Fn.(*syntax.DotExpr); ok {
		at = c.f.Range(dot.Name)
	}
	c.f.report(diag.Error, "argument", at, summary)
}

// unused reports names that nothing uses and nothing outside the file can
// use. A name that begins with _ is unused on purpose, unless it is a global.
func (c *checker) unused() {
	var misspelt []string // names that an undefined one probably means
	for _, d := range c.Diagnostics {
		if d.Code == "undefined-name" {
			misspelt = append(misspelt, d.Suggestion)
		}
	}
	for _, s := range c.Symbols {
		hidden := strings.HasPrefix(s.Name, "_")
		if len(s.Uses) > 0 || len(s.Defs) == 0 || slices.Contains(misspelt, s.Name) || s.Load != nil && s.Original() == nil {
			continue
		}
		what := ""
		switch {
		case s.Load != nil && !hidden:
			what = "loaded name"
		case s.exempt:
		case s.Scope == Global && hidden && s.Name != "_":
			what = "global"
		case s.Scope == Local && !hidden && s.Load == nil:
			what = "local variable"
		}
		if what == "" {
			continue
		}
		if s.Def != nil {
			what = "function"
		}
		d := c.report(diag.Warning, "unused-name", c.Range(s.Defs[0]), fmt.Sprintf("%s %s is never used", what, s.Name))
		if s.Load == nil {
			d.Detail = "A name that begins with _ in a function is not reported."
			if s.Scope == Global {
				d.Detail = "No other file can load a name that begins with _."
			}
		}
	}
}
