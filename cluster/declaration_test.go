package cluster

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestObject(t *testing.T) {
	d := Declaration{
		Name:        "dev",
		Spec:        ClusterSpec{Connection: kubernetesConnection("kind-dev", ""), DefaultRegistry: &RegistryHosting{Host: "localhost:5000"}},
		Labels:      map[string]string{"tier": "dev"},
		Annotations: map[string]string{"example.com/mine": "x"},
		Product:     "k3d",
	}
	obs := observed("kind-dev")
	got := d.Object(d.Apply(obs))
	want := Cluster{
		TypeMeta: metav1.TypeMeta{APIVersion: "tilt.dev/v1alpha1", Kind: "Cluster"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        "dev",
			Labels:      map[string]string{"tier": "dev"},
			Annotations: map[string]string{"example.com/mine": "x"},
		},
		Spec:   d.Spec,
		Status: observed("kind-dev").Status,
	}
	want.Status.Connection.Kubernetes.Product = "k3d"
	want.Status.ProductReason, want.Status.RegistrySource = ProductDeclared, SourceDeclared
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(observed("kind-dev"), obs); diff != "" {
		t.Errorf("Apply changed what was observed: %s", diff)
	}

	for _, tt := range []struct{ found, declared, want string }{
		{"unknown", "kind", "kind"}, {"kind", "k3d", "k3d"}, {"kind", "eks", "eks"}, {"eks", "gke", "gke"},
		{"eks", "kind", "eks"}, {"gke", "docker-desktop", "gke"},
	} {
		obs := observed("c")
		obs.Status.Connection.Kubernetes.Product = tt.found
		applied := (&Declaration{Product: tt.declared}).Apply(obs)
		if got := applied.Status.Product(); got != tt.want {
			t.Errorf("found %s, declared %s: got %s, want %s", tt.found, tt.declared, got, tt.want)
		}
	}

	failed := d.Object(d.Apply(Observation{Status: ClusterStatus{Error: "refused"}}))
	if diff := cmp.Diff(ClusterStatus{Error: "refused"}, failed.Status); diff != "" {
		t.Errorf("a failed cluster: %s", diff)
	}
}

func TestDeclarationRequest(t *testing.T) {
	d := Declaration{Name: "dev", Spec: full().Spec, Labels: map[string]string{"a": "b"}, Product: "k3d"}
	if diff := cmp.Diff(Request{Name: "dev", Connection: full().Spec.Connection, Product: "k3d"}, d.Request()); diff != "" {
		t.Error(diff)
	}
}

func TestSelector(t *testing.T) {
	for _, tt := range []struct {
		selector string
		want     []string // the clusters selected
	}{
		{"", []string{"dev", "prod", "stage"}},
		{"env=prod", []string{"prod"}},
		{"env!=prod", []string{"dev", "stage"}},
		{"env in (prod, stage),tier", []string{"stage"}},
		{"!env", []string{"dev"}},
	} {
		s, err := ParseSelector(tt.selector)
		if err != nil || s.String() != tt.selector {
			t.Fatalf("%q: %q, %v", tt.selector, s, err)
		}
		var got []string
		for _, c := range []Declaration{
			{Name: "dev"}, {Name: "prod", Labels: map[string]string{"env": "prod"}}, {Name: "stage", Labels: map[string]string{"env": "stage", "tier": "a"}},
		} {
			if s.Matches(c.Labels) {
				got = append(got, c.Name)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s", tt.selector, diff)
		}
	}
	if !(Selector{}).Matches(nil) {
		t.Error("the zero selector does not select all")
	}
	_, err := ParseSelector("env=>prod")
	if err == nil || !strings.HasPrefix(err.Error(), `"env=>prod" is not a label selector: `) ||
		!strings.HasSuffix(err.Error(), ": write it as env=prod or env in (dev, test)") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}

func TestNameFromContext(t *testing.T) {
	long := strings.Repeat("a", 253)
	for _, tt := range []struct{ context, want string }{
		{"", "default"},
		{"kind-dev", "kind-dev"},
		{"a.b-c", "a.b-c"},
		{"Kind-Dev", "kind-dev"},
		{"admin@prod", "admin-prod"},
		{"arn:aws:eks:us-east-1:123456789012:cluster/prod", "arn-aws-eks-us-east-1-123456789012-cluster-prod"},
		{"gke_project_europe-west1-b_prod", "gke-project-europe-west1-b-prod"},
		{"default/api-crc-testing:6443/kubeadmin", "default-api-crc-testing-6443-kubeadmin"},
		{"--a__b..c--", "a-b-c"},
		{"Zürich", "z-rich"},
		{"集群", "context-5318ca46"},
		{"@@", "context-3330e5ba"},
		{long, long},
	} {
		got := NameFromContext(tt.context)
		if got != tt.want {
			t.Errorf("NameFromContext(%q) = %q, want %q", tt.context, got, tt.want)
		}
		if msg := ValidateName(got); msg != "" {
			t.Errorf("NameFromContext(%q) = %q: %s", tt.context, got, msg)
		}
	}
}

func TestNameFromContextKeepsLongOnesApart(t *testing.T) {
	head := strings.Repeat("A", 253)
	a, b := NameFromContext(head+"1"), NameFromContext(head+"2")
	if a == b {
		t.Errorf("two contexts have one name: %s", a)
	}
	if len(a) > 253 || ValidateName(a) != "" {
		t.Errorf("%d letters: %s", len(a), ValidateName(a))
	}
}

func FuzzNameFromContext(f *testing.F) {
	for _, seed := range []string{"", "a", "A@b", "--", strings.Repeat("é-", 200), "\xff", strings.Repeat("a_", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, context string) {
		name := NameFromContext(context)
		if msg := ValidateName(name); msg != "" {
			t.Errorf("%q: %q: %s", context, name, msg)
		}
		if NameFromContext(name) != name {
			t.Errorf("%q: %q does not stay", context, name)
		}
	})
}

// A hub and a recording of one know only the namespace that was not declared.
func TestApplyNamespace(t *testing.T) {
	kept := Observation{Status: ClusterStatus{Connection: &ClusterConnectionStatus{Kubernetes: &KubernetesClusterConnectionStatus{Context: "c", Namespace: "default"}}}}
	for declared, want := range map[string]string{"": "default", "team": "team"} {
		d := Declaration{Spec: ClusterSpec{Connection: ClusterConnection{Kubernetes: &KubernetesClusterConnection{Namespace: declared}}}}
		if got := d.Apply(kept).Status.Connection.Kubernetes.Namespace; got != want {
			t.Errorf("%q: got %q, want %q", declared, got, want)
		}
	}
	if got := kept.Status.Connection.Kubernetes.Namespace; got != "default" {
		t.Errorf("it changed what it was given: %q", got)
	}
}
