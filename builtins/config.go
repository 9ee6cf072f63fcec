package builtins

import (
	"errors"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/settings"
	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// configFunctions take values from the command line, after --.
func configFunctions() []row {
	return append(settings.Rows(table.Str, func(r *Run) *settings.Set { return &r.config }), row{
		Name: "config.parse", Returns: "dict",
		Doc:    "Reads the defined settings from the command line, after --; a setting that is not given is not in the result.",
		Define: table.Plain(parseConfig),
	})
}

// ConfigError reports that the values after -- do not fit what the script
// defines.
type ConfigError struct {
	Reason string
	// Usage lists the settings that the script defines, each with its usage.
	Usage string
	// Help reports that the values ask for help: nothing is wrong with them.
	Help bool
}

func (e *ConfigError) Error() string {
	if e.Usage == "" {
		return "config.parse: " + e.Reason + "; the script defines no settings"
	}
	return "config.parse: " + e.Reason + "; the script takes " + e.Usage
}

// ParseSettings sets in out the settings that the values after -- set. Tiltfiles share
// it.
func (h Host) ParseSettings(s *settings.Set, out *sl.Dict) error {
	h.ArgsRead()
	err := s.Parse(h.run.options.Args, out)
	var wrong *settings.Error
	if errors.As(err, &wrong) {
		return (*ConfigError)(wrong)
	}
	return err
}

func parseConfig(r *Run, c *call) (sl.Value, error) {
	if s := &r.config; !s.Parsed.IsZero() {
		return nil, c.Errorf("called at %s already", s.Parsed)
	}
	out := sl.NewDict(0)
	return out, r.Host().ParseSettings(&r.config, out)
}
