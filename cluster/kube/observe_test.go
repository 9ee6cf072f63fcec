package kube_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

const (
	nodesPath     = "/api/v1/nodes"
	identityPath  = "/api/v1/namespaces/kube-system"
	configMapPath = "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"
	servicePath   = "/api/v1/namespaces/container-registry/services/registry"
)

func archNodes(archs ...string) []clustertest.Node {
	nodes := []clustertest.Node{}
	for i, a := range archs {
		nodes = append(nodes, clustertest.ArchNode(fmt.Sprintf("node-%d", i), a))
	}
	return nodes
}

func controlPlane(name, arch, role string) clustertest.Node {
	node := clustertest.ArchNode(name, arch)
	node.Labels["node-role.kubernetes.io/"+role] = ""
	return node
}

func windows(name, arch string) clustertest.Node {
	node := clustertest.ArchNode(name, arch)
	node.Labels["kubernetes.io/os"] = "windows"
	return node
}

// The whole of an observation, so that nothing else creeps in.
func TestObservation(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{
		Name: "kind-dev", Token: "secret", Version: "v1.36.3", Nodes: archNodes("arm64", "amd64", "amd64"),
		ConfigMaps: clustertest.LocalRegistry("host: localhost:5000\nhostFromContainerRuntime: registry:5000\nhostFromClusterNetwork: net:5000\nhelp: https://example.test/help\n"),
	})
	before := time.Now().UTC().Truncate(time.Microsecond)
	obs := resolve(t, server.Kubeconfig(), long)
	want := cluster.Observation{
		Status: cluster.ClusterStatus{
			Arch:           "amd64",
			Architectures:  []string{"amd64", "arm64"},
			ArchReason:     "mixed",
			Endpoint:       server.URL,
			Identity:       "uid-of-kind-dev",
			ProductReason:  "kubeconfig",
			RegistrySource: "configmap",
			Version:        "v1.36.3",
			Connection: &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{
				Context: "kind-dev", Cluster: "kind-dev", Namespace: "default", Product: "kind",
			}},
			Registry: &cluster.RegistryHosting{
				Host: "localhost:5000", HostFromContainerRuntime: "registry:5000", HostFromClusterNetwork: "net:5000", Help: "https://example.test/help",
			},
		},
	}
	if diff := cmp.Diff(want, obs, cmpopts.IgnoreFields(cluster.ClusterStatus{}, "ConnectedAt")); diff != "" {
		t.Errorf("observation (-want +got):\n%s", diff)
	}
	at := obs.Status.ConnectedAt
	if at == nil || at.Time.Before(before) || at.Time.After(time.Now()) || at.Location() != time.UTC || at.Nanosecond()%1000 != 0 {
		t.Errorf("connectedAt %v, want now in UTC to the microsecond", at)
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	if diff := cmp.Diff([]string{configMapPath, identityPath, nodesPath, "/version"}, server.Requests(), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestArch(t *testing.T) {
	beta := func(arch string) clustertest.Node {
		return clustertest.Node{Labels: map[string]string{"beta.kubernetes.io/arch": arch}}
	}
	large := archNodes(append(repeat(500, "amd64"), repeat(600, "arm64")...)...)
	for _, tc := range []struct {
		name          string
		facts         clustertest.KubeFacts
		arch, reason  string
		architectures string
	}{
		{name: "one", facts: clustertest.KubeFacts{Nodes: archNodes("arm64")}, arch: "arm64", architectures: "arm64"},
		{name: "most", facts: clustertest.KubeFacts{Nodes: archNodes("s390x", "arm64", "s390x")}, arch: "s390x", reason: "mixed", architectures: "arm64,s390x"},
		{name: "tie", facts: clustertest.KubeFacts{Nodes: archNodes("s390x", "arm64")}, arch: "arm64", reason: "mixed", architectures: "arm64,s390x"},
		{name: "control planes do not count", facts: clustertest.KubeFacts{Nodes: []clustertest.Node{
			controlPlane("a", "amd64", "control-plane"), controlPlane("b", "amd64", "master"), clustertest.ArchNode("c", "arm64")}},
			arch: "arm64", architectures: "arm64"},
		{name: "control planes only", facts: clustertest.KubeFacts{Nodes: []clustertest.Node{
			controlPlane("a", "amd64", "control-plane"), controlPlane("b", "arm64", "control-plane"), controlPlane("c", "arm64", "master")}},
			arch: "arm64", reason: "mixed", architectures: "amd64,arm64"},
		{name: "Windows does not count", facts: clustertest.KubeFacts{Nodes: []clustertest.Node{
			windows("a", "amd64"), windows("b", "amd64"), clustertest.ArchNode("c", "arm64"), controlPlane("d", "s390x", "control-plane")}},
			arch: "arm64", architectures: "arm64"},
		{name: "Windows only", facts: clustertest.KubeFacts{Nodes: []clustertest.Node{
			windows("a", "amd64"), controlPlane("d", "s390x", "control-plane")}},
			arch: "amd64", architectures: "amd64"},
		{name: "beta label", facts: clustertest.KubeFacts{Nodes: []clustertest.Node{beta("ppc64le")}}, arch: "ppc64le", architectures: "ppc64le"},
		{name: "beta label loses", facts: clustertest.KubeFacts{Nodes: []clustertest.Node{{Labels: map[string]string{
			"beta.kubernetes.io/arch": "old", "kubernetes.io/arch": "new"}}}}, arch: "new", architectures: "new"},
		{name: "first page only", facts: clustertest.KubeFacts{Nodes: large}, arch: "amd64", architectures: "amd64"},
		{name: "no nodes", facts: clustertest.KubeFacts{Nodes: archNodes()}, arch: "unknown", reason: "no-nodes"},
		{name: "no labels", facts: clustertest.KubeFacts{Nodes: []clustertest.Node{{Name: "bare"}}}, arch: "unknown", reason: "no-nodes"},
		{name: "forbidden", facts: clustertest.KubeFacts{Status: map[string]int{nodesPath: 403}}, arch: "unknown", reason: "forbidden"},
		{name: "forbidden by a proxy", facts: clustertest.KubeFacts{Fault: foreign(nodesPath, 403)}, arch: "unknown",
			reason: "unreadable: the server answered 403 Forbidden to GET /api/v1/nodes, and not as a Kubernetes API server does: a proxy may have"},
		{name: "broken", facts: clustertest.KubeFacts{Status: map[string]int{nodesPath: 500}}, arch: "unknown",
			reason: "unreadable: the server answered 500 Internal Server Error to GET /api/v1/nodes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			obs := resolve(t, clustertest.NewKube(t, tc.facts).Kubeconfig(), long)
			got := []string{obs.Status.Arch, obs.Status.ArchReason, strings.Join(obs.Status.Architectures, ",")}
			if diff := cmp.Diff([]string{tc.arch, tc.reason, tc.architectures}, got); diff != "" || !obs.Status.Connected() {
				t.Errorf("arch, reason, architectures (-want +got):\n%s%s", diff, obs.Status.Error)
			}
		})
	}
}

// foreign answers a path as something else than an API server does.
func foreign(path string, code int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path {
			return false
		}
		http.Error(w, "default backend", code)
		return true
	}
}

