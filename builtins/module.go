package builtins

import (
	"maps"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
)

// module is a namespace of functions, such as os or os.path.
type module struct {
	name    string
	members sl.StringDict
}

var _ sl.HasAttrs = (*module)(nil)

func (m *module) Attr(name string) (sl.Value, error) { return m.members[name], nil }
func (m *module) AttrNames() []string                { return slices.Sorted(maps.Keys(m.members)) }
func (m *module) Freeze()                            { m.members.Freeze() }
func (m *module) Hash() (uint32, error)              { return sl.String(m.name).Hash() }
func (m *module) String() string                     { return "<module " + m.name + ">" }
func (m *module) Truth() sl.Bool                     { return true }
func (m *module) Type() string                       { return "module" }

// declare puts v at a dotted name, making the modules on the way. The names of
// methods, which begin with a type, are passed over.
func declare(names sl.StringDict, name string, v sl.Value) {
	if isUpper(name) {
		return
	}
	path := ""
	for {
		head, rest, dotted := strings.Cut(name, ".")
		if !dotted {
			names[name] = v
			return
		}
		path = strings.TrimPrefix(path+"."+head, ".")
		m, ok := names[head].(*module)
		if !ok {
			m = &module{name: path, members: sl.StringDict{}}
			names[head] = m
		}
		names, name = m.members, rest
	}
}
