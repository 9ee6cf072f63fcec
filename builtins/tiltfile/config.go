package tiltfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// configFile is the file beside the Tiltfile that calls config.parse, which holds
// settings.
const configFile = "tilt_config.json"

// config is what a script defines with config.define_*, and the values of it.
type config struct {
	flags      *pflag.FlagSet
	kinds      map[string]settingKind
	positional string
	// parsed is the first call of config.parse, dir its folder: another file there
	// may call it again.
	parsed, dir string
}

// settingKind is a type of settings.
type settingKind struct {
	name string
	// want is what a value in the file must be.
	want   string
	define func(f *pflag.FlagSet, name, usage string)
	// fromFile reads a value of the file, nil if it is of another type.
	fromFile func(json.RawMessage) sl.Value
	fromFlag func(f *pflag.FlagSet, name string) sl.Value
}

func settingKinds() []settingKind {
	return []settingKind{
		{
			name: "string", want: "a string",
			define: func(f *pflag.FlagSet, name, usage string) { f.String(name, "", usage) },
			fromFile: func(data json.RawMessage) sl.Value {
				var s string
				if json.Unmarshal(data, &s) != nil {
					return nil
				}
				return sl.String(s)
			},
			fromFlag: func(f *pflag.FlagSet, name string) sl.Value {
				v, _ := f.GetString(name)
				return sl.String(v)
			},
		},
		{
			name: "bool", want: "true or false",
			define: func(f *pflag.FlagSet, name, usage string) { f.Bool(name, false, usage) },
			fromFile: func(data json.RawMessage) sl.Value {
				var b bool
				if json.Unmarshal(data, &b) != nil {
					return nil
				}
				return sl.Bool(b)
			},
			fromFlag: func(f *pflag.FlagSet, name string) sl.Value {
				v, _ := f.GetBool(name)
				return sl.Bool(v)
			},
		},
		{
			name: "string_list", want: "a list of strings",
			define: func(f *pflag.FlagSet, name, usage string) { f.StringArray(name, nil, usage) },
			fromFile: func(data json.RawMessage) sl.Value {
				var list []string
				if json.Unmarshal(data, &list) != nil {
					return nil
				}
				return stringList(list)
			},
			fromFlag: func(f *pflag.FlagSet, name string) sl.Value {
				v, _ := f.GetStringArray(name)
				return stringList(v)
			},
		},
	}
}

// configFunctions take settings from tilt_config.json and from the command line,
// after --.
func configFunctions() []row {
	var rows []row
	for _, kind := range settingKinds() {
		rows = append(rows, row{
			Name: "config.define_" + kind.name, Returns: "None", Doc: "Defines a setting that is " + kind.want + ".", Declares: true,
			Define: func(p *params) body {
				name := table.Required(p, "name", typeStr, "The setting; --name sets it.")
				args := table.Optional(p, "args", typeBool, sl.False, "Whether the values without a flag are this setting's too.")
				usage := table.Optional(p, "usage", typeStr, sl.String(""), "One line of help.")
				return func(r *Run, c *call) (sl.Value, error) {
					return sl.None, r.config.defineSetting(c, kind, name.Of(c), args.Of(c), usage.Of(c))
				}
			},
		})
	}
	return append(rows,
		row{Name: "config.parse", Returns: "dict", Doc: "Returns the settings that tilt_config.json and the command line set; the latter win.",
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) { return r.parseConfig(c) })},
		row{Name: "config.set_enabled_resources", Returns: "None", Doc: "Enables the named resources and no others.", Declares: true, Define: func(p *params) body {
			names := table.Required(p, "resources", typeStrs, "The names; none enables all.")
			return func(r *Run, c *call) (sl.Value, error) {
				r.enabled = enabledResources{site: r.site(c), names: names.Of(c)}
				return sl.None, nil
			}
		}},
		row{Name: "config.clear_enabled_resources", Returns: "None", Doc: "Enables no resource.", Declares: true,
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
				r.enabled = enabledResources{site: r.site(c), none: true}
				return sl.None, nil
			})},
	)
}

