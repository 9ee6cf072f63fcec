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
			Version: "v1.36.3",
		},
		Annotations: map[string]string{AnnotationProductReason: ProductKubeconfig},
	}
}

// full is a cluster with every field set.
func full() Cluster {
	return Cluster{
		TypeMeta: metav1.TypeMeta{APIVersion: "tilt.dev/v1alpha1", Kind: "Cluster"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        "dev",
			Labels:      map[string]string{"tier": "dev"},
			Annotations: map[string]string{AnnotationRegistrySource: SourceConfigMap},
		},
		Spec: ClusterSpec{
			Connection: ClusterConnection{
				Kubernetes: &KubernetesClusterConnection{Context: "kind-dev", Namespace: "web"},
				Docker:     &DockerClusterConnection{Host: "unix:///run/docker.sock"},
			},
			DefaultRegistry: fullRegistry(),
		},
		Status: ClusterStatus{
			Arch:        "amd64",
			ConnectedAt: connectedAt(),
			Connection: &ClusterConnectionStatus{Kubernetes: &KubernetesClusterConnectionStatus{
				Cluster: "c", Context: "kind-dev", Namespace: "web", Product: "kind",
			}},
			Error:    "not now",
			Registry: fullRegistry(),
			Version:  "v1.36.3",
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
