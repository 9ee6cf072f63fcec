package builtins

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
)

// TestRecordAttributes holds the documented attributes to the records.
func TestRecordAttributes(t *testing.T) {
	documented := map[string][]string{}
	for _, a := range recordAttributes() {
		documented[a.Of] = append(documented[a.Of], a.Name)
	}
	got := map[string][]string{}
	for _, v := range []any{
		&cluster.ClusterSpec{}, &cluster.ClusterConnection{}, &cluster.KubernetesClusterConnection{}, &cluster.DockerClusterConnection{},
		&cluster.SecretReference{}, &cluster.ClusterProfileReference{}, &metav1.Condition{},
		&cluster.ClusterStatus{}, &cluster.ClusterConnectionStatus{}, &cluster.KubernetesClusterConnectionStatus{},
	} {
		record, err := recordOf(v)
		if err != nil {
			t.Fatal(err)
		}
		got[record.Type()] = record.AttrNames()
	}
	if diff := cmp.Diff(documented, got); diff != "" {
		t.Errorf("-documented +there\n%s", diff)
	}
}
