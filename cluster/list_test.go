package cluster

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func TestParseList(t *testing.T) {
	const head = "apiVersion: tilt.dev/v1alpha1\nkind: ClusterList\nmetadata: {}\n"
	const one = "- metadata: {name: a}\n  spec: {connection: {docker: {}}}\n  status: {}\n"
	for _, tt := range []struct {
		name, text string
		err        string // part of the error; empty: it parses
		items      int
	}{
		{"yaml", head + "items:\n" + one, "", 1},
		{"json", `{"apiVersion":"tilt.dev/v1alpha1","kind":"ClusterList","metadata":{},"items":[{"metadata":{"name":"a"},"spec":{"connection":{}},"status":{}}]}`, "", 1},
		{"no items", head + "items: []\n", "", 0},
		{"items may say their kind", head + "items:\n- apiVersion: tilt.dev/v1alpha1\n  kind: Cluster\n  metadata: {name: a}\n", "", 1},
		{"unknown field", head + "items:\n- metadata: {name: a}\n  spec: {conection: {}}\n", `c.yaml:6:10: not a ClusterList: unknown field "items[0].spec.conection"`, 0},
		{"unknown field at the top", head + "itms: []\n", `c.yaml:4:1: not a ClusterList: unknown field "itms"`, 0},
		{"key twice", head + "metadata: {}\nitems: []\n", `c.yaml:4: not a ClusterList: key "metadata" already set in map`, 0},
		{"another kind", "apiVersion: v1\nkind: PodList\nitems: []\n", `c.yaml:2:1: apiVersion "v1", kind "PodList": want tilt.dev/v1alpha1, ClusterList, as printed by sextant eval -o yaml`, 0},
		{"as kubectl prints it", "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ''}\nitems:\n- apiVersion: tilt.dev/v1alpha1\n  kind: Cluster\n  metadata: {name: a, uid: u, generation: 2}\n", "", 1},
		{"other objects as kubectl prints them", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n", `c.yaml:5:3: items[0]: apiVersion "v1", kind "Pod": want tilt.dev/v1alpha1, Cluster`, 0},
		{"status field of a later version", head + "items:\n- {metadata: {name: a}, status: {mood: good, connection: {kubernetes: {cluster: c, context: c, namespace: d, tls: {}}}}}\n", "", 1},
		{"status field in another case", head + "items:\n- {metadata: {name: a}, status: {Error: down}}\n", `c.yaml:5:34: not a ClusterList: unknown field "items[0].status.Error": write it as "error"`, 0},
		{"field of a registry in another case", head + "items:\n- {metadata: {name: a}, status: {registry: {host: 'a:1', hostfromcontainerruntime: 'b:1'}}}\n", `unknown field "items[0].status.registry.hostfromcontainerruntime": write it as "hostFromContainerRuntime"`, 0},
		{"item of another version", head + "items:\n- apiVersion: tilt.dev/v2\n  kind: Cluster\n  metadata: {name: a}\n", `c.yaml:6:3: items[0]: apiVersion "tilt.dev/v2", kind "Cluster": want tilt.dev/v1alpha1, Cluster`, 0},
		{"item of another kind", head + "items:\n- apiVersion: v1\n  kind: Node\n  metadata: {name: a}\n", `c.yaml:6:3: items[0]: apiVersion "v1", kind "Node": want tilt.dev/v1alpha1, Cluster`, 0},
		{"status field twice", head + "items:\n- {metadata: {name: a}, status: {arch: a, arch: b}}\n", `key "arch" already set in map`, 0},
		{"one cluster", "apiVersion: tilt.dev/v1alpha1\nkind: Cluster\nmetadata: {name: a}\n", `not a ClusterList`, 0},
		{"empty", "", `c.yaml: apiVersion "", kind ""`, 0},
		{"two of one name", head + "items:\n" + one + one, `c.yaml:8:14: items[1]: a second cluster named "a"`, 0},
		{"broken", "a: [", "c.yaml:1: not a ClusterList: ", 0},
		{"a list", "[]", "not a ClusterList: ", 0},
		{"a list for a text", head + "items:\n" + one + "- metadata: {name: [1]}\n", "c.yaml:8:20: not a ClusterList: items.metadata.name is a list, want a string", 0},
		{"a text for a mapping", head + "items:\n- {metadata: {name: a}, status: up}\n", "c.yaml:5:33: not a ClusterList: items.status is a string, want a mapping", 0},
		{"a mapping for a list", head + "items: {}\n", "c.yaml:4:8: not a ClusterList: items is a mapping, want a list", 0},
		{"a number too large", head + "items:\n- {metadata: {name: a, generation: 99999999999999999999}}\n", "c.yaml:5:36: not a ClusterList: items.metadata.generation is a number, want one that fits int64", 0},
		{"through an alias", head + "items:\n- metadata: {name: a, annotations: &x {b: [c]}, labels: *x}\n", "c.yaml:5:43: not a ClusterList: items.metadata.annotations is a list, want a string", 0},
		{"no registry", head + "items:\n- {metadata: {name: a}, status: {registry: {host: 'a b'}}}\n", "c.yaml:5:34: ", 0},
		{"through an alias, of another field", head + "items:\n- metadata: &x {name: a, registry: [1]}\n  status: *x\n", "c.yaml:5:36: not a ClusterList: items.status.registry is a list, want a mapping", 0},
		{"an alias for a text", head + "items:\n- metadata: {labels: &x {b: c}, name: *x}\n", "c.yaml:5:39: not a ClusterList: items.metadata.name is a mapping, want a string", 0},
		{"true for a text", head + "items:\n- metadata: {name: true}\n", "c.yaml:5:20: not a ClusterList: items.metadata.name is true or false, want a string", 0},
		{"a text for true", head + "items:\n- metadata: {ownerReferences: [{controller: x}]}\n", "c.yaml:5:45: not a ClusterList: items.metadata.ownerReferences.controller is a string, want true or false", 0},
		{"two documents", head + "items: []\n---\n" + head + "items: []\n", "c.yaml:6: a second document: a recording is one ClusterList; join the items of both", 0},
		{"a second document that is broken", head + "items: []\n---\na: [\n", "c.yaml:5: a second document", 0},
		{"a marker at the end", head + "items: []\n---\n", "", 0},
		{"a marker in a text", head + "items:\n- metadata: {name: a}\n  status:\n    error: \"a\n\n      ---\"\n", "", 1},
		{"too many items", head + "items: [" + strings.Repeat("{},", maxItems) + "{}]\n", "c.yaml: not a ClusterList: over the limit of 20000 for items", 0},
		{"too many values", head + "items: [" + strings.Repeat("\n", maxValues) + "]\n", "c.yaml: not a ClusterList: over the limit of 2000000 for lines and values", 0},
		{"bad time", head + "items:\n- metadata: {name: a}\n  status: {connectedAt: yesterday}\n", "not a ClusterList: ", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := ParseList("c.yaml", []byte(tt.text))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want one line with %s", err, tt.err)
				}
				return
			}
			if err != nil || len(list.Items) != tt.items {
				t.Errorf("%+v, %v", list, err)
			}
		})
	}
}

