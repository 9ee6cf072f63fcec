package cluster

import (
	"fmt"
	"strings"
)

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
	discovered := ChosenRegistry{obs.Status.Registry, obs.Status.RegistrySource}
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

// registrySetup says how to give a local cluster a registry.
var registrySetup = map[string]string{
	"kind":          "set one up as https://kind.sigs.k8s.io/docs/user/local-registry/ shows",
	"k3d":           "create the cluster with k3d cluster create --registry-create",
	ProductMicroK8s: "run microk8s enable registry",
}

// RegistryWarnings says what a user should know of the registry of a cluster:
// an advertised one that cannot be used, and, where the script used the
// registry, a declared one that lost to a discovered one, or none at all where
// a local cluster could have one.
func RegistryWarnings(d *Declaration, obs Observation, used bool) []string {
	var warnings []string
	reason := obs.Status.RegistryReason
	if fault, ok := strings.CutPrefix(reason, ReasonInvalid); ok {
		warnings = append(warnings, "the registry that it advertises is not used: "+fault)
	}
	if url, ok := strings.CutPrefix(reason, ReasonHelp); ok {
		warnings = append(warnings, "it has no registry yet; how to set one up: "+url)
	}
	if fault, ok := strings.CutPrefix(reason, ReasonUnreadable); ok {
		warnings = append(warnings, "whether it advertises a registry is unknown: "+fault)
	}
	if !used || d.Prefer == PreferNone {
		return warnings
	}
	chosen := EffectiveRegistry(d, obs)
	declared := d.Spec.DefaultRegistry
	switch {
	case chosen.Hosting == nil:
		if setup := registrySetup[product(obs)]; setup != "" && len(warnings) == 0 {
			warnings = append(warnings, fmt.Sprintf("it has no registry, so images cannot be pushed for it: %s", setup))
		}
	case declared != nil && chosen.Source != SourceDeclared && *declared != *chosen.Hosting:
		source := ""
		if chosen.Source != "" { // a recording by hand may lack it
			source = " (" + chosen.Source + ")"
		}
		warnings = append(warnings, fmt.Sprintf(`the registry it advertises, %s%s, is used and not the declared %s; prefer_registry="declared" turns that round`,
			chosen.Hosting.Host, source, declared.Host))
	}
	return warnings
}

func product(obs Observation) string {
	if c := obs.Status.Connection; c != nil && c.Kubernetes != nil {
		return c.Kubernetes.Product
	}
	return ""
}

// SharesImages reports whether the cluster's nodes see the images of this
// machine's container engine, so that an image need not be pushed.
func SharesImages(d *Declaration, obs Observation) bool {
	if d.Spec.Connection.Docker != nil {
		return true
	}
	switch product(obs) {
	case "docker-desktop", "orbstack", "colima", "rancher-desktop", "minikube":
		return true
	}
	return false
}