func (s *config) defineSetting(c *call, kind settingKind, name string, args bool, usage string) error {
	if s.flags == nil {
		s.flags = pflag.NewFlagSet("config", pflag.ContinueOnError)
		s.kinds = map[string]settingKind{}
	}
	_, defined := s.kinds[name]
	switch {
	case s.parsed != "":
		return c.Errorf("too late: config.parse was called at %s", s.parsed)
	case name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "= \t\n"):
		return c.Errorf("%q cannot be the name of a setting", name)
	case defined:
		return c.Errorf("duplicate setting %q", name)
	case args && s.positional != "":
		return c.Errorf("%q takes the values without a flag already", s.positional)
	}
	if args {
		s.positional = name
	}
	s.kinds[name] = kind
	kind.define(s.flags, name, usage)
	return nil
}

func (r *Run) parseConfig(c *call) (sl.Value, error) {
	s := &r.config
	dir := r.dir(c)
	switch {
	case s.parsed == "":
		s.parsed, s.dir = r.here(c).String(), dir
	case s.dir != dir:
		return nil, c.Errorf("it was called in another folder, at %s: call it from the Tiltfiles of one folder", s.parsed)
	}
	r.host.ArgsRead()
	out := &sl.Dict{}
	if err := r.readConfigFile(dir, out); err != nil {
		return nil, c.Errorf("%w", err)
	}
	flags := s.flags
	if flags == nil {
		flags = pflag.NewFlagSet("config", pflag.ContinueOnError)
	}
	flags.Usage = func() {}
	err := flags.Parse(r.host.Options().Args)
	if err == nil {
		err = s.assignPositional(flags)
	}
	if err != nil {
		return nil, builtins.NewConfigError(flags, err)
	}
	flags.Visit(func(f *pflag.Flag) {
		if failed := out.SetKey(sl.String(f.Name), s.kinds[f.Name].fromFlag(flags, f.Name)); failed != nil {
			err = failed
		}
	})
	return out, err
}

// readConfigFile adds the settings of the file in the folder, if there is one.
func (r *Run) readConfigFile(dir string, out *sl.Dict) error {
	name := path.Join(dir, configFile)
	data, err := r.host.ReadFile(name)
	if missing(err) || err == nil && len(data) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := builtins.DecodeJSON(name, string(data)); err != nil { // it knows the place
		return err
	}
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(data, &settings); err != nil {
		return fmt.Errorf("%s: want an object of settings", name)
	}
	for _, key := range sortedKeys(settings) {
		kind, ok := r.config.kinds[key]
		if !ok {
			return fmt.Errorf("%s: the script defines no setting %q%s", name, key, suggest.DidYouMean(key, sortedKeys(r.config.kinds)))
		}
		v := kind.fromFile(settings[key])
		if v == nil {
			return fmt.Errorf("%s: the setting %q is %s, want %s", name, key, settings[key], kind.want)
		}
		if err := out.SetKey(sl.String(key), v); err != nil {
			return err
		}
	}
	return nil
}

// assignPositional assigns the values without a flag to the setting that takes them.
func (s *config) assignPositional(flags *pflag.FlagSet) error {
	rest := flags.Args()
	switch {
	case len(rest) == 0:
		return nil
	case s.positional == "":
		return fmt.Errorf("nothing takes the value %q", rest[0])
	case len(rest) > 1 && s.kinds[s.positional].name != "string_list":
		return fmt.Errorf("%d values for %s, which takes one", len(rest), s.positional)
	}
	for _, v := range rest {
		if err := flags.Set(s.positional, v); err != nil {
			return err
		}
	}
	return nil
}

// enabledResources is the last word of config.set_enabled_resources.
type enabledResources struct {
	site  site
	names []string
	none  bool
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// stringList makes a list of strings.
func stringList(items []string) *sl.List {
	values := make([]sl.Value, len(items))
	for i, s := range items {
		values[i] = sl.String(s)
	}
	return sl.NewList(values)
}