// answers answers a path with a string.
func answers(path, text string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == path {
			fmt.Fprint(w, text)
		}
		return r.URL.Path == path
	}
}

// statusOf answers the question about the ConfigMap with a Status of these fields.
func statusOf(code int, fields string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == configMapPath {
			w.WriteHeader(code)
			fmt.Fprintf(w, `{"kind":"Status",%s}`, fields)
		}
		return r.URL.Path == configMapPath
	}
}

const noConfigMap = "unreadable: the answer to GET " + configMapPath + " is not from a Kubernetes API server: no ConfigMap"

func repeat(n int, s string) []string { return strings.Fields(strings.Repeat(s+" ", n)) }

func TestRegistry(t *testing.T) {
	annotated := func(annotations map[string]string) []clustertest.Node {
		return []clustertest.Node{{Name: "bare"}, {Name: "one", Annotations: annotations}}
	}
	tilt := annotated(map[string]string{"tilt.dev/registry": "localhost:1", "tilt.dev/registry-from-cluster": "registry:1", "kind.x-k8s.io/registry": "localhost:2"})
	for _, tc := range []struct {
		name           string
		facts          clustertest.KubeFacts
		product        string
		want           *cluster.RegistryHosting
		source, reason string
		warning        string
	}{
		{name: "none", source: "none"},
		{name: "ConfigMap", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("host: localhost:5000\nfuture: field\nsingleName: ignored"), Nodes: tilt},
			want: &cluster.RegistryHosting{Host: "localhost:5000"}, source: "configmap"},
		{name: "ConfigMap of another version", facts: clustertest.KubeFacts{ConfigMaps: map[string]map[string]string{
			"kube-public/local-registry-hosting": {"localRegistryHosting.v2": "host: localhost:5000"}}, Nodes: tilt}, source: "unknown",
			reason:  `invalid: configmap: it has "localRegistryHosting.v2", and of the versions of KEP-1755 only localRegistryHosting.v1 is understood`,
			warning: "its registry is unknown: invalid: configmap: it has "},
		{name: "ConfigMap of two versions", facts: clustertest.KubeFacts{ConfigMaps: map[string]map[string]string{
			"kube-public/local-registry-hosting": {"localRegistryHosting.v1": "host: localhost:5000", "localRegistryHosting.v2": "host: localhost:5001"}}},
			want: &cluster.RegistryHosting{Host: "localhost:5000"}, source: "configmap"},
		{name: "ConfigMap of something else", facts: clustertest.KubeFacts{ConfigMaps: map[string]map[string]string{
			"kube-public/local-registry-hosting": {"other": "host: localhost:5000"}}}, source: "none"},
		{name: "ConfigMap of two documents", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("host: localhost:5000\n---\nhost: localhost:5001")}, source: "unknown",
			reason:  "invalid: configmap: localRegistryHosting.v1 is not YAML with the fields of KEP-1755",
			warning: "its registry is unknown: invalid: configmap: localRegistryHosting.v1 is not YAML with the fields of KEP-1755"},
		{name: "ConfigMap with a key in another case", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("Host: localhost:5000")}, source: "unknown",
			reason:  `invalid: configmap: localRegistryHosting.v1 has "Host" in place of "host"`,
			warning: "its registry is unknown: invalid: configmap: localRegistryHosting.v1 has "},
		{name: "ConfigMap with another key in another case", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("host: localhost:5000\nhostfromcontainerruntime: registry:5000")}, source: "unknown",
			reason:  `invalid: configmap: localRegistryHosting.v1 has "hostfromcontainerruntime" in place of "hostFromContainerRuntime"`,
			warning: "its registry is unknown: invalid: configmap: localRegistryHosting.v1 has "},
		{name: "ConfigMap with the version in another case", facts: clustertest.KubeFacts{ConfigMaps: map[string]map[string]string{
			"kube-public/local-registry-hosting": {"localregistryhosting.v1": "host: localhost:5000"}}}, source: "unknown",
			reason:  `invalid: configmap: it has "localregistryhosting.v1", and of the versions of KEP-1755 only localRegistryHosting.v1 is understood`,
			warning: "its registry is unknown: invalid: configmap: it has "},
		{name: "ConfigMap of bytes", facts: clustertest.KubeFacts{Fault: answers(configMapPath, `{"kind":"ConfigMap","binaryData":{"localRegistryHosting.v1":"aG9zdDogbG9jYWxob3N0OjUwMDA="}}`)}, source: "unknown",
			reason:  `invalid: configmap: it has "localRegistryHosting.v1" as bytes`,
			warning: "its registry is unknown: invalid: configmap: it has "},
		{name: "ConfigMap of another name", facts: clustertest.KubeFacts{Fault: answers(configMapPath, `{"kind":"ConfigMap","metadata":{"name":"other","namespace":"kube-public"},"data":{"localRegistryHosting.v1":"host: localhost:5000"}}`)}, source: "unknown",
			reason: noConfigMap, warning: "its registry is unknown: " + noConfigMap},
		{name: "ConfigMap of another namespace", facts: clustertest.KubeFacts{Fault: answers(configMapPath, `{"kind":"ConfigMap","metadata":{"name":"local-registry-hosting","namespace":"team"},"data":{"localRegistryHosting.v1":"host: localhost:5000"}}`)}, source: "unknown",
			reason: noConfigMap, warning: "its registry is unknown: " + noConfigMap},
		{name: "ConfigMap with its version twice", facts: clustertest.KubeFacts{Fault: answers(configMapPath, `{"kind":"ConfigMap","data":{"localRegistryHosting.v1":"host: localhost:5000","localRegistryHosting.v1":"host: localhost:5001"}}`)}, source: "unknown",
			reason: noConfigMap, warning: "its registry is unknown: " + noConfigMap},
		{name: "ConfigMap with its data twice", facts: clustertest.KubeFacts{Fault: answers(configMapPath, `{"kind":"ConfigMap","data":{"localRegistryHosting.v1":"host: localhost:5000"},"data":{}}`)}, source: "unknown",
			reason: noConfigMap, warning: "its registry is unknown: " + noConfigMap},
		{name: "ConfigMap with data in two cases", facts: clustertest.KubeFacts{Fault: answers(configMapPath, `{"kind":"ConfigMap","data":{"localRegistryHosting.v1":"host: localhost:5000"},"DATA":{"localRegistryHosting.v1":"host: localhost:5001"}}`)},
			want: &cluster.RegistryHosting{Host: "localhost:5000"}, source: "configmap"},
		{name: "404 whose Status is a success", facts: clustertest.KubeFacts{Fault: statusOf(404, `"status":"Success","reason":"NotFound"`)}, source: "unknown",
			reason: "unreadable: the server answered 404 Not Found to GET " + configMapPath + ", and not as ", warning: "its registry is unknown: "},
		{name: "404 whose Status has another code", facts: clustertest.KubeFacts{Fault: statusOf(404, `"status":"Failure","reason":"NotFound","code":500`)}, source: "unknown",
			reason: "unreadable: the server answered 404 Not Found to GET " + configMapPath + ", and not as ", warning: "its registry is unknown: "},
		{name: "404 for another reason", facts: clustertest.KubeFacts{Fault: statusOf(404, `"status":"Failure","reason":"InternalError","code":404`)}, source: "unknown",
			reason: "unreadable: the server answered 404 Not Found to GET " + configMapPath + ", and not as ", warning: "its registry is unknown: "},
		{name: "403 for another reason", facts: clustertest.KubeFacts{Fault: statusOf(403, `"status":"Failure","reason":"NotFound"`)}, source: "unknown",
			reason: "unreadable: the server answered 403 Forbidden to GET " + configMapPath + ", and not as ", warning: "its registry is unknown: "},
		{name: "404 with a Status of the least", facts: clustertest.KubeFacts{Fault: statusOf(404, `"message":"x"`)}, source: "none"},
		{name: "ConfigMap not YAML", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("host: [")}, source: "unknown",
			reason:  "invalid: configmap: localRegistryHosting.v1 is not YAML with the fields of KEP-1755",
			warning: "its registry is unknown: invalid: configmap: localRegistryHosting.v1 is not YAML with the fields of KEP-1755"},
		{name: "ConfigMap of another type", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("host: [a]")}, source: "unknown",
			reason:  "invalid: configmap: localRegistryHosting.v1 is not YAML with the fields of KEP-1755",
			warning: "its registry is unknown: invalid: configmap: localRegistryHosting.v1 is not YAML with the fields of KEP-1755"},
		{name: "ConfigMap invalid", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("host: https://gcr.io/foo")}, source: "unknown",
			reason: "invalid: configmap: host: Invalid value: ", warning: "its registry is unknown: invalid: configmap: host: Invalid value: "},
		{name: "ConfigMap without host", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("hostFromClusterNetwork: net:5000")}, source: "unknown",
			reason: "invalid: configmap: host: Required value: ", warning: "its registry is unknown: invalid: configmap: host: Required value: "},
		{name: "help, hosts without host", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("help: https://example.test/help\nhostFromClusterNetwork: net:5000")}, source: "unknown",
			reason: "invalid: configmap: host: Required value: ", warning: "its registry is unknown: invalid: configmap: host: Required value: "},
		{name: "help, runtime without host", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("help: https://example.test/help\nhostFromContainerRuntime: run:5000")}, source: "unknown",
			reason: "invalid: configmap: ", warning: "its registry is unknown: invalid: configmap: "},
		{name: "ConfigMap that is none", facts: clustertest.KubeFacts{Fault: answers(configMapPath, `{"kind":"Service"}`), Nodes: tilt}, source: "unknown",
			reason:  "unreadable: the answer to GET " + configMapPath + " is not from a Kubernetes API server: no ConfigMap",
			warning: "its registry is unknown: unreadable: the answer to GET " + configMapPath},
		{name: "MicroK8s, Service that is none", facts: clustertest.KubeFacts{Name: "microk8s-cluster", Fault: answers(servicePath, `{"kind":"ConfigMap"}`), Nodes: tilt}, source: "unknown",
			reason:  "unreadable: the answer to GET " + servicePath + " is not from a Kubernetes API server: no Service",
			warning: "its registry is unknown: unreadable: the answer to GET " + servicePath},
		{name: "not MicroK8s, whatever is declared", product: "microk8s", facts: clustertest.KubeFacts{Name: "kind-dev", NodePorts: map[string]int32{"container-registry/registry": 32000}}, source: "none"},
		{name: "ConfigMap invalid, node", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("{}"), Nodes: tilt},
			source: "unknown", reason: "invalid: configmap: host: Required value: ",
			warning: "its registry is unknown: invalid: configmap: host: Required value: "},
		{name: "help", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("help: https://example.test/help")}, source: "none",
			reason: "help: https://example.test/help", warning: "it has no registry yet; how to set one up: https://example.test/help"},
		{name: "forbidden", facts: clustertest.KubeFacts{Status: map[string]int{configMapPath: 403}}, source: "none", reason: "forbidden", warning: "the registry that it advertises could not be read: "},
		{name: "forbidden, node", facts: clustertest.KubeFacts{Status: map[string]int{configMapPath: 403}, Nodes: tilt},
			want: &cluster.RegistryHosting{Host: "localhost:1", HostFromContainerRuntime: "registry:1"}, source: "node-annotation", reason: "forbidden", warning: "the registry that it advertises could not be read: "},
		{name: "nodes unreadable", facts: clustertest.KubeFacts{Status: map[string]int{nodesPath: 500}}, source: "unknown",
			reason:  "unreadable: the server answered 500 Internal Server Error to GET " + nodesPath,
			warning: "its registry is unknown: unreadable: the server answered 500 Internal Server Error to GET " + nodesPath},
		{name: "nodes unreadable, ConfigMap", facts: clustertest.KubeFacts{Status: map[string]int{nodesPath: 500}, ConfigMaps: clustertest.LocalRegistry("host: localhost:5000")},
			want: &cluster.RegistryHosting{Host: "localhost:5000"}, source: "configmap"},
		{name: "nodes forbidden", facts: clustertest.KubeFacts{Status: map[string]int{nodesPath: 403}}, source: "none"},
		{name: "node annotation invalid", facts: clustertest.KubeFacts{Nodes: annotated(map[string]string{"tilt.dev/registry": "https://x"})}, source: "unknown",
			reason: "invalid: node-annotation: host: Invalid value: ", warning: "its registry is unknown: invalid: node-annotation: host: Invalid value: "},
		{name: "help, node", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("help: https://example.test/help"), Nodes: tilt},
			want: &cluster.RegistryHosting{Host: "localhost:1", HostFromContainerRuntime: "registry:1"}, source: "node-annotation"},
		{name: "MicroK8s unreadable", facts: clustertest.KubeFacts{Name: "microk8s-cluster", Status: map[string]int{servicePath: 500}, Nodes: tilt}, source: "unknown",
			reason: "unreadable: the server answered 500 Internal Server Error to GET " + servicePath, warning: "its registry is unknown: unreadable: the server answered 500 Internal Server Error to GET " + servicePath},
		{name: "MicroK8s forbidden", facts: clustertest.KubeFacts{Name: "microk8s-cluster", Status: map[string]int{servicePath: 403}}, source: "none", reason: "forbidden",
			warning: "the registry that it advertises could not be read: "},
		{name: "unreadable, node", facts: clustertest.KubeFacts{Status: map[string]int{configMapPath: 503}, Nodes: tilt}, source: "unknown",
			reason:  "unreadable: the server answered 503 Service Unavailable to GET " + configMapPath,
			warning: "its registry is unknown: unreadable: the server answered 503 Service Unavailable to GET " + configMapPath},
		{name: "kind annotation", facts: clustertest.KubeFacts{Nodes: annotated(map[string]string{"kind.x-k8s.io/registry": "localhost:2"})},
			want: &cluster.RegistryHosting{Host: "localhost:2"}, source: "node-annotation"},
		{name: "the runtime's host alone", facts: clustertest.KubeFacts{Nodes: annotated(map[string]string{"tilt.dev/registry-from-cluster": "registry:1", "kind.x-k8s.io/registry": "localhost:2"})}, source: "unknown",
			reason:  "invalid: node-annotation: a node has the annotation tilt.dev/registry-from-cluster, and not tilt.dev/registry",
			warning: "its registry is unknown: invalid: node-annotation: a node has "},
		{name: "nodes with an annotation twice", facts: clustertest.KubeFacts{Fault: answers(nodesPath, `{"kind":"NodeList","items":[{"metadata":{"annotations":{"tilt.dev/registry":"localhost:1","tilt.dev/registry":"localhost:2"}}}]}`)}, source: "unknown",
			reason: "unreadable: the answer to GET " + nodesPath, warning: "its registry is unknown: unreadable: the answer to GET " + nodesPath},
		{name: "nodes that agree", facts: clustertest.KubeFacts{Nodes: append(tilt, tilt...)},
			want: &cluster.RegistryHosting{Host: "localhost:1", HostFromContainerRuntime: "registry:1"}, source: "node-annotation"},
		{name: "nodes that differ", facts: clustertest.KubeFacts{Nodes: append(annotated(map[string]string{"kind.x-k8s.io/registry": "localhost:2"}),
			annotated(map[string]string{"kind.x-k8s.io/registry": "localhost:3"})...)}, source: "unknown",
			reason:  "invalid: node-annotation: the registry of kind.x-k8s.io/registry differs between the nodes",
			warning: "its registry is unknown: invalid: node-annotation: "},
		{name: "nodes that differ in the runtime's host", facts: clustertest.KubeFacts{Nodes: append(annotated(map[string]string{"tilt.dev/registry": "localhost:1"}), tilt...)}, source: "unknown",
			reason:  "invalid: node-annotation: the registry of tilt.dev/registry differs between the nodes",
			warning: "its registry is unknown: invalid: node-annotation: "},
		{name: "MicroK8s", facts: clustertest.KubeFacts{Name: "microk8s-cluster", NodePorts: map[string]int32{"container-registry/registry": 32000}, Nodes: tilt},
			want: &cluster.RegistryHosting{Host: "localhost:32000"}, source: "microk8s"},
		{name: "MicroK8s, two node ports", facts: clustertest.KubeFacts{Name: "microk8s-cluster", Nodes: tilt,
			Fault: answers(servicePath, `{"kind":"Service","spec":{"ports":[{"nodePort":32000},{"port":5001},{"nodePort":32000},{"nodePort":32001}]}}`)}, source: "unknown",
			reason:  "invalid: microk8s: the Service has two node ports, 32000 and 32001",
			warning: "its registry is unknown: invalid: microk8s: the Service has two node ports"},
		{name: "MicroK8s, no node port", facts: clustertest.KubeFacts{Name: "microk8s-cluster", Nodes: tilt,
			Fault: answers(servicePath, `{"kind":"Service","spec":{"ports":[{"nodePort":70000}]}}`)}, source: "unknown",
			reason: "invalid: microk8s: 70000 is not a node port", warning: "its registry is unknown: invalid: microk8s: 70000"},
		{name: "MicroK8s, another Service", facts: clustertest.KubeFacts{Name: "microk8s-cluster", Nodes: tilt,
			Fault: answers(servicePath, `{"kind":"Service","metadata":{"name":"web"},"spec":{"ports":[{"nodePort":32000}]}}`)}, source: "unknown",
			reason:  "unreadable: the answer to GET " + servicePath + " is not from a Kubernetes API server: no Service",
			warning: "its registry is unknown: unreadable: the answer to GET " + servicePath},
		{name: "MicroK8s, ConfigMap", facts: clustertest.KubeFacts{Name: "microk8s-cluster", NodePorts: map[string]int32{"container-registry/registry": 32000},
			ConfigMaps: clustertest.LocalRegistry("host: localhost:5000")},
			want: &cluster.RegistryHosting{Host: "localhost:5000"}, source: "configmap"},
		{name: "MicroK8s by declaration", product: "microk8s", facts: clustertest.KubeFacts{NodePorts: map[string]int32{"container-registry/registry": 32000}},
			want: &cluster.RegistryHosting{Host: "localhost:32000"}, source: "microk8s"},
		{name: "MicroK8s without registry", facts: clustertest.KubeFacts{Name: "microk8s-cluster"}, source: "none"},
		{name: "MicroK8s without node port", facts: clustertest.KubeFacts{Name: "microk8s-cluster", NodePorts: map[string]int32{"container-registry/registry": 0}}, source: "none"},
		{name: "404 of a proxy", facts: clustertest.KubeFacts{Fault: foreign(configMapPath, 404), Nodes: tilt}, source: "unknown",
			reason:  "unreadable: the server answered 404 Not Found to GET " + configMapPath + ", and not as a Kubernetes API server does: a proxy may have",
			warning: "its registry is unknown: unreadable: the server answered 404 Not Found to GET " + configMapPath},
		{name: "403 of a proxy", facts: clustertest.KubeFacts{Fault: foreign(configMapPath, 403)}, source: "unknown",
			reason:  "unreadable: the server answered 403 Forbidden to GET " + configMapPath + ", and not as a Kubernetes API server does: a proxy may have",
			warning: "its registry is unknown: unreadable: the server answered 403 Forbidden to GET " + configMapPath},
		{name: "ConfigMap with a host twice", facts: clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry("host: localhost:5000\nhost: localhost:5001")}, source: "unknown",
			reason:  "invalid: configmap: localRegistryHosting.v1 is not YAML with the fields of KEP-1755",
			warning: "its registry is unknown: invalid: configmap: localRegistryHosting.v1 is not YAML with the fields of KEP-1755"},
		{name: "not MicroK8s", facts: clustertest.KubeFacts{NodePorts: map[string]int32{"container-registry/registry": 32000}}, source: "none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := clustertest.NewKube(t, tc.facts)
			r := kube.New(kube.Options{Kubeconfig: write(t, server.Kubeconfig()), Env: []string{}})
			defer r.Close()
			ctx, cancel := context.WithTimeout(t.Context(), long)
			defer cancel()
			req := request("")
			req.Product = tc.product
			obs, err := r.Resolve(ctx, req)
			if err != nil || !obs.Status.Connected() {
				t.Fatal(err, obs.Status.Error)
			}
			if diff := cmp.Diff(tc.want, obs.Status.Registry); diff != "" {
				t.Errorf("registry (-want +got):\n%s", diff)
			}
			if got := obs.Status.RegistrySource; got != tc.source {
				t.Errorf("source %q, want %q", got, tc.source)
			}
			if got := obs.Status.RegistryReason; !strings.HasPrefix(got, tc.reason) || tc.reason == "" && got != "" {
				t.Errorf("reason %q, want %q", got, tc.reason)
			}
			if got := strings.Join(cluster.RegistryWarnings(&cluster.Declaration{}, obs, false), "\n"); !strings.HasPrefix(got, tc.warning) || tc.warning == "" && got != "" {
				t.Errorf("warnings %q, want %q", got, tc.warning)
			}
			asked := strings.Contains(strings.Join(server.Requests(), " "), servicePath)
			if want := strings.HasPrefix(tc.name, "MicroK8s"); asked != want {
				t.Errorf("asked for the service of MicroK8s: %t, want %t", asked, want)
			}
		})
	}
}

