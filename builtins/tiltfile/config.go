package tiltfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"

	sl "go.starlark.net/starlark"

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
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) { return r.parseConfig(c) })},
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

func (r *Run) parseConfig(c *call) (sl.Value, error) {
	s, dir := &r.config, r.paths.dir(c)
	switch {
	case s.Parsed.IsZero():
		s.Parsed, s.dir = r.script.here(c), dir
	case s.dir != dir:
		return nil, c.Errorf("it was called in another folder, at %s: call it from the Tiltfiles of one folder", s.Parsed)
	}
	out := &sl.Dict{}
	if err := r.readConfigFile(dir, out); err != nil {
		return nil, c.Errorf("%w", err)
	}
	return out, r.host.ParseSettings(&s.Set, out)
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
	if _, err := r.host.DecodeJSON(name, string(data)); err != nil { // it knows the place
		return err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("%s: want an object of settings", name)
	}
	for _, key := range sortedKeys(values) {
		kind, ok := r.config.Kind(key)
		if !ok {
			return fmt.Errorf("%s: the script defines no setting %q%s", name, key, suggest.DidYouMean(key, r.config.Names()))
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
