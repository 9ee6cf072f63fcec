package kube_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// Named names the current context, and leaves what it cannot know to Resolve.
func TestNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	kubernetes := func(context string) cluster.Request {
		return cluster.Request{Name: "dev", Connection: cluster.ClusterConnection{
			Kubernetes: &cluster.KubernetesClusterConnection{Context: context, Namespace: "web"}}}
	}
	for _, tc := range []struct{ text, declared, want string }{
		{"current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]", "", "a"},
		{"current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]", "b", "b"},
		{"current-context: b\ncontexts: [{name: a, context: {cluster: c, user: u}}]", "", ""},
		{"contexts: [{name: a, context: {cluster: c, user: u}}]", "", ""},
		{"not: [", "", ""},
	} {
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := kube.New(kube.Options{Kubeconfig: file, Env: []string{}})
		if diff := cmp.Diff(kubernetes(tc.want), r.Named(t.Context(), kubernetes(tc.declared))); diff != "" {
			t.Errorf("%s: %s", tc.text, diff)
		}
		docker := cluster.Request{Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}}}
		if diff := cmp.Diff(docker, r.Named(t.Context(), docker)); diff != "" {
			t.Error(diff)
		}
		r.Close()
	}
}

// Only a hub may read a Secret or a ClusterProfile: nothing else is asked instead.
func TestReferencesAreRefused(t *testing.T) {
	r := kube.New(kube.Options{Kubeconfig: "/none", Env: []string{}})
	defer r.Close()
	for _, conn := range []cluster.KubernetesClusterConnection{
		{SecretRef: &cluster.SecretReference{Name: "k"}},
		{ClusterProfileRef: &cluster.ClusterProfileReference{Name: "p"}},
	} {
		_, err := r.Resolve(t.Context(), cluster.Request{Name: "dev", Connection: cluster.ClusterConnection{Kubernetes: &conn}})
		if err == nil || !strings.Contains(err.Error(), "only a hub reads it") {
			t.Errorf("%+v: %v", conn, err)
		}
	}
}

// A pinned kubeconfig has one context, current, and works from anywhere.
func TestPinned(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), []byte("the CA"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config")
	text := `
current-context: a
contexts:
- {name: a, context: {cluster: c, user: u, namespace: web}}
- {name: b, context: {cluster: d, user: v}}
clusters:
- {name: c, cluster: {server: "https://c.test", certificate-authority: ca.crt}}
- {name: d, cluster: {server: "https://d.test", certificate-authority: ca.crt}}
users:
- {name: u, user: {token: t}}
- {name: v, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never}}}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := kube.New(kube.Options{Kubeconfig: file, Env: []string{}})
	defer r.Close()
	for _, tc := range []struct {
		context, namespace string
		want               *clientcmdapi.Config
	}{
		{"", "", &clientcmdapi.Config{
			CurrentContext: "a",
			Contexts:       map[string]*clientcmdapi.Context{"a": {Cluster: "c", AuthInfo: "u", Namespace: "web"}},
			Clusters:       map[string]*clientcmdapi.Cluster{"c": {Server: "https://c.test", CertificateAuthorityData: []byte("the CA")}},
			AuthInfos:      map[string]*clientcmdapi.AuthInfo{"u": {Token: "t"}},
		}},
		{"b", "team", &clientcmdapi.Config{
			CurrentContext: "b",
			Contexts:       map[string]*clientcmdapi.Context{"b": {Cluster: "d", AuthInfo: "v", Namespace: "team"}},
			Clusters:       map[string]*clientcmdapi.Cluster{"d": {Server: "https://d.test", CertificateAuthorityData: []byte("the CA")}},
			AuthInfos: map[string]*clientcmdapi.AuthInfo{"v": {Exec: &clientcmdapi.ExecConfig{
				APIVersion: "client.authentication.k8s.io/v1", Command: filepath.Join(dir, "login"), InteractiveMode: "Never",
			}}},
		}},
	} {
		text, err := r.Pinned(tc.context, tc.namespace)
		if err != nil {
			t.Fatal(err)
		}
		got, err := clientcmd.Load(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range got.Contexts {
			c.Extensions = nil
		}
		for _, c := range got.Clusters {
			c.Extensions = nil
		}
		for _, u := range got.AuthInfos {
			u.Extensions = nil
			if u.Exec != nil && len(u.Exec.Args) == 0 {
				u.Exec.Args = nil
			}
		}
		got.Extensions, got.Preferences = nil, clientcmdapi.Preferences{}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.context, diff)
		}
	}
	if _, err := r.Pinned("nowhere", ""); err == nil {
		t.Error("a missing context was pinned")
	}
	if err := os.Remove(filepath.Join(dir, "ca.crt")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Pinned("a", ""); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "ca.crt")) || !strings.Contains(err.Error(), `fix the entries of context "a"`) {
		t.Errorf("without its certificate: %v", err)
	}
	again, err := r.Contexts()
	if err != nil || len(again) != 2 {
		t.Errorf("pinning changed the kubeconfig: %v %v", again, err)
	}
}
