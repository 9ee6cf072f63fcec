package fleet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
)

// What is cached holds no Secret, wherever kubectl keeps a copy of it, and of a
// Cluster what it takes to check it and to write its status.
func TestSlim(t *testing.T) {
	meta := metav1.ObjectMeta{
		Namespace: "team-a", Name: "prod", UID: "u", ResourceVersion: "7", Labels: map[string]string{"a": "b"},
		Annotations:   map[string]string{"kubectl.kubernetes.io/last-applied-configuration": `{"data": {"value": "c2VjcmV0"}}`},
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
	}
	secret, err := slim(&metav1.PartialObjectMetadata{ObjectMeta: meta})
	want := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "prod", UID: "u", ResourceVersion: "7"}}
	if diff := cmp.Diff(want, secret); diff != "" || err != nil {
		t.Errorf("a Secret (-want +got):\n%s, %v", diff, err)
	}
	got, err := slim(&cluster.Cluster{ObjectMeta: meta})
	kept := meta
	kept.ManagedFields = nil
	if diff := cmp.Diff(&cluster.Cluster{ObjectMeta: kept}, got); diff != "" || err != nil {
		t.Errorf("a Cluster (-want +got):\n%s, %v", diff, err)
	}
}
