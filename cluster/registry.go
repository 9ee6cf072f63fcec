package cluster

import "fmt"

// RegistryPreference says which of a cluster's registries is in effect.
type RegistryPreference string

// The preferences.
const (
	// PreferDiscovered takes the registry the cluster advertises, else the
	// declared one, else none.
	PreferDiscovered RegistryPreference = "discovered"
	// PreferDeclared turns the first two round.
	PreferDeclared RegistryPreference = "declared"
	// PreferNone uses no registry: image names stay as they are.
	PreferNone RegistryPreference = "none"
)

// ParseRegistryPreference checks a preference; "" is [PreferDiscovered].
func ParseRegistryPreference(s string) (RegistryPreference, error) {
	switch p := RegistryPreference(s); p {
	case "":
		return PreferDiscovered, nil
	case PreferDiscovered, PreferDeclared, PreferNone:
		return p, nil
	}
	return "", fmt.Errorf("%q is no registry preference: use discovered, declared or none", s)
}

// ChosenRegistry is the registry in effect and where it comes from.
type ChosenRegistry struct {
	// Hosting is nil where the cluster uses no registry.
	Hosting *RegistryHosting
	// Source is one of the Source constants.
	Source string
}

// EffectiveRegistry picks the registry of a cluster: the one it advertises,
// else the declared one, else none, as the declaration prefers. A declared
// singleName belongs to the declared registry and never moves to another.
func EffectiveRegistry(d *Declaration, obs Observation) ChosenRegistry {
	discovered := ChosenRegistry{obs.Status.Registry, obs.Annotations[AnnotationRegistrySource]}
	declared := ChosenRegistry{d.Spec.DefaultRegistry, SourceDeclared}
	if d.Spec.Connection.Docker != nil {
		declared.Hosting = hostOnly(declared.Hosting)
	}
	order := []ChosenRegistry{discovered, declared}
	switch d.Prefer {
	case PreferDeclared:
		order = []ChosenRegistry{declared, discovered}
	case PreferNone:
		order = nil
	}
	for _, c := range order {
		if c.Hosting != nil {
			return c
		}
	}
	return ChosenRegistry{Source: SourceNone}
}

// hostOnly drops the names that only a cluster's nodes and pods use: a Docker
// daemon pulls by the name that was pushed.
func hostOnly(r *RegistryHosting) *RegistryHosting {
	if r == nil {
		return nil
	}
	return &RegistryHosting{Host: r.Host, Help: r.Help, SingleName: r.SingleName}
}