func TestProduct(t *testing.T) {
	for _, tc := range []struct{ name, version, product, reason string }{
		{"kind-dev", "v1.36.3", "kind", "kubeconfig"},
		{"minikube", "v1.36.3", "minikube", "kubeconfig"},
		{"prod", "v1.36.3-gke.1000", "gke", "server-version"},
		{"prod", "v1.36.3-eks-1234", "eks", "server-version"},
		{"prod", "v1.36.3", "unknown", "no-rule"},
	} {
		obs := resolve(t, clustertest.NewKube(t, clustertest.KubeFacts{Name: tc.name, Version: tc.version}).Kubeconfig(), long)
		got := []string{obs.Status.Connection.Kubernetes.Product, obs.Status.ProductReason}
		if diff := cmp.Diff([]string{tc.product, tc.reason}, got); diff != "" {
			t.Errorf("%s %s: product, reason (-want +got):\n%s", tc.name, tc.version, diff)
		}
	}
}

// What is asked beside /version may hang: the cluster is connected all the
// same, at the deadline.
func TestProbesHang(t *testing.T) {
	var asked atomic.Int32
	server := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(_ http.ResponseWriter, r *http.Request) bool {
		asked.Add(1)
		if r.URL.Path == "/version" {
			return false
		}
		<-r.Context().Done()
		return true
	}})
	r := kube.New(kube.Options{Kubeconfig: write(t, server.Kubeconfig()), Env: []string{}})
	defer r.Close()
	obs := resolveIn(faults.Expiring(t, func() bool { return asked.Load() == 4 }), t, r, "")
	if !obs.Status.Connected() {
		t.Fatal(obs.Status.Error)
	}
	want := cluster.ClusterStatus{
		Arch:           "unknown",
		ArchReason:     "unreadable: no answer to GET " + nodesPath + " before the deadline",
		ConnectedAt:    obs.Status.ConnectedAt,
		Connection:     obs.Status.Connection,
		Endpoint:       server.URL,
		ProductReason:  "no-rule",
		RegistryReason: "unreadable: no answer to GET " + configMapPath + " before the deadline",
		RegistrySource: "unknown",
		Version:        "v1.36.3",
		Warnings:       []string{"the architecture is unknown: no answer to GET " + nodesPath + " before the deadline"},
	}
	if diff := cmp.Diff(want, obs.Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// A server that sends whole nodes reads the same as one that strips them.
func TestWholeNodes(t *testing.T) {
	facts := clustertest.KubeFacts{Nodes: archNodes("arm64")}
	facts.Fault = func(_ http.ResponseWriter, r *http.Request) bool {
		r.Header.Set("Accept", "application/json")
		return false
	}
	if obs := resolve(t, clustertest.NewKube(t, facts).Kubeconfig(), long); obs.Status.Arch != "arm64" {
		t.Errorf("arch %q, %s", obs.Status.Arch, obs.Status.ArchReason)
	}
}

// The identity delays nothing, and a user who may not read it has none.
func TestIdentity(t *testing.T) {
	for name, facts := range map[string]clustertest.KubeFacts{
		"forbidden": {Status: map[string]int{identityPath: 403}},
		"hanging": {Fault: func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != identityPath {
				return false
			}
			<-r.Context().Done()
			return true
		}},
		"of another namespace": {Fault: answers(identityPath, `{"kind":"Namespace","metadata":{"name":"default","uid":"1-2-3"}}`)},
		"garbage": {Fault: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == identityPath {
				fmt.Fprint(w, "{}[")
			}
			return r.URL.Path == identityPath
		}},
	} {
		server := clustertest.NewKube(t, facts)
		started := time.Now()
		obs := resolve(t, server.Kubeconfig(), long)
		if !obs.Status.Connected() || obs.Status.Identity != "" || obs.Status.RegistrySource != "none" || len(obs.Status.Warnings) > 0 {
			t.Errorf("%s: %+v", name, obs.Status)
		}
		if elapsed := time.Since(started); elapsed > long/2 {
			t.Errorf("%s: it took %s", name, elapsed)
		}
	}
	if obs := resolve(t, clustertest.NewKube(t, clustertest.KubeFacts{UID: "1-2-3"}).Kubeconfig(), long); obs.Status.Identity != "1-2-3" {
		t.Errorf("identity %q", obs.Status.Identity)
	}
}

