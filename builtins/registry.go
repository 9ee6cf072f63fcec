package builtins

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
)

func registryFunctions() []row {
	return []row{
		{
			Name: "registry", Returns: "Registry", Doc: "Makes a registry to pass to default_registry= of a cluster.",
			Define: func(p *params) body {
				host := table.Required(p, "host", table.Str, "The registry as seen from this machine, with a path if it has one.")
				args := newRegistryArgs(p, host)
				return func(_ *Run, c *call) (sl.Value, error) {
					hosting, err := args.hosting(c)
					if err != nil {
						return nil, err
					}
					return &registryValue{hosting}, nil
				}
			},
		},
		{
			Name: "default_registry", Returns: "Registry | None", Declares: true,
			Doc: "Declares the registry of every cluster of the run that has none of its own.",
			Define: func(p *params) body {
				host := table.Required(p, "host", table.OrNone(table.Str), "The registry as seen from this machine; empty or None declares none.")
				args := newRegistryArgs(p, host)
				return func(r *Run, c *call) (sl.Value, error) {
					if host.Of(c) == "" {
						return sl.None, nil
					}
					hosting, err := args.hosting(c)
					if err != nil {
						return nil, err
					}
					return r.registry.declare(c, hosting, r.here())
				}
			},
		},
	}
}

// registryArgs are the parameters of a registry.
type registryArgs struct {
	host, runtime, network, singleName, help table.Arg[string]
	// sameRuntime is runtime by the name of its field in the API.
	sameRuntime table.Arg[string]
}

func newRegistryArgs(p *params, host table.Arg[string]) *registryArgs {
	optional := func(name, doc string) table.Arg[string] {
		return table.Optional(p, name, table.Str, sl.String(""), doc)
	}
	return &registryArgs{
		host:        host,
		runtime:     optional("host_from_cluster", "The registry as the cluster's container runtime names it; empty is host."),
		network:     optional("host_from_cluster_network", "The registry as pods name it."),
		singleName:  optional("single_name", "The one repository that takes every image, distinguished by tags."),
		help:        optional("help", "A URL that explains how to set the registry up."),
		sameRuntime: optional("host_from_container_runtime", "The same as host_from_cluster, by the API's name."),
	}
}

// hosting makes the registry of a call's arguments and checks it.
func (a *registryArgs) hosting(c *call) (*cluster.RegistryHosting, error) {
	runtime, same := a.runtime.Of(c), a.sameRuntime.Of(c)
	if runtime != "" && same != "" && runtime != same {
		return nil, c.Errorf("%s and %s are one parameter, but are %q and %q: write %s alone", a.runtime.Name(), a.sameRuntime.Name(), runtime, same, a.runtime.Name())
	}
	h := &cluster.RegistryHosting{
		Host:                     a.host.Of(c),
		HostFromClusterNetwork:   a.network.Of(c),
		HostFromContainerRuntime: cmp.Or(runtime, same),
		Help:                     a.help.Of(c),
		SingleName:               a.singleName.Of(c),
	}
	params := map[string]string{
		"host":                     a.host.Name(),
		"hostFromClusterNetwork":   a.network.Name(),
		"hostFromContainerRuntime": a.runtime.Name(),
		"singleName":               a.singleName.Name(),
	}
	var wrong []string
	for _, e := range h.Validate(nil) {
		wrong = append(wrong, fmt.Sprintf("for parameter %q: %s", params[e.Field], registryFault(h, e.Field, e.Detail)))
	}
	if wrong != nil {
		return nil, c.Errorf("%s", strings.Join(wrong, "; "))
	}
	return h, nil
}

// registryFault describes what is wrong with a field of a registry.
func registryFault(h *cluster.RegistryHosting, field, detail string) string {
	if field == "host" && h.Host == "" {
		return "it is empty: give a host, " + detail
	}
	return detail
}

// registryOf accepts a Registry or the host of one; None and "" are nil.
var registryOf = table.Type[*cluster.RegistryHosting]{
	Name: "Registry | str | None",
	Convert: func(v sl.Value) (*cluster.RegistryHosting, error) {
		switch v := v.(type) {
		case sl.NoneType:
			return nil, nil
		case *registryValue:
			return v.hosting, nil
		case sl.String:
			if v == "" {
				return nil, nil
			}
			h := &cluster.RegistryHosting{Host: string(v)}
			for _, e := range h.Validate(nil) {
				return nil, errors.New(registryFault(h, e.Field, e.Detail))
			}
			return h, nil
		}
		return nil, table.ErrType
	},
}

