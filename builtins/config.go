package builtins

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// configFunctions take values from the command line, after --.
func configFunctions() []row {
	return []row{
		{
			Name: "config.define_string", Returns: "None", Doc: "Defines a setting that is a string.",
			Define: defineSetting("string", func(f *pflag.FlagSet, n, u string) { f.String(n, "", u) }),
		},
		{
			Name: "config.define_bool", Returns: "None", Doc: "Defines a setting that is true or false.",
			Define: defineSetting("bool", func(f *pflag.FlagSet, n, u string) { f.Bool(n, false, u) }),
		},
		{
			Name: "config.define_string_list", Returns: "None", Doc: "Defines a setting that is a list of strings; each --name adds one.",
			Define: defineSetting("string_list", func(f *pflag.FlagSet, n, u string) { f.StringArray(n, nil, u) }),
		},
		{
			Name: "config.parse", Returns: "dict",
			Doc:    "Reads the defined settings from the command line, after --; a setting that is not given is not in the result.",
			Define: table.Plain(parseConfig),
		},
	}
}

// defineSetting defines a setting of one kind, flag its flag.
func defineSetting(kind string, flag func(set *pflag.FlagSet, name, usage string)) func(*params) body {
	return func(p *params) body {
		name := table.Required(p, "name", table.Str, "The setting; --name sets it.")
		args := table.Optional(p, "args", table.Bool, sl.False, "Whether the values without a flag are this setting's too.")
		usage := table.Optional(p, "usage", table.Str, sl.String(""), "One line of help.")
		return func(r *Run, c *call) (sl.Value, error) {
			s := &r.config
			if err := s.define(name.Of(c), kind, args.Of(c)); err != nil {
				return nil, c.Errorf("%w", err)
			}
			flag(s.flags, name.Of(c), usage.Of(c))
			return sl.None, nil
		}
	}
}

// configState is what a script defined with config.define_*.
type configState struct {
	flags      *pflag.FlagSet
	kinds      map[string]string
	positional string
	parsed     diag.Position
}

// define notes a setting, and whether it takes the values without a flag.
func (s *configState) define(name, kind string, positional bool) error {
	if s.flags == nil {
		s.flags = pflag.NewFlagSet("config", pflag.ContinueOnError)
		s.kinds = map[string]string{}
	}
	switch {
	case !s.parsed.IsZero():
		return fmt.Errorf("too late: config.parse was called at %s", s.parsed)
	case name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "= \t\n"):
		return fmt.Errorf("%q cannot be the name of a setting", name)
	case s.kinds[name] != "":
		return fmt.Errorf("%q is defined already", name)
	case positional && s.positional != "":
		return fmt.Errorf("%q takes the values without a flag already", s.positional)
	}
	if positional {
		s.positional = name
	}
	s.kinds[name] = kind
	return nil
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

// NewConfigError words an error of parsing the flags that a script defines, in the
// terms of the script. Tiltfiles share it.
func NewConfigError(flags *pflag.FlagSet, err error) *ConfigError {
	var names, parts []string
	flags.VisitAll(func(f *pflag.Flag) {
		names = append(names, f.Name)
		part := "--" + f.Name
		if f.Usage != "" {
			part += " (" + f.Usage + ")"
		}
		parts = append(parts, part)
	})
	e := &ConfigError{Reason: err.Error(), Usage: strings.Join(parts, ", "), Help: errors.Is(err, pflag.ErrHelp)}
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case e.Help:
		e.Reason = "help asked for"
	case errors.As(err, &unknown):
		e.Reason += suggest.DidYouMean(unknown.GetSpecifiedName(), names)
	case errors.As(err, &invalid): // a bool: a string takes every value
		e.Reason = fmt.Sprintf("--%s=%s: want true or false", invalid.GetFlag().Name, invalid.GetValue())
	}
	return e
}

func parseConfig(r *Run, c *call) (sl.Value, error) {
	s := &r.config
	if !s.parsed.IsZero() {
		return nil, c.Errorf("called at %s already", s.parsed)
	}
	s.parsed = r.here()
	flags := s.flags
	if flags == nil {
		flags = pflag.NewFlagSet("config", pflag.ContinueOnError)
	}
	flags.Usage = func() {}
	if err := flags.Parse(r.options.Args); err != nil {
		return nil, NewConfigError(flags, err)
	}
	if err := s.assignPositional(flags); err != nil {
		return nil, err
	}
	out := sl.NewDict(0)
	var failed error
	flags.Visit(func(f *pflag.Flag) {
		if err := out.SetKey(sl.String(f.Name), settingValue(flags, f.Name, s.kinds[f.Name])); err != nil {
			failed = err
		}
	})
	return out, failed
}

// assignPositional assigns the values without a flag to the setting that takes
// them.
func (s *configState) assignPositional(flags *pflag.FlagSet) error {
	rest := flags.Args()
	if len(rest) == 0 {
		return nil
	}
	if s.positional == "" {
		return NewConfigError(flags, fmt.Errorf("nothing takes the value %q", rest[0]))
	}
	if len(rest) > 1 && s.kinds[s.positional] != "string_list" {
		return NewConfigError(flags, fmt.Errorf("%d values for %s, which takes one", len(rest), s.positional))
	}
	for _, v := range rest {
		if err := flags.Set(s.positional, v); err != nil {
			return NewConfigError(flags, err)
		}
	}
	return nil
}

func settingValue(flags *pflag.FlagSet, name, kind string) sl.Value {
	switch kind {
	case "bool":
		v, _ := flags.GetBool(name)
		return sl.Bool(v)
	case "string_list":
		v, _ := flags.GetStringArray(name)
		return stringList(v)
	}
	v, _ := flags.GetString(name)
	return sl.String(v)
}

// warnUnread warns of values that had no effect. It doesn't show them: one may be a
// secret.
func (r *Run) warnUnread() {
	if len(r.options.Args) > 0 && r.config.parsed.IsZero() {
		r.warnf(diag.Position{}, "the values after -- have no effect: the script does not call config.parse()")
	}
}