// What a hostile server sends is cleaned and cut: it cannot write on a terminal,
// and the list of all clusters can be printed.
func TestHostileFacts(t *testing.T) {
	const hostile = "\x7f\x1b[2J\u202e\n"
	server := clustertest.NewKube(t, clustertest.KubeFacts{
		Version: "v1" + hostile + strings.Repeat("x", 8<<20), UID: "uid" + hostile,
		Nodes:      archNodes("arch" + hostile),
		ConfigMaps: clustertest.LocalRegistry(`help: "https://example.test/\x7f\e[2J\u202e"`),
	})
	obs := resolve(t, server.Kubeconfig(), long)
	if !obs.Status.Connected() || !strings.HasPrefix(obs.Status.Version, "v1\ufffd\ufffd[2J\ufffd\ufffdxxx") || len(obs.Status.Version) > 4<<10 {
		t.Errorf("version %.40q, %d bytes, %s", obs.Status.Version, len(obs.Status.Version), obs.Status.Error)
	}
	object := (&cluster.Declaration{Name: "hostile"}).Object(obs)
	data, err := yaml.Marshal(cluster.NewList([]cluster.Cluster{object}))
	if err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexAny(string(data), "\x7f\x1b\u202e"); i >= 0 {
		t.Errorf("%.40q", data[i:])
	}
}

