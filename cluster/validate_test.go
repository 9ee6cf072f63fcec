package cluster

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// failures are the type and path of each error, which is what callers can
// branch on.
func failures(errs field.ErrorList) []string {
	var out []string
	for _, e := range errs {
		out = append(out, string(e.Type)+" "+e.Field)
	}
	return out
}

func TestRegistryValidate(t *testing.T) {
	for _, tt := range []struct {
		name     string
		registry RegistryHosting
		want     []string
	}{
		{"full", *fullRegistry(), nil},
		{"localhost", RegistryHosting{Host: "localhost"}, nil},
		{"port", RegistryHosting{Host: "localhost:5000"}, nil},
		{"path", RegistryHosting{Host: "gcr.io/foo"}, nil},
		{"IPv6", RegistryHosting{Host: "[::1]:5000"}, nil},
		{"account", RegistryHosting{Host: "docker.io/me"}, nil},
		{"no host", RegistryHosting{}, []string{"FieldValueRequired host"}},
		{"word", RegistryHosting{Host: "foo"}, []string{"FieldValueInvalid host"}},
		{"path without host", RegistryHosting{Host: "foo/bar/baz"}, []string{"FieldValueInvalid host"}},
		{"hub without account", RegistryHosting{Host: "docker.io"}, []string{"FieldValueInvalid host"}},
		{"URL", RegistryHosting{Host: "https://gcr.io/foo"}, []string{"FieldValueInvalid host"}},
		{"other hosts", RegistryHosting{Host: "localhost", HostFromClusterNetwork: "foo", HostFromContainerRuntime: "http://r:5000"},
			[]string{"FieldValueInvalid hostFromClusterNetwork", "FieldValueInvalid hostFromContainerRuntime"}},
		{"network only", RegistryHosting{HostFromClusterNetwork: "r:5000"}, []string{"FieldValueRequired host"}},
		{"runtime only", RegistryHosting{HostFromContainerRuntime: "r:5000"},
			[]string{"FieldValueRequired host", "FieldValueForbidden hostFromContainerRuntime"}},
		{"runtime with network", RegistryHosting{HostFromContainerRuntime: "r:5000", HostFromClusterNetwork: "r:5000"},
			[]string{"FieldValueRequired host"}},
		{"single name with tag", RegistryHosting{Host: "localhost", SingleName: "team/dev:v1"}, []string{"FieldValueInvalid singleName"}},
		{"single name in upper case", RegistryHosting{Host: "localhost", SingleName: "Dev"}, []string{"FieldValueInvalid singleName"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, failures(tt.registry.Validate(nil))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// kept is a cluster of a hub.
func kept(k KubernetesClusterConnection) Cluster {
	return Cluster{ObjectMeta: metav1.ObjectMeta{Name: "k"}, Spec: ClusterSpec{Connection: ClusterConnection{Kubernetes: &k}}}
}

func TestClusterValidate(t *testing.T) {
	docker := ClusterSpec{Connection: dockerConnection("")}
	long := strings.Repeat("x", 64)
	for _, tt := range []struct {
		name    string
		cluster Cluster
		want    []string
	}{
		{"docker", Cluster{ObjectMeta: metav1.ObjectMeta{Name: "d"}, Spec: docker}, nil},
		{"secret by convention", kept(KubernetesClusterConnection{SecretRef: &SecretReference{}}), nil},
		{"secret and a context in it", kept(KubernetesClusterConnection{Context: "admin", SecretRef: &SecretReference{Name: "k", Key: "kube.conf"}}), nil},
		{"bad secret", kept(KubernetesClusterConnection{SecretRef: &SecretReference{Name: "../k", Key: "a/b"}}),
			[]string{"FieldValueInvalid spec.connection.kubernetes.secretRef.name", "FieldValueInvalid spec.connection.kubernetes.secretRef.key"}},
		{"cluster profile", kept(KubernetesClusterConnection{ClusterProfileRef: &ClusterProfileReference{Name: "p"}}), nil},
		{"cluster profile without a name", kept(KubernetesClusterConnection{ClusterProfileRef: &ClusterProfileReference{}}),
			[]string{"FieldValueInvalid spec.connection.kubernetes.clusterProfileRef.name"}},
		{"cluster profile beside others", kept(KubernetesClusterConnection{Context: "c", SecretRef: &SecretReference{}, ClusterProfileRef: &ClusterProfileReference{Name: "p"}}),
			[]string{"FieldValueForbidden spec.connection.kubernetes.clusterProfileRef", "FieldValueForbidden spec.connection.kubernetes.clusterProfileRef"}},
		{"kubernetes", Cluster{ObjectMeta: metav1.ObjectMeta{Name: "k.example"}, Spec: ClusterSpec{Connection: kubernetesConnection("", "")}}, nil},
		{"a printed one", Cluster{ObjectMeta: metav1.ObjectMeta{Name: "d", Annotations: map[string]string{"sextant.dev/endpoint": "e"}}, Spec: docker}, nil},
		{"no name", Cluster{Spec: docker}, []string{"FieldValueInvalid metadata.name"}},
		{"name in upper case", Cluster{ObjectMeta: metav1.ObjectMeta{Name: "D"}, Spec: docker}, []string{"FieldValueInvalid metadata.name"}},
		{"no connection", Cluster{ObjectMeta: metav1.ObjectMeta{Name: "d"}}, []string{"FieldValueRequired spec.connection"}},
		{"two connections", Cluster{ObjectMeta: metav1.ObjectMeta{Name: "d"}, Spec: ClusterSpec{Connection: full().Spec.Connection}},
			[]string{"FieldValueForbidden spec.connection"}},
		{"registry", Cluster{ObjectMeta: metav1.ObjectMeta{Name: "d"}, Spec: ClusterSpec{Connection: dockerConnection(""), DefaultRegistry: &RegistryHosting{Host: "foo"}}},
			[]string{"FieldValueInvalid spec.defaultRegistry.host"}},
		{"good metadata", Cluster{ObjectMeta: metav1.ObjectMeta{
			Name:        "d",
			Labels:      map[string]string{"example.com/Tier": "dev_1", "a": ""},
			Annotations: map[string]string{"Example.com/why": "any text:\n" + long},
		}, Spec: docker}, nil},
		{"bad metadata, in order", Cluster{ObjectMeta: metav1.ObjectMeta{
			Name:        "d",
			Labels:      map[string]string{"b c": "v", "a": "no space", "c": long, "": "v", "Example.com/x": "v"},
			Annotations: map[string]string{"/k": "v", "a/b/c": "v"},
		}, Spec: docker}, []string{
			"FieldValueInvalid metadata.labels", "FieldValueInvalid metadata.labels", // two faults of ""
			"FieldValueInvalid metadata.labels", // Example.com/x
			"FieldValueInvalid metadata.labels", // b c
			"FieldValueInvalid metadata.labels[a]",
			"FieldValueInvalid metadata.labels[c]",
			"FieldValueInvalid metadata.annotations", // /k
			"FieldValueInvalid metadata.annotations", // a/b/c
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, failures(tt.cluster.Validate())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeclarationValidate(t *testing.T) {
	d := Declaration{
		Name:        "D",
		Spec:        ClusterSpec{Connection: dockerConnection("")},
		Annotations: map[string]string{AnnotationPrefix + "endpoint": "mine", AnnotationPrefix + "own": "mine", "example.com/fine": "x"},
	}
	want := []string{
		"FieldValueInvalid metadata.name",
		"FieldValueForbidden metadata.annotations[sextant.dev/endpoint]",
		"FieldValueForbidden metadata.annotations[sextant.dev/own]",
	}
	if diff := cmp.Diff(want, failures(d.Validate())); diff != "" {
		t.Error(diff)
	}
}

func TestInvalid(t *testing.T) {
	if err := Invalid(nil); err != nil {
		t.Errorf("no failure is %v", err)
	}
	err := Invalid((&RegistryHosting{HostFromContainerRuntime: "foo"}).Validate(field.NewPath("spec")))
	var one *field.Error
	if !errors.As(err, &one) || one.Field != "spec.host" {
		t.Errorf("the first failure is %v", one)
	}
	if n := len(err.(*InvalidError).Fields); n != 3 {
		t.Errorf("%d failures, want 3: %v", n, err)
	}
}

func TestNoPasswordInAHost(t *testing.T) {
	c := dockerConnection("tcp://me:hunter2@10.0.0.1:2375")
	err := Invalid(c.Validate(field.NewPath("connection")))
	for _, text := range []string{c.String(), err.Error()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("the password shows in %s", text)
		}
	}
	if c := dockerConnection("ssh://me@10.0.0.1/%7Eme"); Invalid(c.Validate(nil)) != nil {
		t.Error("a user without a password is not taken")
	}
}
