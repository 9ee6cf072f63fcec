package kube

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// In a pod without a kubeconfig, the service account is used.
func TestInCluster(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Token: "of the pod"})
	dir := t.TempDir()
	for name, data := range map[string]string{
		"token": "of the pod\n", "namespace": "web\n",
		"ca.crt": string(server.Kubeconfig().Clusters["test"].CertificateAuthorityData),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	pod := []string{"HOME=" + t.TempDir(), "KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port}
	for _, tc := range []struct {
		name      string
		options   Options
		context   string
		connected bool
	}{
		{"pod", Options{Env: pod}, "", true},
		{"pod, by name", Options{Env: pod}, "in-cluster", true},
		{"pod, another context", Options{Env: pod}, "prod", false},
		{"pod, file asked for", Options{Env: pod, Kubeconfig: filepath.Join(dir, "none")}, "", false},
		{"no pod", Options{Env: pod[:1]}, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := New(tc.options)
			defer r.Close()
			r.kubeconfig.serviceAccount = dir
			obs, err := r.Resolve(t.Context(), cluster.Request{Connection: cluster.ClusterConnection{
				Kubernetes: &cluster.KubernetesClusterConnection{Context: tc.context}}})
			if err != nil || obs.Status.Connected() != tc.connected {
				t.Fatalf("connected %t, want %t: %v %s", obs.Status.Connected(), tc.connected, err, obs.Status.Error)
			}
			if tc.connected && *obs.Status.Connection.Kubernetes != (cluster.KubernetesClusterConnectionStatus{
				Context: "in-cluster", Cluster: "in-cluster", Namespace: "web", Product: "unknown"}) {
				t.Errorf("connection %+v", obs.Status.Connection.Kubernetes)
			}
		})
	}
}
