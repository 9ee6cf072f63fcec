package cluster

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/cluster/image"
)

// RegistryPreference selects which of a cluster's registries is in effect.
type RegistryPreference string

// The preferences.
const (
	// PreferDiscovered uses the registry that the cluster advertises, else the
	// declared one, else none.
	PreferDiscovered RegistryPreference = "discovered"
	// PreferDeclared uses the declared registry, else the advertised one.
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
	return "", fmt.Errorf("%q is not a registry preference: use discovered, declared or none", s)
}

// ChosenRegistry is the registry in effect and its source.
type ChosenRegistry struct {
	// Hosting is nil if the cluster uses no registry.
	Hosting *RegistryHosting
	// Source is one of the Source constants.
	Source string
}

// ForImages returns the registry as [image.NewNamer] takes it, nil if the cluster
// uses none.
func (c ChosenRegistry) ForImages() *image.Registry {
	h := c.Hosting
	if h == nil {
		return nil
	}
	return &image.Registry{
		Host:       h.Host,
		Runtime:    h.HostFromContainerRuntime,
		Network:    h.HostFromClusterNetwork,
		SingleName: h.SingleName,
		Source:     c.Source,
	}
}

// UnknownRegistryError reports that a cluster's registry is in effect and
// unknown: any image name made for the cluster could be wrong.
type UnknownRegistryError struct {
	// Cluster is the cluster's name.
	Cluster string
	// Reason is why the registry is unknown.
	Reason string
	// Declared reports whether a declared registry could be used instead.
	Declared bool
}

func (e *UnknownRegistryError) Error() string {
	declared := `declare one with default_registry= and prefer_registry="declared"`
	if e.Declared {
		declared = `use the declared one with prefer_registry="declared"`
	}
	return fmt.Sprintf(`the registry of cluster %q is unknown (%s): run again, %s, or use none with prefer_registry="none"`, e.Cluster, e.Reason, declared)
}

// EffectiveRegistry returns the registry of a cluster: the one it advertises,
// else the declared one, else none, as the declaration prefers. A declared
// singleName belongs to the declared registry and never moves to another.
//
// If the choice depends on an advertised registry that is unknown, it returns a
// *[UnknownRegistryError], and a choice without a registry whose source is
// [SourceUnknown].
func EffectiveRegistry(d *Declaration, obs Observation) (ChosenRegistry, error) {
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
		switch {
		case c.Hosting != nil:
			return c, nil
		case c.Source == SourceUnknown:
			return ChosenRegistry{Source: SourceUnknown},
				&UnknownRegistryError{Cluster: d.Name, Reason: obs.Status.RegistryReason, Declared: declared.Hosting != nil}
		}
	}
	return ChosenRegistry{Source: SourceNone}, nil
}

// hostOnly drops the names that only a cluster's nodes and pods use: a Docker
// daemon pulls by the name that was pushed.
func hostOnly(r *RegistryHosting) *RegistryHosting {
	if r == nil {
		return nil
	}
	return &RegistryHosting{Host: r.Host, Help: r.Help, SingleName: r.SingleName}
}

// registrySetup describes how to set up a registry for a local cluster.
var registrySetup = map[string]string{
	"kind":          "set one up as https://kind.sigs.k8s.io/docs/user/local-registry/ shows",
	"k3d":           "create the cluster with k3d cluster create --registry-create",
	ProductMicroK8s: "run microk8s enable registry",
}

// registryRole are the commands that let every user read the advertised registry:
// a Role and a RoleBinding.
const registryRole = "kubectl -n kube-public create role local-registry-hosting --verb=get --resource=configmaps --resource-name=local-registry-hosting; " +
	"kubectl -n kube-public create rolebinding local-registry-hosting --role=local-registry-hosting --group=system:authenticated"

// RegistryWarnings returns what a user should know of the registry of a cluster:
// that it is unknown, or could not be read, or how to set one up. If the script
// used the registry, also that a declared one lost to a discovered one, or that
// there is none although a local cluster could have one.
func RegistryWarnings(d *Declaration, obs Observation, used bool) []string {
	if d.Prefer == PreferNone || d.Prefer == PreferDeclared && d.Spec.DefaultRegistry != nil {
		return nil // nothing depends on what the cluster advertises
	}
	chosen, err := EffectiveRegistry(d, obs)
	if err != nil {
		return []string{"its registry is unknown: " + obs.Status.RegistryReason}
	}
	if obs.Status.RegistryReason == ReasonForbidden {
		return []string{"the registry that it advertises could not be read: access to ConfigMap kube-public/local-registry-hosting is forbidden; " +
			"an administrator of the cluster can allow it with: " + registryRole}
	}
	if url, ok := strings.CutPrefix(obs.Status.RegistryReason, ReasonHelp); ok {
		return []string{"it has no registry yet; how to set one up: " + url}
	}
	declared := d.Spec.DefaultRegistry
	switch {
	case !used:
	case chosen.Hosting == nil:
		if setup := registrySetup[obs.Status.Product()]; setup != "" {
			return []string{"it has no registry, so images cannot be pushed for it: " + setup}
		}
	case declared != nil && chosen.Source != SourceDeclared && *declared != *chosen.Hosting:
		source := ""
		if chosen.Source != "" { // a recording by hand may lack it
			source = " (" + chosen.Source + ")"
		}
		return []string{fmt.Sprintf(`the registry it advertises, %s%s, is used instead of the declared %s; prefer_registry="declared" uses the declared one`,
			chosen.Hosting.Host, source, declared.Host)}
	}
	return nil
}

// SharesImages reports whether the cluster's nodes see the images of this
// machine's container engine, so that an image need not be pushed.
func SharesImages(d *Declaration, obs Observation) bool {
	if d.Spec.Connection.Docker != nil {
		return true
	}
	switch obs.Status.Product() {
	case "docker-desktop", "orbstack", "colima", "rancher-desktop", "minikube":
		return true
	}
	return false
}
