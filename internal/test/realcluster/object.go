package realcluster

import (
	"encoding/json"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// Object is a Kubernetes object as JSON has it.
type Object map[string]any

// Apply creates or changes objects, as kubectl apply does.
func (a *APIServer) Apply(t testing.TB, objects ...Object) {
	t.Helper()
	list, err := json.Marshal(Object{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		t.Fatalf("encode objects: %v", err)
	}
	a.Kubectl(t, string(list), "apply", "-f", "-")
}

// Node is a node of an architecture, with annotations or nil. Nothing runs on it.
func Node(name, arch string, annotations map[string]string) Object {
	return Object{"apiVersion": "v1", "kind": "Node", "metadata": Object{
		"name":        name,
		"labels":      map[string]string{"kubernetes.io/arch": arch, "kubernetes.io/os": "linux"},
		"annotations": annotations,
	}}
}

// LocalRegistryHosting is the ConfigMap by which a cluster advertises its
// registry (KEP-1755); hosting is the YAML of its one key.
func LocalRegistryHosting(hosting string) Object {
	return Object{"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": Object{"name": "local-registry-hosting", "namespace": "kube-public"},
		"data":     Object{"localRegistryHosting.v1": hosting},
	}
}

// Developers let the group developers, and so the Limited user, read the
// ConfigMap of LocalRegistryHosting and nothing else; nodes stay forbidden.
func Developers() []Object {
	const name, group = "local-registry-reader", "rbac.authorization.k8s.io"
	metadata := Object{"name": name, "namespace": "kube-public"}
	return []Object{
		{"apiVersion": group + "/v1", "kind": "Role", "metadata": metadata, "rules": []Object{{
			"apiGroups": []string{""}, "resources": []string{"configmaps"},
			"verbs": []string{"get"}, "resourceNames": []string{"local-registry-hosting"},
		}}},
		{"apiVersion": group + "/v1", "kind": "RoleBinding", "metadata": metadata,
			"roleRef":  Object{"apiGroup": group, "kind": "Role", "name": name},
			"subjects": []Object{{"kind": "Group", "name": certs.DevelopersGroup, "apiGroup": group}}},
	}
}