// Garbage in one answer spoils that answer only.
func TestGarbage(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{", `{"kind":"Status"}`, "<html>", `{"kind":7}`,
		`{"kind":"PodList","items":[]}`, `{"kind":"NodeList"}`, `{"kind":"NodeList","items":{}}`} {
		server := clustertest.NewKube(t, clustertest.KubeFacts{Name: "microk8s", Fault: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/version" {
				return false
			}
			fmt.Fprint(w, body)
			return true
		}})
		obs := resolve(t, server.Kubeconfig(), long)
		if !obs.Status.Connected() || obs.Status.Arch != "unknown" || obs.Status.Registry != nil {
			t.Errorf("%s: %+v", body, obs.Status)
		}
		for _, got := range []string{obs.Status.ArchReason, obs.Status.RegistryReason} {
			if !strings.HasPrefix(got, "unreadable: the answer to GET /api/") {
				t.Errorf("%s: the reason is %q", body, got)
			}
		}
	}
}

// A YAML parser compares each key of a mapping with each other one, which no
// deadline ends: what advertises a registry is not that long.
func TestLongHosting(t *testing.T) {
	var keys strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, "a%d:\n", i)
	}
	server := clustertest.NewKube(t, clustertest.KubeFacts{ConfigMaps: clustertest.LocalRegistry(keys.String())})
	obs := resolve(t, server.Kubeconfig(), long)
	if got, want := obs.Status.RegistryReason, "invalid: configmap: localRegistryHosting.v1 has more than 8 KiB"; got != want || obs.Status.RegistrySource != cluster.SourceUnknown {
		t.Errorf("registry %s: %q, want %q", obs.Status.RegistrySource, got, want)
	}
}

