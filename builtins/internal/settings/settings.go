package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// Kind is a type of settings.
type Kind struct {
	// Name is that of its function, config.define_NAME.
	Name string
	// Want is what a value must be, for messages.
	Want string

	list   bool
	define func(f *pflag.FlagSet, name, usage string)
	value  func(f *pflag.FlagSet, name string) sl.Value
	read   func(data []byte) sl.Value
}

// FromJSON returns a value that a file holds, nil if it is of another type.
func (k Kind) FromJSON(data []byte) sl.Value { return k.read(data) }

// kindOf makes a kind of a type of Go. The flag is known to be of the type.
func kindOf[T any](name, want string, define func(f *pflag.FlagSet, name, usage string), get func(f *pflag.FlagSet, name string) (T, error), value func(T) sl.Value) Kind {
	return Kind{
		Name: name, Want: want, define: define,
		value: func(f *pflag.FlagSet, name string) sl.Value {
			v, _ := get(f, name)
			return value(v)
		},
		read: func(data []byte) sl.Value {
			var v T
			if json.Unmarshal(data, &v) != nil {
				return nil
			}
			return value(v)
		},
	}
}

func kinds() []Kind {
	list := kindOf("string_list", "a list of strings",
		func(f *pflag.FlagSet, name, usage string) { f.StringArray(name, nil, usage) }, elements,
		func(items []string) sl.Value {
			values := make([]sl.Value, len(items))
			for i, s := range items {
				values[i] = sl.String(s)
			}
			return sl.NewList(values)
		})
	list.list = true
	return []Kind{
		kindOf("string", "a string", func(f *pflag.FlagSet, name, usage string) { f.String(name, "", usage) }, (*pflag.FlagSet).GetString,
			func(s string) sl.Value { return sl.String(s) }),
		kindOf("bool", "true or false", func(f *pflag.FlagSet, name, usage string) { f.Bool(name, false, usage) }, (*pflag.FlagSet).GetBool,
			func(b bool) sl.Value { return sl.Bool(b) }),
		list,
	}
}

// elements returns the elements of a list as they were set. GetStringArray would join
// them to CSV and split that, which loses an only element that is empty, and carriage
// returns.
func elements(f *pflag.FlagSet, name string) ([]string, error) {
	return f.Lookup(name).Value.(pflag.SliceValue).GetSlice(), nil
}

// Set is the settings of a run. Its zero value is empty.
type Set struct {
	// Parsed is the call of config.parse: after it, no setting can be defined.
	Parsed diag.Position

	flags      *pflag.FlagSet
	kinds      map[string]Kind
	positional string // the setting that takes the values without a flag
}

// Rows are the functions that define settings, one for each kind. str is the type of
// a string in the dialect, of returns the settings of a run.
func Rows[R any](str table.Type[string], of func(R) *Set) []table.Row[R] {
	var rows []table.Row[R]
	for _, kind := range kinds() {
		rows = append(rows, table.Row[R]{
			Name: "config.define_" + kind.Name, Returns: "None", Doc: "Defines a setting that is " + kind.Want + ".", Declares: true,
			Define: func(p *table.Params) table.Body[R] {
				name := table.Required(p, "name", str, "The setting; --name sets it.")
				args := table.Optional(p, "args", table.Bool, sl.False, "Whether the values without a flag are this setting's too.")
				usage := table.Optional(p, "usage", str, sl.String(""), "One line of help.")
				return func(r R, c *table.Call) (sl.Value, error) {
					if err := of(r).add(kind, name.Of(c), usage.Of(c), args.Of(c)); err != nil {
						return nil, c.Errorf("%w", err)
					}
					return sl.None, nil
				}
			},
		})
	}
	return rows
}

func (s *Set) add(kind Kind, name, usage string, positional bool) error {
	if s.flags == nil {
		s.flags = pflag.NewFlagSet("config", pflag.ContinueOnError)
		s.flags.Usage = func() {}
		s.kinds = map[string]Kind{}
	}
	_, defined := s.kinds[name]
	switch {
	case !s.Parsed.IsZero():
		return fmt.Errorf("too late: config.parse was called at %s", s.Parsed)
	case name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "= \t\n"):
		return fmt.Errorf("%q cannot be the name of a setting", name)
	case defined:
		return fmt.Errorf("duplicate setting %q", name)
	case positional && s.positional != "":
		return fmt.Errorf("%q takes the values without a flag already", s.positional)
	}
	if positional {
		s.positional = name
	}
	s.kinds[name] = kind
	kind.define(s.flags, name, usage)
	return nil
}

// Kind returns the kind of a setting, ok false if there is no such setting.
func (s *Set) Kind(name string) (kind Kind, ok bool) {
	kind, ok = s.kinds[name]
	return kind, ok
}

// Names returns the names of the settings, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.kinds)) }

// Parse sets in out the settings that arguments set. An error about them is an
// [*Error].
func (s *Set) Parse(args []string, out *sl.Dict) error {
	flags := s.flags
	if flags == nil {
		flags = pflag.NewFlagSet("config", pflag.ContinueOnError)
		flags.Usage = func() {}
	}
	err := flags.Parse(args)
	if err == nil {
		err = s.assignPositional(flags)
	}
	if err != nil {
		return newError(flags, err)
	}
	flags.Visit(func(f *pflag.Flag) {
		if failed := out.SetKey(sl.String(f.Name), s.kinds[f.Name].value(flags, f.Name)); failed != nil {
			err = failed
		}
	})
	return err
}

// assignPositional assigns the values without a flag to the setting that takes them.
func (s *Set) assignPositional(flags *pflag.FlagSet) error {
	rest := flags.Args()
	switch {
	case len(rest) == 0:
		return nil
	case s.positional == "":
		return fmt.Errorf("nothing takes the value %q", rest[0])
	case len(rest) > 1 && !s.kinds[s.positional].list:
		return fmt.Errorf("%d values for %s, which takes one", len(rest), s.positional)
	}
	for _, v := range rest {
		if err := flags.Set(s.positional, v); err != nil {
			return err
		}
	}
	return nil
}

// Error reports that arguments do not fit the settings.
type Error struct {
	Reason string
	// Usage lists the settings that the script defines, each with its usage.
	Usage string
	// Help reports that the values ask for help: nothing is wrong with them.
	Help bool
}

func (e *Error) Error() string { return e.Reason }

// newError words an error of the flags in the terms of the script.
func newError(flags *pflag.FlagSet, err error) *Error {
	var names, parts []string
	flags.VisitAll(func(f *pflag.Flag) {
		names = append(names, f.Name)
		part := "--" + f.Name
		if f.Usage != "" {
			part += " (" + f.Usage + ")"
		}
		parts = append(parts, part)
	})
	e := &Error{Reason: err.Error(), Usage: strings.Join(parts, ", "), Help: errors.Is(err, pflag.ErrHelp)}
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
