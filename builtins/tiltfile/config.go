package tiltfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/settings"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// configFile is the file beside the Tiltfile that calls config.parse, which holds
// settings.
const configFile = "tilt_config.json"

// config is what a script defines with config.define_*, and which resources it
// enables.
type config struct {
	settings.Set
	host   builtins.Host
	paths  *paths
	script *script
	// dir is the folder of the first call of config.parse: another file there may
	// call it again.
	dir     string
	enabled enabledResources
}

// configFunctions take settings from tilt_config.json and from the command line,
// after --.
func configFunctions() []row {
	return append(settings.Rows(typeStr, func(r *Run) *settings.Set { return &r.config.Set }),
		row{Name: "config.parse", Returns: "dict", Doc: "Returns the settings that tilt_config.json and the command line set; the latter win.",
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) { return r.config.parse(c) })},
		row{Name: "config.set_enabled_resources", Returns: "None", Doc: "Enables the named resources and no others.", Declares: true, Define: func(p *params) body {
			names := table.Required(p, "resources", typeList, "The names; none enables all.")
			return func(r *Run, c *call) (sl.Value, error) {
				r.config.enabled = enabledResources{site: r.script.site(c), names: names.Of(c)}
				return sl.None, nil
			}
		}},
		row{Name: "config.clear_enabled_resources", Returns: "None", Doc: "Enables no resource.", Declares: true,
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
				r.config.enabled = enabledResources{site: r.script.site(c), none: true}
				return sl.None, nil
			})},
	)
}

// parse returns the settings of the file in the folder of the caller, and those of the
// command line.
func (s *config) parse(c *call) (sl.Value, error) {
	dir := s.paths.dir(c)
	switch {
	case s.Parsed.IsZero():
		s.Parsed, s.dir = s.script.here(c), dir
	case s.dir != dir:
		return nil, c.Errorf("it was called in another folder, at %s: call it from the Tiltfiles of one folder", s.Parsed)
	}
	out := &sl.Dict{}
	if err := s.readFile(dir, out); err != nil {
		return nil, c.Errorf("%w", err)
	}
	return out, s.host.ParseSettings(&s.Set, out)
}

// readFile adds the settings of the file in the folder, if there is one.
func (s *config) readFile(dir string, out *sl.Dict) error {
	name := path.Join(dir, configFile)
	data, err := s.host.ReadFile(name)
	if missing(err) || err == nil && len(data) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := s.host.DecodeJSON(name, string(data)); err != nil { // it knows the place
		return err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("%s: want an object of settings", name)
	}
	for _, key := range sortedKeys(values) {
		kind, ok := s.Kind(key)
		if !ok {
			return fmt.Errorf("%s: the script defines no setting %q%s", name, key, suggest.DidYouMean(key, s.Names()))
		}
		if string(values[key]) == "null" {
			continue // it is not set
		}
		v := kind.FromJSON(values[key])
		if v == nil {
			return fmt.Errorf("%s: the setting %q is %s, want %s", name, key, values[key], kind.Want)
		}
		if err := out.SetKey(sl.String(key), v); err != nil {
			return err
		}
	}
	return nil
}

// enable sets which resources are enabled: those that config.set_enabled_resources
// names, or the arguments if the script takes none itself, or all.
func (s *config) enable(resources *declarations) error {
	names, fault := s.enabled.names, s.enabled.site.fault
	if args := s.host.Options().Args; s.enabled.site.stack == nil && len(args) > 0 && s.Parsed.IsZero() {
		names, fault = args, func(err error) error { return err }
		s.host.ArgsRead()
	}
	var missing []string
	for _, name := range names {
		if resources.named(name) == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		var known []string
		for _, d := range resources.ordered() {
			known = append(known, d.Name)
		}
		hint := suggest.OrOneOf(missing[0], known)
		return fault(fmt.Errorf("cannot enable %s: no such resource%s", suggest.Quoted(missing), hint))
	}
	for _, d := range resources.all {
		d.Enabled = !s.enabled.none && (len(names) == 0 || d.Name == Uncategorized || slices.Contains(names, d.Name))
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