// The requests are under way at the same time, or this would never end.
func TestRequestsTogether(t *testing.T) {
	all := make(chan struct{})
	var arrived atomic.Int32
	server := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(_ http.ResponseWriter, r *http.Request) bool {
		if arrived.Add(1) == 3 {
			close(all)
		}
		select {
		case <-all:
		case <-r.Context().Done():
		}
		return false
	}})
	if obs := resolve(t, server.Kubeconfig(), long); !obs.Status.Connected() || obs.Status.Arch != "amd64" {
		t.Errorf("%+v", obs)
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// An anonymous user is connected, since /version is public, and knows nothing else.
func TestAnonymous(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Status: map[string]int{nodesPath: 403, configMapPath: 403}})
	obs := resolve(t, server.Kubeconfig(), long)
	if !obs.Status.Connected() || obs.Status.Arch != "unknown" || obs.Status.ArchReason != "forbidden" ||
		obs.Status.RegistryReason != "forbidden" || len(obs.Status.Warnings) > 0 {
		t.Errorf("%+v", obs)
	}
	bad := clustertest.NewKube(t, clustertest.KubeFacts{Token: "right"}).Kubeconfig()
	bad.AuthInfos["test"].Token = "wrong"
	if obs := resolve(t, bad, long); !strings.Contains(obs.Status.Error, `401 Unauthorized to user "test"`) {
		t.Errorf("a bad token: %q", obs.Status.Error)
	}
}

