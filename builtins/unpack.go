package builtins

import (
	"fmt"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/internal/nearest"
)

// call is one call of a function: the arguments by parameter.
type call struct {
	run *Run
	// recv is the receiver of a method, nil for a function.
	recv     sl.Value
	fn       *Function
	args     []sl.Value
	rest     sl.Tuple
	keywords []sl.Tuple
}

// unpack puts the arguments of one call to the row's parameters and checks
// their types.
func (f *Function) unpack(args sl.Tuple, kwargs []sl.Tuple) (*call, error) {
	c := &call{fn: f, args: make([]sl.Value, len(f.Params))}
	next := 0
	for next < len(args) && next < len(f.Params) && !strings.HasPrefix(f.Params[next].Name, "*") {
		c.args[next] = args[next]
		next++
	}
	if next < len(args) {
		if !f.takes("*") {
			return nil, fmt.Errorf("%s: got %d positional arguments, want at most %d", f.Name, len(args), f.positional())
		}
		c.rest = args[next:]
	}
	for _, kw := range kwargs {
		name := string(kw[0].(sl.String))
		i := f.index(name)
		switch {
		case i >= 0 && c.args[i] != nil:
			return nil, fmt.Errorf("%s: got more than one value for parameter %q", f.Name, name)
		case i >= 0:
			c.args[i] = kw[1]
		case f.takes("**"):
			c.keywords = append(c.keywords, kw)
		default:
			return nil, fmt.Errorf("%s: unexpected keyword argument %q%s", f.Name, name, nearest.DidYouMean(name, f.keywordNames()))
		}
	}
	for i, p := range f.Params {
		switch v := c.args[i]; {
		case strings.HasPrefix(p.Name, "*"):
		case v == nil && p.Default == nil:
			return nil, fmt.Errorf("%s: missing argument %q", f.Name, p.Name)
		case v == nil:
			c.args[i] = p.Default
		case !p.Type.accepts(v):
			return nil, fmt.Errorf("%s: for parameter %q: got %s, want %s", f.Name, p.Name, v.Type(), p.Type)
		}
	}
	return c, nil
}

// takes reports whether the last parameter takes the rest: * or **.
func (f *Function) takes(stars string) bool {
	for _, p := range f.Params {
		if n := strings.TrimLeft(p.Name, "*"); p.Name == stars+n && n != p.Name {
			return true
		}
	}
	return false
}

func (f *Function) positional() int {
	n := 0
	for _, p := range f.Params {
		if !strings.HasPrefix(p.Name, "*") {
			n++
		}
	}
	return n
}

func (f *Function) index(name string) int {
	for i, p := range f.Params {
		if p.Name == name {
			return i
		}
	}
	return -1
}

func (f *Function) keywordNames() []string {
	var names []string
	for _, p := range f.Params {
		if !strings.HasPrefix(p.Name, "*") {
			names = append(names, p.Name)
		}
	}
	return names
}

// value returns the argument of the named parameter, which the row must have.
func (c *call) value(name string) sl.Value {
	return c.args[c.fn.index(name)]
}

// str returns a string argument; None is "".
func (c *call) str(name string) string {
	s, _ := sl.AsString(c.value(name))
	return s
}

func (c *call) bool(name string) bool { return bool(c.value(name).(sl.Bool)) }

// strs returns a sequence of strings, or the one string that was given.
func (c *call) strs(name string) []string {
	if s, ok := sl.AsString(c.value(name)); ok {
		return []string{s}
	}
	items, _ := toStrings(c.value(name))
	return items
}

func (c *call) stringMap(name string) map[string]string {
	m, _ := toStringMap(c.value(name))
	return m
}

// text returns the content of a string or Blob argument.
func (c *call) text(name string) string {
	if b, ok := c.value(name).(*blob); ok {
		return b.text
	}
	return c.str(name)
}

// errorf makes an error that begins with the function's name.
func (c *call) errorf(format string, args ...any) error {
	return fmt.Errorf(c.fn.Name+": "+format, args...)
}
