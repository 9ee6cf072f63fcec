package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestProbes: each state of each probe, of a status that is otherwise fine.
func TestProbes(t *testing.T) {
	at := metav1.NewMicroTime(time.Unix(0, 0))
	for _, test := range []struct {
		name  string
		set   func(*Cluster)
		probe string
		want  Probe
	}{
		{"connected", func(c *Cluster) { c.Status.Endpoint = "https://e" }, "connection", Probe{State: ProbeOK, Finding: "v1.36.3 at https://e"}},
		{"not connected", func(c *Cluster) { c.Status.Error = "connect: refused" }, "connection", Probe{State: ProbeFailed, Finding: "connect: refused"}},
		{"one architecture", func(c *Cluster) { c.Status.Arch = "amd64" }, "architecture", Probe{State: ProbeOK, Finding: "amd64"}},
		{"mixed", func(c *Cluster) {
			c.Status.Arch, c.Status.Architectures, c.Status.ArchReason = "arm64", []string{"amd64", "arm64"}, ReasonMixed
		}, "architecture", Probe{State: ProbeOK, Finding: "amd64, arm64 (most nodes: arm64)"}},
		{"nodes forbidden", func(c *Cluster) { c.Status.Arch, c.Status.ArchReason = "unknown", ReasonForbidden }, "architecture",
			Probe{State: ProbeRefused, Finding: "listing nodes is forbidden", Remedy: "an administrator can allow it: " + nodesRole}},
		{"no nodes", func(c *Cluster) { c.Status.ArchReason = ReasonNoNodes }, "architecture",
			Probe{State: ProbeNone, Finding: "the cluster has no nodes", Remedy: "add a node, or wait for an autoscaler to do it"}},
		{"nodes unreadable", func(c *Cluster) { c.Status.ArchReason = ReasonUnreadable + "503" }, "architecture",
			Probe{State: ProbeFailed, Finding: "unreadable: 503", Remedy: "run again"}},
		{"product", func(c *Cluster) { c.Status.ProductReason = "kubeconfig" }, "product", Probe{State: ProbeOK, Finding: "kind (by kubeconfig)"}},
		{"no product", func(c *Cluster) { c.Status.Connection.Kubernetes.Product = "unknown" }, "product",
			Probe{State: ProbeNone, Finding: "unknown", Remedy: "name it with product= if you know it"}},
		{"registry", func(c *Cluster) {
			c.Status.Registry, c.Status.RegistrySource = &RegistryHosting{Host: "localhost:5000"}, "configmap"
		}, "registry", Probe{State: ProbeOK, Finding: "localhost:5000 (from configmap)"}},
		{"no registry", func(*Cluster) {}, "registry", Probe{State: ProbeNone, Finding: "the cluster advertises none", Remedy: registrySetup["kind"]}},
		{"help in its place", func(c *Cluster) { c.Status.RegistryReason = ReasonHelp + "https://h" }, "registry",
			Probe{State: ProbeNone, Finding: "the cluster advertises none", Remedy: "set one up: https://h"}},
		{"registry forbidden", func(c *Cluster) { c.Status.RegistryReason = ReasonForbidden }, "registry",
			Probe{State: ProbeRefused, Finding: "reading ConfigMap kube-public/local-registry-hosting is forbidden", Remedy: "an administrator can allow it: " + registryRole}},
		{"registry unknown", func(c *Cluster) { c.Status.RegistrySource, c.Status.RegistryReason = SourceUnknown, "503" }, "registry",
			Probe{State: ProbeFailed, Finding: "unknown: 503", Remedy: `run again, or declare one with default_registry= and prefer_registry="declared"`}},
		{"identity", func(c *Cluster) { c.Status.Identity = "uid" }, "identity", Probe{State: ProbeOK, Finding: "uid"}},
		{"no identity", func(*Cluster) {}, "identity", Probe{State: ProbeNone, Finding: "unknown: a cluster made again at this address would not be noticed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &Cluster{Spec: ClusterSpec{Connection: ClusterConnection{Kubernetes: &KubernetesClusterConnection{}}}}
			c.Status = ClusterStatus{ConnectedAt: &at, Version: "v1.36.3", Connection: &ClusterConnectionStatus{Kubernetes: &KubernetesClusterConnectionStatus{Product: "kind"}}}
			test.set(c)
			for _, got := range Probes(c) {
				if got.Name == test.probe {
					test.want.Name = test.probe
					if diff := cmp.Diff(test.want, got); diff != "" {
						t.Error(diff)
					}
					return
				}
			}
			t.Errorf("no probe %s", test.probe)
		})
	}
}

// TestProbesOf: which probes a cluster has.
func TestProbesOf(t *testing.T) {
	at := metav1.NewMicroTime(time.Unix(0, 0))
	names := func(c Cluster) (names []string) {
		for _, p := range Probes(&c) {
			names = append(names, p.Name)
		}
		return names
	}
	docker := Cluster{Spec: ClusterSpec{Connection: ClusterConnection{Docker: &DockerClusterConnection{}}}}
	if diff := cmp.Diff([]string{"connection"}, names(docker)); diff != "" {
		t.Error(diff)
	}
	docker.Status.ConnectedAt = &at
	if diff := cmp.Diff([]string{"connection", "architecture", "identity"}, names(docker)); diff != "" {
		t.Error(diff)
	}
}
