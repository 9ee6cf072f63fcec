package fleet

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/sextant-dev/sextant/cluster"
)

// secrets is a hub with one Secret: its metadata in a cache, if that has it, and
// the Secret itself.
type secrets struct {
	client.Reader
	cached, present string // resource versions; "" is not to have it
	asked           []string
}

func (s *secrets) Get(_ context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	var o client.GetOptions
	o.ApplyOptions(opts)
	version := s.present
	if _, metadata := object.(*metav1.PartialObjectMetadata); metadata {
		version = s.cached
	} else {
		s.asked = append(s.asked, o.AsGetOptions().ResourceVersion)
		object.(*corev1.Secret).Data = map[string][]byte{secretKey: []byte("kubeconfig")}
	}
	if version == "" {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, key.Name)
	}
	object.SetResourceVersion(version)
	return nil
}

// A Secret is read as new as its metadata is known to be, which an API server answers
// from memory; one that is not known from the API server's store.
func TestSecretAsNewAsKnown(t *testing.T) {
	c := &cluster.Cluster{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "prod"}}
	c.Spec.Connection.Kubernetes = &cluster.KubernetesClusterConnection{}
	for _, tc := range []struct {
		cached, present string
		ask, version    string
	}{
		{"7", "7", "7", "7"},
		{"7", "9", "7", "9"}, // rotated since
		{"", "9", "", "9"},
		{"7", "", "7", ""}, // deleted since
	} {
		s := &secrets{cached: tc.cached, present: tc.present}
		r := &reconciler{metadata: s, secrets: s}
		got, err := r.source(t.Context(), c)
		if len(s.asked) != 1 || s.asked[0] != tc.ask || got.version != tc.version || (err != nil) != (tc.version == "") {
			t.Errorf("cached %q, present %q: asked %q, got version %q, %v", tc.cached, tc.present, s.asked, got.version, err)
		}
	}
}