// TestParseListMovesFacts: recordings once had the facts in annotations.
func TestParseListMovesFacts(t *testing.T) {
	list, err := ParseList("c.yaml", []byte(`
apiVersion: tilt.dev/v1alpha1
kind: ClusterList
items:
- metadata:
    name: old
    annotations:
      example.com/mine: x
      sextant.dev/architectures: amd64,arm64
      sextant.dev/arch-reason: mixed
      sextant.dev/endpoint: https://1.2.3.4:6443
      sextant.dev/product-reason: kubeconfig
      sextant.dev/registry-source: none
      sextant.dev/registry-reason: forbidden
- metadata: {name: both, annotations: {sextant.dev/registry-source: none, sextant.dev/architectures: s390x}}
  status: {registrySource: configmap, architectures: [arm64]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Cluster{
		{
			ObjectMeta: metav1.ObjectMeta{Name: "old", Annotations: map[string]string{"example.com/mine": "x"}},
			Status: ClusterStatus{
				Architectures: []string{"amd64", "arm64"}, ArchReason: ReasonMixed, Endpoint: "https://1.2.3.4:6443",
				ProductReason: ProductKubeconfig, RegistrySource: SourceNone, RegistryReason: ReasonForbidden,
			},
		},
		{
			ObjectMeta: metav1.ObjectMeta{Name: "both"},
			Status:     ClusterStatus{Architectures: []string{"arm64"}, RegistrySource: SourceConfigMap},
		},
	}
	if diff := cmp.Diff(want, list.Items); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseList(f *testing.F) {
	list, err := yaml.Marshal(NewList([]Cluster{full()}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list)
	f.Add([]byte("apiVersion: tilt.dev/v1alpha1\nkind: ClusterList\nitems: [{}, {}]"))
	f.Add([]byte("{"))
	f.Add([]byte("&a [*a]"))
	f.Add([]byte("items: &a [*a, {b: c}]"))
	f.Add([]byte("items: [{metadata: {annotations: &a {b: [c]}, labels: *a}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseList("c.yaml", data)
		if err != nil {
			if at := (*ListError)(nil); !errors.As(err, &at) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %T: %v", data, err, err)
			}
			return
		}
		written, err := yaml.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseList("c.yaml", written); err != nil {
			t.Errorf("%q does not read again: %v", written, err)
		}
	})
}
