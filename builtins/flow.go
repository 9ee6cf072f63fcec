package builtins

import (
	"fmt"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/diag"
)

// flowFunctions talk to the user and end the script.
func flowFunctions() []row {
	return []row{
		{Name: "warn", Returns: "None", Doc: "Prints a warning with the place of the call, and goes on.", Define: warn},
		{Name: "fail", Returns: "never", Doc: "Ends the script as failed.", Define: fail},
		{Name: "exit", Returns: "never", Doc: "Ends the script early and well, also from a loaded file.", Define: exit},
		{Name: "output", Returns: "None", Doc: "Declares a named result of the script.", Declares: true, Define: output},
	}
}

func warn(p *params) body {
	msg := table.Required(p, "msg", table.Any, "One line for the user.")
	return func(r *Run, c *call) (sl.Value, error) { return sl.None, r.warnAt(c, r.here(), display(msg.Of(c))) }
}

func fail(p *params) body {
	msg := table.Rest(p, "msg", table.Any, "What went wrong.")
	sep := table.Optional(p, "sep", table.Str, sl.String(" "), "What to put between several.")
	return func(_ *Run, c *call) (sl.Value, error) {
		return nil, &FailError{Message: displayAll(msg.Of(c), sep.Of(c))}
	}
}

func exit(p *params) body {
	msg := table.Optional(p, "msg", table.Any, sl.String(""), "A line to print first.")
	return func(_ *Run, c *call) (sl.Value, error) {
		if line := display(msg.Of(c)); line != "" && c.Thread.Print != nil {
			c.Thread.Print(c.Thread, line)
		}
		return nil, exited{}
	}
}

// FailError is the error of a script that called fail().
type FailError struct{ Message string }

func (e *FailError) Error() string { return "fail: " + e.Message }

// exited ends a script early and well. The interpreter knows it by its method.
type exited struct{}

func (exited) Error() string { return "exit: the script has ended already" }
func (exited) ExitScript()   {}

// display is a value as print() shows it.
func display(v sl.Value) string {
	if s, ok := sl.AsString(v); ok {
		return s
	}
	return v.String()
}

func displayAll(values []sl.Value, sep string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = display(v)
	}
	return strings.Join(parts, sep)
}

// Output is one named result of a script.
type Output struct {
	Name string
	// JSON is the value in JSON.
	JSON []byte
}

func output(p *params) body {
	name := table.Required(p, "name", table.Str, "The name, as sextant output NAME asks for it.")
	value := table.Required(p, "value", table.Any, "A value that has a JSON form.")
	return func(r *Run, c *call) (sl.Value, error) {
		if name.Of(c) == "" {
			return nil, name.Errorf(c, "it is empty")
		}
		return sl.None, r.outputs.declare(c, name.Of(c), value.Of(c), r.here())
	}
}

// outputs are what a script declared with output(). They share one limit with the
// script's warnings.
type outputs struct {
	all          []Output
	places       map[string]diag.Position
	bytes, limit int64
}

// count adds the bytes of an output or a warning.
func (o *outputs) count(c *call, n int) error {
	if o.bytes += int64(n); o.bytes > o.limit {
		return &diag.LimitError{Limit: diag.LimitOutput, Max: uint64(o.limit), Where: c.Name()}
	}
	return nil
}

func (o *outputs) declare(c *call, name string, v sl.Value, at diag.Position) error {
	if first, ok := o.places[name]; ok {
		return c.Errorf("%q was declared at %s already", name, first)
	}
	data, err := encodeJSON(v, o.limit)
	if err == nil {
		err = o.count(c, len(name)+len(data))
	}
	if err != nil {
		return fmt.Errorf("output %q: %w", name, err)
	}
	if o.places == nil {
		o.places = map[string]diag.Position{}
	}
	o.places[name] = at
	o.all = append(o.all, Output{Name: name, JSON: data})
	return nil
}
