package hub_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/hub"
)

// written is a cluster as an API server returns it, with all that it keeps beside
// what its users write.
func written(i int) cluster.Cluster {
	now := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC))
	c := object(fmt.Sprintf("c%04d", i), map[string]string{"env": "prod", "region": "eu"}, cluster.ClusterStatus{
		Arch: "amd64", Architectures: []string{"amd64"}, Version: "v1.36.3", ConnectedAt: &now, Endpoint: fmt.Sprintf("https://10.0.%d.%d:6443", i/256, i%256),
		Identity: fmt.Sprintf("0b5c8bd2-3c1d-4b8e-9a55-%012d", i), ProductReason: "version", ObservedGeneration: 1,
		Connection:     &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{Context: "admin", Cluster: "prod", Namespace: "default", Product: "unknown"}},
		Registry:       &cluster.RegistryHosting{Host: "localhost:5000", HostFromContainerRuntime: "registry:5000"},
		RegistrySource: cluster.SourceConfigMap,
		Conditions:     []metav1.Condition{{Type: cluster.ConditionConnected, Status: metav1.ConditionTrue, Reason: cluster.ConditionReasonAnswered, ObservedGeneration: 1, LastTransitionTime: metav1.NewTime(now.Time)}},
	})
	c.APIVersion, c.Kind = cluster.GroupVersion.String(), cluster.Kind
	c.UID, c.ResourceVersion, c.Generation, c.CreationTimestamp = "6c0b2c1e-5c0f-4d8a-8f2a-2b4a4a0a1b2c", fmt.Sprint(1000+i), 1, metav1.NewTime(now.Time)
	fields := `{"f:status":{".":{},"f:arch":{},"f:architectures":{},"f:conditions":{".":{},"k:{\"type\":\"Connected\"}":{".":{},"f:lastTransitionTime":{},"f:message":{},"f:observedGeneration":{},"f:reason":{},"f:status":{},"f:type":{}}},"f:connectedAt":{},"f:connection":{".":{},"f:kubernetes":{".":{},"f:cluster":{},"f:context":{},"f:namespace":{},"f:product":{}}},"f:endpoint":{},"f:identity":{},"f:observedGeneration":{},"f:productReason":{},"f:registry":{".":{},"f:host":{}},"f:registrySource":{},"f:version":{}}}`
	spec := `{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{}},"f:labels":{".":{},"f:env":{}}},"f:spec":{".":{},"f:connection":{".":{},"f:kubernetes":{}}}}`
	when := metav1.NewTime(now.Time)
	c.ManagedFields = []metav1.ManagedFieldsEntry{
		{Manager: "kubectl-client-side-apply", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: c.APIVersion, Time: &when, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(spec)},
		{Manager: "sextant-controller", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: c.APIVersion, Time: &when, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(fields), Subresource: "status"},
	}
	return c
}

// BenchmarkOpen reads a fleet of a thousand over TLS, the server's part included,
// which is to send what it has made before.
func BenchmarkOpen(b *testing.B) {
	var fleet []cluster.Cluster
	for i := range 1000 {
		fleet = append(fleet, written(i))
	}
	body, err := json.Marshal(cluster.NewList(fleet))
	if err != nil {
		b.Fatal(err)
	}
	fresh := &apiServer{renewed: time.Now()}
	k := resolver(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/clusters") {
			fresh.ServeHTTP(w, r)
			return
		}
		w.Write(body)
	}))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if h, err := hub.Open(b.Context(), k, hub.Ref{}); err != nil || len(h.Warnings()) > 0 {
			b.Fatal(err, h.Warnings())
		}
	}
}
