package compose

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/docker/go-connections/nat"
)

// What is read of a service, and of its build. Nothing else is merged, and so
// nothing else can be wrong.
var (
	serviceFields = []string{"build", "depends_on", "extends", "image", "platform", "ports", "profiles", "provider"}
	buildFields   = []string{"args", "context", "dockerfile", "dockerfile_inline", "platforms", "target"}
)

// The rules below, of how files are merged and which forms a field has, are those of
// compose-go's packages override and transform, to which a test compares them. Those
// link the parser of image names of Docker, whose regular expressions are compiled
// whenever a program starts and take longer than a script.

// content is what is read of compose files: their name, their services, and of one
// file what it includes.
type content struct {
	name     string
	services map[string]map[string]any
	include  []any
}

func newContent() *content { return &content{services: map[string]map[string]any{}} }

// contentOf reads the sections of one file.
func contentOf(raw map[string]any) (*content, error) {
	c := newContent()
	c.name, _ = raw["name"].(string)
	c.include, _ = raw["include"].([]any)
	services, err := mapping(raw["services"], "services")
	if err != nil {
		return nil, err
	}
	for name, v := range services {
		all, err := mapping(v, "services."+name)
		if err != nil {
			return nil, err
		}
		fields := pick(all, serviceFields)
		if build, ok := fields["build"].(map[string]any); ok {
			fields["build"] = pick(build, buildFields)
		}
		c.services[name] = fields
	}
	return c, nil
}

func pick(m map[string]any, keys []string) map[string]any {
	out := map[string]any{}
	for _, k := range keys {
		if v, ok := m[k]; ok {
			out[k] = v
		}
	}
	return out
}

// add merges what a later file holds.
func (c *content) add(over *content) error {
	c.name = cmp.Or(over.name, c.name)
	for name, fields := range over.services {
		merged, err := mergeService(c.services[name], fields)
		if err != nil {
			return fmt.Errorf("service %q: %w", name, err)
		}
		c.services[name] = merged
	}
	return nil
}

// each applies f to the fields of every service.
func (c *content) each(f func(fields map[string]any) error) error {
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		if err := f(c.services[name]); err != nil {
			return fmt.Errorf("service %q: %w", name, err)
		}
	}
	return nil
}

// mergeService merges a service into one of the same name, or into the one that it
// extends.
func mergeService(base, over map[string]any) (map[string]any, error) {
	return mergeFields(base, over, func(key string, b, o any) (any, error) {
		switch key {
		case "build":
			return mergeBuild(b, o)
		case "depends_on":
			return mergeDependencies(b, o)
		}
		return mergeValue(key, b, o)
	})
}

func mergeBuild(base, over any) (any, error) {
	b, err := buildOf(base)
	if err != nil {
		return nil, err
	}
	o, err := buildOf(over)
	if err != nil {
		return nil, err
	}
	return mergeFields(b, o, func(key string, b, o any) (any, error) {
		if key == "args" {
			return mergeKeyValues("build.args", b, o)
		}
		return mergeValue("build."+key, b, o)
	})
}

func mergeDependencies(base, over any) (any, error) {
	b, err := dependenciesOf(base)
	if err != nil {
		return nil, err
	}
	o, err := dependenciesOf(over)
	if err != nil {
		return nil, err
	}
	return mergeFields(b, o, func(key string, b, o any) (any, error) { return mergeValue("depends_on."+key, b, o) })
}

// mergeFields merges two mappings; f merges two values of one key.
func mergeFields(base, over map[string]any, f func(key string, b, o any) (any, error)) (map[string]any, error) {
	merged := make(map[string]any, len(base)+len(over))
	maps.Copy(merged, base)
	for _, key := range slices.Sorted(maps.Keys(over)) {
		b, both := base[key]
		if !both {
			merged[key] = over[key]
			continue
		}
		v, err := f(key, b, over[key])
		if err != nil {
			return nil, err
		}
		merged[key] = v
	}
	return merged, nil
}

// mergeValue merges values that have no rule of their own: mappings by key, lists
// one behind the other without what is in both, and else the later one counts. A
// null changes nothing.
func mergeValue(what string, base, over any) (any, error) {
	if over == nil {
		return base, nil
	}
	switch b := base.(type) {
	case map[string]any:
		if o, ok := over.(map[string]any); ok {
			return mergeFields(b, o, func(key string, b, o any) (any, error) { return mergeValue(what+"."+key, b, o) })
		}
	case []any:
		if o, ok := over.([]any); ok {
			merged := slices.Clip(b)
			for _, v := range o {
				if !slices.ContainsFunc(merged, func(m any) bool { return reflect.DeepEqual(m, v) }) {
					merged = append(merged, v)
				}
			}
			return merged, nil
		}
	default:
		return over, nil
	}
	return nil, fmt.Errorf("%s is a %s in one file and another thing in a later one", what, kindOf(base))
}

func kindOf(v any) string {
	if _, ok := v.(map[string]any); ok {
		return "mapping"
	}
	return "list"
}

