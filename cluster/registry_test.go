package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRegistryPreference(t *testing.T) {
	for in, want := range map[string]RegistryPreference{
		"": PreferDiscovered, "discovered": PreferDiscovered, "declared": PreferDeclared, "none": PreferNone,
	} {
		if got, err := ParseRegistryPreference(in); got != want || err != nil {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	_, err := ParseRegistryPreference("Declared")
	if want := `"Declared" is no registry preference: use discovered, declared or none`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestEffectiveRegistry(t *testing.T) {
	discovered := &RegistryHosting{Host: "localhost:5000", HostFromContainerRuntime: "registry:5000"}
	declared := &RegistryHosting{
		Host: "gcr.io/team", HostFromContainerRuntime: "mirror:5000", HostFromClusterNetwork: "net:5000",
		SingleName: "dev", Help: "h",
	}
	none := ChosenRegistry{Source: SourceNone}
	found := ChosenRegistry{discovered, SourceMicroK8s}
	said := ChosenRegistry{declared, SourceDeclared}
	kube, docker := kubernetesConnection("", ""), dockerConnection("")

	for _, tt := range []struct {
		name                 string
		connection           ClusterConnection
		prefer               RegistryPreference
		discovered, declared *RegistryHosting
		want                 ChosenRegistry
	}{
		{"discovered wins", kube, PreferDiscovered, discovered, declared, found},
		{"the default is discovered", kube, "", discovered, declared, found},
		{"declared without discovered", kube, PreferDiscovered, nil, declared, said},
		{"discovered alone", kube, PreferDiscovered, discovered, nil, found},
		{"neither", kube, PreferDiscovered, nil, nil, none},
		{"declared wins", kube, PreferDeclared, discovered, declared, said},
		{"discovered without declared", kube, PreferDeclared, discovered, nil, found},
		{"declared alone", kube, PreferDeclared, nil, declared, said},
		{"neither, declared preferred", kube, PreferDeclared, nil, nil, none},
		{"none over both", kube, PreferNone, discovered, declared, none},
		{"none over nothing", kube, PreferNone, nil, nil, none},
		// A daemon pulls by the name that was pushed.
		{"docker knows the host only", docker, "", nil, declared,
			ChosenRegistry{&RegistryHosting{Host: "gcr.io/team", SingleName: "dev", Help: "h"}, SourceDeclared}},
		{"docker without one", docker, "", nil, nil, none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Declaration{Spec: ClusterSpec{Connection: tt.connection, DefaultRegistry: tt.declared}, Prefer: tt.prefer}
			obs := Observation{Status: ClusterStatus{Registry: tt.discovered}}
			if tt.discovered != nil {
				obs.Status.RegistrySource = SourceMicroK8s
			}
			if diff := cmp.Diff(tt.want, EffectiveRegistry(&d, obs)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if discovered.SingleName != "" || declared.HostFromContainerRuntime == "" {
		t.Error("choosing changed a registry")
	}
}

func TestRegistryWarnings(t *testing.T) {
	found, declared := &RegistryHosting{Host: "localhost:5000"}, &RegistryHosting{Host: "gcr.io/team"}
	setUp := "it has no registry, so images cannot be pushed for it: "
	for _, tt := range []struct {
		name            string
		product, reason string
		prefer          RegistryPreference
		found, declared *RegistryHosting
		used            bool
		want            []string
	}{
		{"fine", "kind", "", "", found, nil, true, nil},
		{"one that cannot be used", "eks", ReasonInvalid + "host: foo", "", nil, nil, false, []string{"the registry that it advertises is not used: host: foo"}},
		{"help in its place", "kind", ReasonHelp + "https://example.com", "", nil, nil, true, []string{"it has no registry yet; how to set one up: https://example.com"}},
		{"one that cannot be asked for", "eks", ReasonUnreadable + "GET /x was answered 503", "", nil, nil, false, []string{"whether it advertises a registry is unknown: GET /x was answered 503"}},
		{"forbidden is silent", "eks", ReasonForbidden, "", nil, nil, true, nil},
		{"none on kind", "kind", "", "", nil, nil, true, []string{setUp + "set one up as https://kind.sigs.k8s.io/docs/user/local-registry/ shows"}},
		{"none on k3d", "k3d", "", "", nil, nil, true, []string{setUp + "create the cluster with k3d cluster create --registry-create"}},
		{"none on microk8s", "microk8s", "", "", nil, nil, true, []string{setUp + "run microk8s enable registry"}},
		{"none, not asked for", "kind", "", "", nil, nil, false, nil},
		{"none, not wanted", "kind", "", PreferNone, nil, nil, true, nil},
		{"none on another product", "eks", "", "", nil, nil, true, nil},
		{"declared takes its place", "kind", "", "", nil, declared, true, nil},
		{"declared lost", "kind", "", "", found, declared, true, []string{
			`the registry it advertises, localhost:5000 (configmap), is used and not the declared gcr.io/team; prefer_registry="declared" turns that round`}},
		{"declared lost, not asked for", "kind", "", "", found, declared, false, nil},
		{"declared preferred", "kind", "", PreferDeclared, found, declared, true, nil},
		{"both are the same", "kind", "", "", found, &RegistryHosting{Host: "localhost:5000"}, true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			obs := observed("dev")
			obs.Status.Connection.Kubernetes.Product = tt.product
			obs.Status.Registry = tt.found
			obs.Status.RegistrySource = SourceConfigMap
			obs.Status.RegistryReason = tt.reason
			d := Declaration{Spec: ClusterSpec{Connection: kubernetesConnection("dev", ""), DefaultRegistry: tt.declared}, Prefer: tt.prefer}
			if diff := cmp.Diff(tt.want, RegistryWarnings(&d, obs, tt.used)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSharesImages(t *testing.T) {
	if !SharesImages(&Declaration{Spec: ClusterSpec{Connection: dockerConnection("")}}, Observation{}) {
		t.Error("a Docker daemon")
	}
	kube := &Declaration{Spec: ClusterSpec{Connection: kubernetesConnection("dev", "")}}
	if SharesImages(kube, Observation{}) {
		t.Error("a cluster that is not known")
	}
	for product, want := range map[string]bool{
		"docker-desktop": true, "orbstack": true, "colima": true, "rancher-desktop": true, "minikube": true,
		"kind": false, "k3d": false, "microk8s": false, "eks": false, "unknown": false,
	} {
		obs := observed("dev")
		obs.Status.Connection.Kubernetes.Product = product
		if got := SharesImages(kube, obs); got != want {
			t.Errorf("%s: %v", product, got)
		}
	}
}
