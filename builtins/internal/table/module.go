package table

import (
	"maps"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
)

// Module is a namespace of functions and values, such as os or os.path.
type Module struct {
	name    string
	members sl.StringDict
}

var _ sl.HasAttrs = (*Module)(nil)

// Attr returns the named member, nil if there is none.
func (m *Module) Attr(name string) (sl.Value, error) { return m.members[name], nil }

// AttrNames returns the names of the members, sorted.
func (m *Module) AttrNames() []string { return slices.Sorted(maps.Keys(m.members)) }

// Freeze freezes the members.
func (m *Module) Freeze() { m.members.Freeze() }

// Hash is that of the module's name.
func (m *Module) Hash() (uint32, error) { return sl.String(m.name).Hash() }

func (m *Module) String() string { return "<module " + m.name + ">" }

// Truth is always true.
func (m *Module) Truth() sl.Bool { return true }

// Type is "module".
func (m *Module) Type() string { return "module" }

// declare adds v to names under a dotted name, making the modules on the way.
func declare(names sl.StringDict, name string, v sl.Value) {
	path := ""
	for {
		head, rest, dotted := strings.Cut(name, ".")
		if !dotted {
			names[name] = v
			return
		}
		path = strings.TrimPrefix(path+"."+head, ".")
		m, ok := names[head].(*Module)
		if !ok {
			m = &Module{name: path, members: sl.StringDict{}}
			names[head] = m
		}
		names, name = m.members, rest
	}
}
