package cluster

import (
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
			Name:   "dev",
			Labels: map[string]string{"tier": "dev"},
			Annotations: map[string]string{
				"example.com/mine": "x", AnnotationProductReason: ProductDeclared, AnnotationRegistrySource: SourceDeclared,
			},
		},
		Spec:   d.Spec,
		Status: observed("kind-dev").Status,
	}
	want.Status.Connection.Kubernetes.Product = "k3d"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(observed("kind-dev"), obs); diff != "" {
		t.Errorf("Apply changed what was observed: %s", diff)
	}

	failed := d.Object(d.Apply(Observation{Status: ClusterStatus{Error: "refused"}}))
	if diff := cmp.Diff(map[string]string{"example.com/mine": "x"}, failed.Annotations); diff != "" {
		t.Errorf("a failed cluster: %s", diff)
	}
}