// Clusters that are resolved at the same time do not mix.
func TestManyClusters(t *testing.T) {
	var servers []*clustertest.Kube
	for i := range 20 {
		servers = append(servers, clustertest.NewKube(t, clustertest.KubeFacts{
			Name: fmt.Sprintf("c%d", i), Version: fmt.Sprintf("v1.%d.0", i), Token: fmt.Sprintf("t%d", i), Nodes: archNodes(fmt.Sprintf("arch%d", i)),
			ConfigMaps: clustertest.LocalRegistry(fmt.Sprintf("host: localhost:%d", 5000+i)),
		}))
	}
	r := kube.New(kube.Options{Kubeconfig: clustertest.WriteKubeconfig(t, servers...), Env: []string{}})
	defer r.Close()
	var running sync.WaitGroup
	for i := range servers {
		running.Go(func() {
			obs, err := r.Resolve(t.Context(), request(fmt.Sprintf("c%d", i)))
			if err != nil || !obs.Status.Connected() || obs.Status.Registry == nil {
				t.Errorf("c%d: %v %+v", i, err, obs)
				return
			}
			got := []string{obs.Status.Version, obs.Status.Arch, obs.Status.Registry.Host, obs.Status.Endpoint}
			want := []string{fmt.Sprintf("v1.%d.0", i), fmt.Sprintf("arch%d", i), fmt.Sprintf("localhost:%d", 5000+i), servers[i].URL}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("c%d (-want +got):\n%s", i, diff)
			}
		})
	}
	running.Wait()
}