var registryAttributes = sync.OnceValue(func() *table.Attributes[*cluster.RegistryHosting] {
	row := func(name, doc string, text func(*cluster.RegistryHosting) string) table.Getter[*cluster.RegistryHosting] {
		return table.Getter[*cluster.RegistryHosting]{Name: name, Type: "str", Doc: doc, Get: table.Text(text)}
	}
	return table.NewAttributes("Registry",
		row("host", "The registry as seen from this machine.",
			func(h *cluster.RegistryHosting) string { return h.Host }),
		row("host_from_cluster", "The registry as the container runtime names it, or empty for host.",
			func(h *cluster.RegistryHosting) string { return h.HostFromContainerRuntime }),
		row("host_from_cluster_network", "The registry as pods name it, or empty.",
			func(h *cluster.RegistryHosting) string { return h.HostFromClusterNetwork }),
		row("host_from_container_runtime", "The same as host_from_cluster, by the API's name.",
			func(h *cluster.RegistryHosting) string { return h.HostFromContainerRuntime }),
		row("help", "A URL that explains how to set the registry up.",
			func(h *cluster.RegistryHosting) string { return h.Help }),
		row("single_name", "The one repository that takes every image, or empty.",
			func(h *cluster.RegistryHosting) string { return h.SingleName }),
	)
})

// defaultRegistry is what default_registry() declared in a run, if anything.
type defaultRegistry struct {
	hosting *cluster.RegistryHosting
	place   diag.Position
	// readWhat and readPlace describe the first read that depended on it.
	readWhat  string
	readPlace diag.Position
}

// settle notes that the script has read something that depends on the default
// registry: from then on it may not change.
func (d *defaultRegistry) settle(what string, place diag.Position) {
	if d.readWhat == "" {
		d.readWhat, d.readPlace = what, place
	}
}

// declare declares it at a place of the script. An identical repeat changes nothing.
func (d *defaultRegistry) declare(c *call, hosting *cluster.RegistryHosting, at diag.Position) (sl.Value, error) {
	switch {
	case d.hosting != nil && *d.hosting == *hosting:
	case d.hosting != nil:
		return nil, c.Errorf("another default registry, %s, was declared at %s already: this one is %s; remove one, or give clusters their own with default_registry=", asArguments(d.hosting), d.place, asArguments(hosting))
	case d.readWhat != "":
		return nil, c.Errorf("too late: %s was read at %s and depends on it; call default_registry before that", d.readWhat, d.readPlace)
	default:
		d.hosting, d.place = hosting, at
	}
	return &registryValue{d.hosting}, nil
}

// asArguments is a registry as a call declares it.
func asArguments(h *cluster.RegistryHosting) string {
	text := fmt.Sprintf("%q", h.Host)
	for _, p := range [][2]string{
		{"host_from_cluster", h.HostFromContainerRuntime},
		{"host_from_cluster_network", h.HostFromClusterNetwork},
		{"single_name", h.SingleName},
		{"help", h.Help},
	} {
		if p[1] != "" {
			text += fmt.Sprintf(", %s=%q", p[0], p[1])
		}
	}
	return text
}

// registryValue is a registry as scripts see it. It never changes.
type registryValue struct{ hosting *cluster.RegistryHosting }

var (
	_ sl.HasAttrs   = (*registryValue)(nil)
	_ sl.Comparable = (*registryValue)(nil)
)

func registryOrNone(h *cluster.RegistryHosting) sl.Value {
	if h == nil {
		return sl.None
	}
	return &registryValue{h}
}

func (r *registryValue) Attr(name string) (sl.Value, error) {
	return registryAttributes().Get(r.hosting, name)
}

func (r *registryValue) AttrNames() []string   { return registryAttributes().Names() }
func (r *registryValue) String() string        { return fmt.Sprintf("Registry(%q)", r.hosting.Host) }
func (r *registryValue) Type() string          { return "Registry" }
func (r *registryValue) Freeze()               {}
func (r *registryValue) Truth() sl.Bool        { return true }
func (r *registryValue) Hash() (uint32, error) { return sl.String(r.hosting.Host).Hash() }

// CompareSameType makes registries of the same fields equal.
func (r *registryValue) CompareSameType(op syntax.Token, other sl.Value, _ int) (bool, error) {
	return compareEqual(op, r, other, *r.hosting == *other.(*registryValue).hosting)
}

// Object makes a registry encode as its API object.
func (r *registryValue) Object() (any, error) { return r.hosting, nil }
