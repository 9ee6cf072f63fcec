package table

import (
	"fmt"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/internal/suggest"
)

// Call is one call of a function. The arguments are read with [Arg.Of].
type Call struct {
	// Thread is the thread of the script.
	Thread *sl.Thread

	function *Function
	args     []any // converted; nil for one that the call leaves out
}

// Name is the name of the function.
func (c *Call) Name() string { return c.function.Name }

// Declares reports whether the function adds to the run.
func (c *Call) Declares() bool { return c.function.Declares }

// Errorf makes an error that begins with the function's name.
func (c *Call) Errorf(format string, args ...any) error {
	return fmt.Errorf(c.function.Name+": "+format, args...)
}

// unpack assigns the arguments of one call to the parameters and converts them.
func (f *Function) unpack(args sl.Tuple, kwargs []sl.Tuple) ([]any, error) {
	values := make([]any, len(f.Params)) // unconverted at first
	if f.ignores {
		return values, nil
	}
	next := 0
	for next < len(args) && next < f.positional && !f.Params[next].isVariadic() {
		values[next] = args[next]
		next++
	}
	if next < len(args) {
		if next == f.positional {
			return nil, fmt.Errorf("%s: got %d positional arguments, want at most %d", f.Name, len(args), f.positional)
		}
		values[next] = args[next:]
	}
	for _, kw := range kwargs {
		name := string(kw[0].(sl.String))
		i := f.keyword(name)
		switch {
		case i < 0:
			return nil, fmt.Errorf("%s: unexpected keyword argument %q%s", f.Name, name, suggest.DidYouMean(name, f.keywords()))
		case values[i] != nil:
			return nil, fmt.Errorf("%s: got more than one value for parameter %q", f.Name, name)
		}
		values[i] = kw[1]
	}
	for i, p := range f.Params {
		var err error
		switch v := values[i]; {
		case v == nil && p.Default == nil && !p.isVariadic():
			return nil, fmt.Errorf("%s: missing argument %q", f.Name, p.Name)
		case v == nil:
		case p.isVariadic():
			if values[i], err = p.gather(v.(sl.Tuple)); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
		default:
			if values[i], err = p.convert(v.(sl.Value)); err != nil {
				return nil, fmt.Errorf("%s: for parameter %q: %w", f.Name, p.Name, p.explain(v.(sl.Value), err))
			}
		}
	}
	return values, nil
}

// keyword returns the index of the parameter that a call may pass by name, -1
// if there is none.
func (f *Function) keyword(name string) int {
	for i, p := range f.Params {
		if p.Name == name && !p.isVariadic() {
			return i
		}
	}
	return -1
}

func (f *Function) keywords() []string {
	var names []string
	for _, p := range f.Params {
		if !p.isVariadic() {
			names = append(names, p.Name)
		}
	}
	return names
}
