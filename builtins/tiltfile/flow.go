package tiltfile

import (
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// flowFunctions talk to the user and end the script.
func flowFunctions() []row {
	return []row{
		{Name: "fail", Returns: "None", Doc: "Ends the script as failed.", Define: func(p *params) body {
			msg := table.Required(p, "msg", table.Any, "What went wrong.")
			return func(_ *Run, c *call) (sl.Value, error) { return nil, &builtins.FailError{Message: display(msg.Of(c))} }
		}},
		{Name: "warn", Returns: "None", Doc: "Prints a warning with the place of the call.", Define: func(p *params) body {
			msg := table.Required(p, "msg", table.Any, "One line for the user.")
			return func(r *Run, c *call) (sl.Value, error) {
				return sl.None, r.host.Warn(c, r.script.here(c), display(msg.Of(c)))
			}
		}},
		{Name: "exit", Returns: "None", Doc: "Ends the script early and well.", Define: func(p *params) body {
			code := table.Optional(p, "code", none(table.Any), sl.String(""), "A line to print first.")
			return func(_ *Run, c *call) (sl.Value, error) {
				if text := display(code.Of(c)); text != "" && c.Thread.Print != nil {
					c.Thread.Print(c.Thread, text)
				}
				return nil, builtins.Exit()
			}
		}},
		refused("fast_build", "Tilt removed it: use docker_build with live_update"),
		refused("static_build", "Tilt removed it: use docker_build"),
		refused("add_fast_build", "Tilt removed it: use docker_build with live_update"),
		refused("k8s_resource_assembly_version", "Tilt removed it: resources are assembled as version 2"),
		refused("experimental_metrics_settings", "Tilt removed it"),
	}
}

// refusedDoc begins the documentation of a name that scripts may not call.
const refusedDoc = "Refused: "

// refused is a name that a script may not call, with the reason.
func refused(name, reason string) row {
	return row{Name: name, Returns: "None", Doc: refusedDoc + reason + ".", Define: func(p *params) body {
		p.Ignore()
		return func(_ *Run, c *call) (sl.Value, error) { return nil, c.Errorf("%s", reason) }
	}}
}

// display is a value as print shows it.
func display(v sl.Value) string {
	if s, ok := sl.AsString(v); ok {
		return s
	}
	return v.String()
}
