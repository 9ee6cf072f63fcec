package cluster

import (
	"fmt"
	"strings"
)

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
	reason := obs.Annotations[AnnotationRegistryReason]
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
