package cluster

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is when the clusters of these tests answered.
var at = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

func connectedAt() *metav1.MicroTime {
	t := metav1.NewMicroTime(at)
	return &t
}

func kubernetesConnection(context, namespace string) ClusterConnection {
	return ClusterConnection{Kubernetes: &KubernetesClusterConnection{Context: context, Namespace: namespace}}
}

func dockerConnection(host string) ClusterConnection {
	return ClusterConnection{Docker: &DockerClusterConnection{Host: host}}
}

// observed is what a cluster that answered is known by.
func observed(context string) Observation {
	return Observation{
		Status: ClusterStatus{
			Arch:        "amd64",
			ConnectedAt: connectedAt(),
			Connection: &ClusterConnectionStatus{Kubernetes: &KubernetesClusterConnectionStatus{
				Cluster: "c-" + context, Context: context, Namespace: "default", Product: "kind",
			}},
			ProductReason: ProductKubeconfig,
			Version:       "v1.36.3",
		},
	}
}

// full is a cluster with every field set.
func full() Cluster {
	return Cluster{
		TypeMeta: metav1.TypeMeta{APIVersion: "tilt.dev/v1alpha1", Kind: "Cluster"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        "dev",
			Labels:      map[string]string{"tier": "dev"},
			Annotations: map[string]string{"example.com/mine": "x"},
		},
		Spec: ClusterSpec{
			Connection: ClusterConnection{
				Kubernetes: &KubernetesClusterConnection{
					Context: "kind-dev", Namespace: "web",
					SecretRef:         &SecretReference{Name: "dev-kubeconfig", Key: "value"},
					ClusterProfileRef: &ClusterProfileReference{Name: "dev"},
				},
				Docker: &DockerClusterConnection{Host: "unix:///run/docker.sock"},
			},
			DefaultRegistry: fullRegistry(),
		},
		Status: ClusterStatus{
			Arch:          "amd64",
			Architectures: []string{"amd64", "arm64"},
			ArchReason:    ReasonMixed,
			Conditions: []metav1.Condition{{
				Type: ConditionConnected, Status: metav1.ConditionTrue, Reason: "Answered", Message: "v1.36.3",
				LastTransitionTime: metav1.NewTime(at.Truncate(time.Second)),
			}},
			ConnectedAt: connectedAt(),
			Connection: &ClusterConnectionStatus{Kubernetes: &KubernetesClusterConnectionStatus{
				Cluster: "c", Context: "kind-dev", Namespace: "web", Product: "kind",
			}},
			Endpoint:           "https://127.0.0.1:6443",
			Error:              "not now",
			Identity:           "7c9f4a52-3b0e-4b7c-9a5e-2f4f8b9f6d10",
			ObservedGeneration: 3,
			ProductReason:      ProductKubeconfig,
			Registry:           fullRegistry(),
			RegistryReason:     ReasonForbidden,
			RegistrySource:     SourceConfigMap,
			Version:            "v1.36.3",
			Warnings:           []string{"careful"},
		},
	}
}

func fullRegistry() *RegistryHosting {
	return &RegistryHosting{
		Host:                     "localhost:5000",
		HostFromClusterNetwork:   "registry.svc:5000",
		HostFromContainerRuntime: "registry:5000",
		Help:                     "https://example.com/help",
		SingleName:               "team/dev",
	}
}