// mergeKeyValues merges lists of KEY=VALUE, or mappings: the last one of a key
// counts, in the place of the first.
func mergeKeyValues(what string, base, over any) (any, error) {
	return lastOfEach(append(keyValues(base), keyValues(over)...), func(v any) (string, error) {
		s, ok := v.(string)
		if !ok {
			return "", fmt.Errorf("%s: %v is not a string", what, v)
		}
		key, _, _ := strings.Cut(s, "=")
		return key, nil
	})
}

// keyValues is a mapping, or a list, as a list of KEY=VALUE.
func keyValues(v any) []any {
	var out []any
	switch v := v.(type) {
	case string:
		return []any{v}
	case []any:
		return slices.Clip(v)
	case map[string]any:
		for k, value := range v {
			switch value := value.(type) {
			case nil:
				out = append(out, k)
			case []any:
				for _, e := range value {
					out = append(out, fmt.Sprintf("%s=%v", k, e))
				}
			default:
				out = append(out, fmt.Sprintf("%s=%v", k, value))
			}
		}
		slices.SortFunc(out, func(a, b any) int { return cmp.Compare(a.(string), b.(string)) })
	}
	return out
}

// lastOfEach keeps the last of the entries with one key, in the place of the first.
func lastOfEach(entries []any, key func(any) (string, error)) ([]any, error) {
	kept, at := []any{}, map[string]int{}
	for _, e := range entries {
		k, err := key(e)
		if err != nil {
			return nil, err
		}
		if i, ok := at[k]; ok {
			kept[i] = e
			continue
		}
		at[k] = len(kept)
		kept = append(kept, e)
	}
	return kept, nil
}

// canonical brings the fields of a service that have several forms to one.
func canonical(fields map[string]any) (err error) {
	if v, ok := fields["build"]; ok {
		build, err := buildOf(v)
		if err != nil {
			return err
		}
		if build == nil {
			return errors.New("build is empty")
		}
		fields["build"] = maps.Clone(build) // which a service that extends this one may share
	}
	if v, ok := fields["depends_on"]; ok {
		if _, ok := v.(string); ok || v == nil {
			return errors.New("depends_on is neither a list nor a mapping")
		}
		services, err := dependenciesOf(v)
		if err != nil {
			return err
		}
		for name, conditions := range services {
			if _, ok := conditions.(map[string]any); !ok {
				return fmt.Errorf("depends_on.%s is no mapping", name)
			}
		}
		fields["depends_on"] = services
	}
	if v, ok := fields["ports"]; ok {
		if fields["ports"], err = portsOf(v); err != nil {
			return err
		}
	}
	return nil
}

// unique drops the entries of lists that later ones replace.
func unique(fields map[string]any) (err error) {
	if ports, ok := fields["ports"].([]any); ok {
		if fields["ports"], err = lastOfEach(ports, portKey); err != nil {
			return err
		}
	}
	if profiles, ok := fields["profiles"].([]any); ok {
		if fields["profiles"], err = mergeKeyValues("profiles", profiles, nil); err != nil {
			return err
		}
	}
	if build, ok := fields["build"].(map[string]any); ok {
		if args, ok := build["args"].([]any); ok {
			build["args"], err = mergeKeyValues("build.args", args, nil)
		}
	}
	return err
}

// buildOf is a build as a mapping, nil for a null.
func buildOf(v any) (map[string]any, error) {
	if context, ok := v.(string); ok {
		return map[string]any{"context": context}, nil
	}
	return mapping(v, "build")
}

// dependenciesOf is depends_on as a mapping, nil for a null.
func dependenciesOf(v any) (map[string]any, error) {
	switch v := v.(type) {
	case string:
		return map[string]any{v: map[string]any{}}, nil
	case []any:
		out := map[string]any{}
		for _, e := range v {
			name, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("depends_on: %v is not the name of a service", e)
			}
			out[name] = map[string]any{}
		}
		return out, nil
	}
	return mapping(v, "depends_on")
}

// portsOf is a list of ports, of which each short form became mappings.
func portsOf(v any) ([]any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, errors.New("ports is no list")
	}
	var out []any
	for _, e := range list {
		switch e := e.(type) {
		case map[string]any:
			out = append(out, e)
		case int, string:
			published, bindings, err := nat.ParsePortSpecs([]string{fmt.Sprint(e)})
			if err != nil {
				return nil, err
			}
			for _, port := range slices.Sorted(maps.Keys(published)) {
				for _, b := range bindings[port] {
					m := map[string]any{"target": port.Int(), "protocol": strings.ToLower(port.Proto())}
					if b.HostIP != "" {
						m["host_ip"] = b.HostIP
					}
					if b.HostPort != "" {
						m["published"] = b.HostPort
					}
					out = append(out, m)
				}
			}
		default:
			return nil, fmt.Errorf("ports: %v is neither a port nor a mapping", e)
		}
	}
	return out, nil
}

// portKey is what two ports may not have in common.
func portKey(v any) (string, error) {
	m := v.(map[string]any) // as portsOf made it
	if m["target"] == nil {
		return "", errors.New("ports: one has no target")
	}
	or := func(key, otherwise string) any {
		if v, ok := m[key]; ok {
			return v
		}
		return otherwise
	}
	return fmt.Sprintf("%s:%s:%d/%s", or("host_ip", "0.0.0.0"), m["published"], m["target"], or("protocol", "tcp")), nil
}
