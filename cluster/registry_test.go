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
				obs.Annotations = map[string]string{AnnotationRegistrySource: SourceMicroK8s}
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
