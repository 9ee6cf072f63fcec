// Package fleet makes fleets for tests and benchmarks: clusters as an API server
// returns them, with all that it keeps beside what its users write. No two are
// alike, as in real fleets, so that nothing is measured that equal input makes fast.
//
// It imports cluster, and is imported by tests and benchmarks alone.
package fleet

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sextant-dev/sextant/cluster"
)

// Clusters returns n clusters, sorted by name. Every tenth is down, every seventh has
// no registry; all others have one of a few.
func Clusters(n int) []cluster.Cluster {
	all := make([]cluster.Cluster, n)
	for i := range all {
		all[i] = numbered(i)
	}
	return all
}

func numbered(i int) cluster.Cluster {
	created := time.Date(2026, 1, 1+i%28, i%24, i%60, 5, 0, time.UTC)
	seen := created.Add(time.Duration(i)*time.Minute + 678*time.Microsecond)
	c := cluster.Cluster{
		TypeMeta: metav1.TypeMeta{APIVersion: cluster.GroupVersion.String(), Kind: cluster.Kind},
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("c%04d-%s", i, of(i, "payments", "search", "ads", "a-team-with-a-long-name")), Namespace: "team",
			Labels:          map[string]string{"env": of(i, "prod", "prod", "prod", "dev"), "region": of(i, "eu-west-1", "us-east-2", "ap-south-1"), "example.com/tier": fmt.Sprint(i % 5)},
			UID:             types.UID(fmt.Sprintf("6c0b2c1e-5c0f-4d8a-8f2a-%012x", i*7919)),
			ResourceVersion: fmt.Sprint(100_000 + 3*i), Generation: int64(1 + i%3), CreationTimestamp: metav1.NewTime(created),
		},
		Spec:   cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}},
		Status: status(i, seen),
	}
	if i%3 == 0 {
		c.Spec.Connection.Kubernetes.SecretRef = &cluster.SecretReference{Name: c.Name + "-admin", Key: "kubeconfig"}
	}
	if i%4 == 0 {
		spec, err := json.Marshal(map[string]any{"apiVersion": c.APIVersion, "kind": c.Kind, "metadata": map[string]any{"name": c.Name, "labels": c.Labels}, "spec": c.Spec})
		if err != nil {
			panic(err) // of strings
		}
		c.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": string(spec) + "\n"}
	}
	c.ManagedFields = managed(&c, seen)
	return c
}

// of returns one of some words.
func of(i int, words ...string) string { return words[i%len(words)] }

func status(i int, seen time.Time) cluster.ClusterStatus {
	answered := metav1.NewMicroTime(seen)
	s := cluster.ClusterStatus{
		Arch: of(i, "amd64", "amd64", "arm64"), Version: fmt.Sprintf("v1.%d.%d", 33+i%4, i%11),
		Endpoint: fmt.Sprintf("https://10.%d.%d.%d:6443", i%7, i/256, i%256), Identity: fmt.Sprintf("0b5c8bd2-3c1d-4b8e-9a55-%012x", i*104729),
		ProductReason: "version", ObservedGeneration: int64(1 + i%3), ConnectedAt: &answered, RegistrySource: cluster.SourceConfigMap,
		Connection: &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{
			Context: of(i, "admin", "ci"), Cluster: fmt.Sprintf("cluster-%d", i), Namespace: of(i, "default", "team", "build"), Product: of(i, "eks", "gke", "unknown"),
		}},
	}
	s.Architectures = []string{s.Arch}
	if i%13 == 0 {
		s.Architectures, s.ArchReason = []string{"amd64", "arm64"}, "mixed"
	}
	switch host := of(i/3, "localhost:5000", "registry.example.com/team", "gcr.io/project"); {
	case i%7 == 0:
		s.RegistrySource = cluster.SourceNone
	case i%2 == 0:
		s.Registry = &cluster.RegistryHosting{Host: host, HostFromContainerRuntime: fmt.Sprintf("registry-%d:5000", i%9), Help: "https://example.com/registry"}
	default:
		s.Registry = &cluster.RegistryHosting{Host: host}
	}
	condition := metav1.Condition{
		Type: cluster.ConditionConnected, Status: metav1.ConditionTrue, Reason: cluster.ConditionReasonAnswered,
		ObservedGeneration: s.ObservedGeneration, LastTransitionTime: metav1.NewTime(seen.Truncate(time.Second)),
	}
	if i%10 == 9 {
		s.Error = fmt.Sprintf("connect: dial %s: connection refused (2 attempts): see whether the cluster runs", strings.TrimPrefix(s.Endpoint, "https://"))
		s.ConnectedAt, condition.Status, condition.Reason, condition.Message = nil, metav1.ConditionFalse, "connect", s.Error
	}
	s.Conditions = []metav1.Condition{condition}
	return s
}

// managed is who wrote which field, as an API server keeps it.
func managed(c *cluster.Cluster, seen time.Time) []metav1.ManagedFieldsEntry {
	const (
		spec   = `{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{}},"f:labels":{".":{},"f:env":{},"f:example.com/tier":{},"f:region":{}}},"f:spec":{".":{},"f:connection":{".":{},"f:kubernetes":{}}}}`
		status = `{"f:status":{".":{},"f:arch":{},"f:architectures":{},"f:conditions":{".":{},"k:{\"type\":\"Connected\"}":{".":{},"f:lastTransitionTime":{},"f:message":{},"f:observedGeneration":{},"f:reason":{},"f:status":{},"f:type":{}}},"f:connectedAt":{},"f:connection":{".":{},"f:kubernetes":{".":{},"f:cluster":{},"f:context":{},"f:namespace":{},"f:product":{}}},"f:endpoint":{},"f:identity":{},"f:observedGeneration":{},"f:productReason":{},"f:registry":{".":{},"f:host":{}},"f:registrySource":{},"f:version":{}}}`
	)
	created, written := c.CreationTimestamp, metav1.NewTime(seen)
	return []metav1.ManagedFieldsEntry{
		{Manager: "kubectl-client-side-apply", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: c.APIVersion, Time: &created, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(spec)},
		{Manager: "sextant-controller", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: c.APIVersion, Time: &written, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(status), Subresource: "status"},
	}
}
