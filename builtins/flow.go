package builtins

import (
	"fmt"
	"strings"

	sl "go.starlark.net/starlark"
)

// flowFunctions talk to the user and end the script.
func flowFunctions() []Function {
	return []Function{
		{
			Name:   "warn",
			Params: []Param{{"msg", typeAny, nil, "One line for the user."}},
			Doc:    "Prints a warning with the place of the call, and goes on.", Returns: "None",
			call: func(c *call) (sl.Value, error) {
				msg := display(c.value("msg"))
				if err := c.tell(len(msg)); err != nil {
					return nil, err
				}
				c.run.warnf(c.run.here(), "%s", msg)
				return sl.None, nil
			},
		},
		{
			Name: "fail",
			Params: []Param{
				{"*msg", typeAny, nil, "What went wrong."},
				{"sep", typeStr, sl.String(" "), "What to put between several."},
			},
			Doc: "Ends the script as failed.", Returns: "None",
			call: func(c *call) (sl.Value, error) { return nil, &FailError{Message: displayAll(c.rest, c.str("sep"))} },
		},
		{
			Name:   "exit",
			Params: []Param{{"msg", typeAny, sl.String(""), "A line to print first."}},
			Doc:    "Ends the script early and well, also from a loaded file.", Returns: "None",
			call: func(c *call) (sl.Value, error) {
				if msg := display(c.value("msg")); msg != "" && c.run.thread.Print != nil {
					c.run.thread.Print(c.run.thread, msg)
				}
				return nil, exited{}
			},
		},
		{
			Name:     "output",
			declares: true,
			Params: []Param{
				{"name", typeStr, nil, "The name, as sextant output NAME asks for it."},
				{"value", typeAny, nil, "A value that has a JSON form."},
			},
			Doc: "Declares a named result of the script.", Returns: "None",
			call: declareOutput,
		},
	}
}

// tell counts the bytes of an output or a warning.
func (c *call) tell(n int) error {
	c.run.told += int64(n)
	if most := c.run.options.Limits.Output; c.run.told > most {
		return &LimitError{Limit: "output", Max: most, Where: c.fn.Name}
	}
	return nil
}

// FailError is what a script said when it called fail().
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

func displayAll(values sl.Tuple, sep string) string {
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

func declareOutput(c *call) (sl.Value, error) {
	name := c.str("name")
	if name == "" {
		return nil, c.errorf("for parameter %q: it is empty", "name")
	}
	if place, ok := c.run.places[name]; ok {
		return nil, c.errorf("%q was declared at %s already", name, place)
	}
	data, err := encodeJSON(c.value("value"), c.run.options.Limits.Output)
	if err == nil {
		err = c.tell(len(data))
	}
	if err != nil {
		return nil, fmt.Errorf("output %q: %w", name, err)
	}
	c.run.places[name] = c.run.here()
	c.run.outputs = append(c.run.outputs, Output{Name: name, JSON: data})
	return sl.None, nil
}

// Outputs returns what the script declared with output(), in order.
func (r *Run) Outputs() []Output { return r.outputs }
