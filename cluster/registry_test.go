package cluster

import (
	"strings"
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
	if want := `"Declared" is not a registry preference: use discovered, declared or none`; err == nil || err.Error() != want {
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
			got, err := EffectiveRegistry(&d, obs)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
	if discovered.SingleName != "" || declared.HostFromContainerRuntime == "" {
		t.Error("choosing changed a registry")
	}
}

// TestUnknownRegistry: nothing takes the place of a registry that is unknown.
func TestUnknownRegistry(t *testing.T) {
	declared := &RegistryHosting{Host: "gcr.io/team"}
	for _, tt := range []struct {
		prefer   RegistryPreference
		declared *RegistryHosting
		want     ChosenRegistry
		err      string
	}{
		{"", nil, ChosenRegistry{Source: SourceUnknown}, `the registry of cluster "dev" is unknown (unreadable: 503): run again, ` +
			`declare one with default_registry= and prefer_registry="declared", or use none with prefer_registry="none"`},
		{PreferDiscovered, declared, ChosenRegistry{Source: SourceUnknown}, `the registry of cluster "dev" is unknown (unreadable: 503): run again, ` +
			`use the declared one with prefer_registry="declared", or use none with prefer_registry="none"`},
		{PreferDeclared, nil, ChosenRegistry{Source: SourceUnknown}, `the registry of cluster "dev" is unknown (unreadable: 503): run again, ` +
			`declare one with default_registry= and prefer_registry="declared", or use none with prefer_registry="none"`},
		{PreferDeclared, declared, ChosenRegistry{declared, SourceDeclared}, ""},
		{PreferNone, declared, ChosenRegistry{Source: SourceNone}, ""},
	} {
		d := Declaration{Name: "dev", Spec: ClusterSpec{Connection: kubernetesConnection("dev", ""), DefaultRegistry: tt.declared}, Prefer: tt.prefer}
		obs := observed("dev")
		obs.Status.RegistrySource, obs.Status.RegistryReason = SourceUnknown, ReasonUnreadable+"503"
		got, err := EffectiveRegistry(&d, obs)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || text != tt.err {
			t.Errorf("%s, %v: %s%v", tt.prefer, tt.declared, diff, err)
		}
		if object := d.Object(obs); object.Status.RegistrySource != SourceUnknown {
			t.Errorf("the object has the source %q", object.Status.RegistrySource)
		}
	}
}

func TestRegistryWarnings(t *testing.T) {
	found, declared := &RegistryHosting{Host: "localhost:5000"}, &RegistryHosting{Host: "gcr.io/team"}
	forbidden := "the registry that it advertises could not be read: access to ConfigMap kube-public/local-registry-hosting is forbidden; " +
		"an administrator of the cluster can allow it with: " +
		"kubectl -n kube-public create role local-registry-hosting --verb=get --resource=configmaps --resource-name=local-registry-hosting; " +
		"kubectl -n kube-public create rolebinding local-registry-hosting --role=local-registry-hosting --group=system:authenticated"
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
		{"one that cannot be used", "eks", ReasonInvalid + "host: foo", "", nil, nil, false, []string{"its registry is unknown: invalid: host: foo"}},
		{"one that does not matter", "eks", ReasonInvalid + "host: foo", PreferDeclared, nil, declared, true, nil},
		{"help in its place", "kind", ReasonHelp + "https://example.com", "", nil, nil, true, []string{"it has no registry yet; how to set one up: https://example.com"}},
		{"one that cannot be asked for", "eks", ReasonUnreadable + "GET /x was answered 503", "", nil, nil, false, []string{"its registry is unknown: unreadable: GET /x was answered 503"}},
		{"forbidden", "kind", ReasonForbidden, "", nil, nil, true, []string{forbidden}},
		{"forbidden, not asked for", "eks", ReasonForbidden, "", nil, nil, false, []string{forbidden}},
		{"forbidden, not wanted", "kind", ReasonForbidden, PreferNone, nil, nil, true, nil},
		{"forbidden, found by another source", "kind", ReasonForbidden, "", found, nil, true, []string{forbidden}},
		{"none on kind", "kind", "", "", nil, nil, true, []string{setUp + "set one up as https://kind.sigs.k8s.io/docs/user/local-registry/ shows"}},
		{"none on k3d", "k3d", "", "", nil, nil, true, []string{setUp + "create the cluster with k3d cluster create --registry-create"}},
		{"none on microk8s", "microk8s", "", "", nil, nil, true, []string{setUp + "run microk8s enable registry"}},
		{"none, not asked for", "kind", "", "", nil, nil, false, nil},
		{"none, not wanted", "kind", "", PreferNone, nil, nil, true, nil},
		{"none on another product", "eks", "", "", nil, nil, true, nil},
		{"declared takes its place", "kind", "", "", nil, declared, true, nil},
		{"declared lost", "kind", "", "", found, declared, true, []string{
			`the registry it advertises, localhost:5000 (configmap), is used instead of the declared gcr.io/team; prefer_registry="declared" uses the declared one`}},
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
			if strings.HasPrefix(tt.reason, ReasonInvalid) || strings.HasPrefix(tt.reason, ReasonUnreadable) {
				obs.Status.RegistrySource = SourceUnknown
			}
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
