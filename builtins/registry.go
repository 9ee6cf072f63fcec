package builtins

import (
	"fmt"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/convert"
)

func registryFunctions() []Function {
	params := func(host Param) []Param {
		return []Param{
			host,
			{"host_from_cluster", typeStr, sl.String(""), "The registry as the cluster's container runtime names it; empty is host."},
			{"host_from_cluster_network", typeStr, sl.String(""), "The registry as pods name it."},
			{"single_name", typeStr, sl.String(""), "The one repository that takes every image, told apart by tags."},
			{"help", typeStr, sl.String(""), "A URL that explains how to set the registry up."},
		}
	}
	return []Function{
		{
			Name:    "registry",
			Params:  params(Param{"host", typeStr, nil, "The registry as seen from this machine, with a path if it has one."}),
			Returns: "Registry",
			Doc:     "Makes a registry to give to default_registry= of a cluster.",
			call: func(c *call) (sl.Value, error) {
				hosting, err := c.hosting()
				if err != nil {
					return nil, err
				}
				return &registryValue{hosting}, nil
			},
		},
		{
			Name:     "default_registry",
			declares: true,
			Params:   params(Param{"host", typeOptStr, nil, "The registry as seen from this machine; empty or None declares none."}),
			Returns:  "Registry | None",
			Doc:      "Declares the registry of every cluster of the run that has none of its own.",
			call:     declareDefaultRegistry,
		},
	}
}

func registryAttributes() []Attribute {
	row := func(name, doc string) Attribute {
		return Attribute{Of: "Registry", Name: name, Type: "str", Doc: doc}
	}
	return []Attribute{
		row("host", "The registry as seen from this machine."),
		row("host_from_cluster_network", "The registry as pods name it, or empty."),
		row("host_from_container_runtime", "The registry as the container runtime names it, or empty for host."),
		row("help", "A URL that explains how to set the registry up."),
		row("single_name", "The one repository that takes every image, or empty."),
	}
}

// defaultRegistry is what default_registry() declared in a run, if anything.
type defaultRegistry struct {
	hosting *cluster.RegistryHosting
	place   diag.Position
	// readWhat and readPlace tell of the first reading that depended on it.
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

func declareDefaultRegistry(c *call) (sl.Value, error) {
	if c.str("host") == "" {
		return sl.None, nil
	}
	hosting, err := c.hosting()
	if err != nil {
		return nil, err
	}
	d := &c.run.registry
	switch {
	case d.hosting != nil && *d.hosting == *hosting:
	case d.hosting != nil:
		return nil, c.errorf("another default registry, %s, was declared at %s already: this one is %s; remove one, or give clusters their own with default_registry=", asArguments(d.hosting), d.place, asArguments(hosting))
	case d.readWhat != "":
		return nil, c.errorf("too late: %s was read at %s and depends on it; call default_registry before that", d.readWhat, d.readPlace)
	default:
		d.hosting, d.place = hosting, c.run.here()
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

// hosting makes the registry of a call's arguments and checks it.
func (c *call) hosting() (*cluster.RegistryHosting, error) {
	return c.checked("host", &cluster.RegistryHosting{
		Host:                     c.str("host"),
		HostFromClusterNetwork:   c.str("host_from_cluster_network"),
		HostFromContainerRuntime: c.str("host_from_cluster"),
		Help:                     c.str("help"),
		SingleName:               c.str("single_name"),
	})
}

// checked returns a registry that is valid. host is the parameter that gave its
// host.
func (c *call) checked(host string, h *cluster.RegistryHosting) (*cluster.RegistryHosting, error) {
	params := map[string]string{
		"host":                     host,
		"hostFromClusterNetwork":   "host_from_cluster_network",
		"hostFromContainerRuntime": "host_from_cluster",
		"singleName":               "single_name",
	}
	var wrong []string
	for _, e := range h.Validate(nil) {
		detail := e.Detail
		if e.Field == "host" && h.Host == "" {
			detail = "it is empty: give a host, " + detail
		}
		wrong = append(wrong, fmt.Sprintf("for parameter %q: %s", params[e.Field], detail))
	}
	if wrong != nil {
		return nil, c.errorf("%s", strings.Join(wrong, "; "))
	}
	return h, nil
}

// registryArgument returns the default_registry= argument, nil for none.
func (c *call) registryArgument() (*cluster.RegistryHosting, error) {
	switch v := c.value("default_registry").(type) {
	case *registryValue:
		return v.hosting, nil
	case sl.String:
		if v != "" {
			return c.checked("default_registry", &cluster.RegistryHosting{Host: string(v)})
		}
	}
	return nil, nil
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

func (r *registryValue) record() sl.HasAttrs {
	v, err := convert.FromGo(r.hosting)
	if err != nil {
		panic(err) // a struct of strings converts
	}
	return v.(sl.HasAttrs)
}

func (r *registryValue) Attr(name string) (sl.Value, error) { return r.record().Attr(name) }

func (r *registryValue) AttrNames() []string { return attributeNames(registryAttributes()) }

func (r *registryValue) String() string        { return fmt.Sprintf("Registry(%q)", r.hosting.Host) }
func (r *registryValue) Type() string          { return "Registry" }
func (r *registryValue) Freeze()               {}
func (r *registryValue) Truth() sl.Bool        { return true }
func (r *registryValue) Hash() (uint32, error) { return sl.String(r.hosting.Host).Hash() }

// CompareSameType makes registries of the same fields equal.
func (r *registryValue) CompareSameType(op syntax.Token, other sl.Value, _ int) (bool, error) {
	return compareEqual(op, r, other, *r.hosting == *other.(*registryValue).hosting)
}

// apiObject makes a registry encode as its API object.
func (r *registryValue) apiObject() (any, error) { return r.hosting, nil }
