package cluster

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		{"unknown field", head + "items:\n- metadata: {name: a}\n  spec: {conection: {}}\n", `not a ClusterList: unknown field "conection"`, 0},
		{"unknown field at the top", head + "itms: []\n", `not a ClusterList: unknown field "itms"`, 0},
		{"key twice", head + "metadata: {}\nitems: []\n", `not a ClusterList: line 4: key "metadata" already set in map`, 0},
		{"another kind", "apiVersion: v1\nkind: List\nitems: []\n", `apiVersion "v1", kind "List": want tilt.dev/v1alpha1, ClusterList, as printed by sextant eval -o yaml`, 0},
		{"one cluster", "apiVersion: tilt.dev/v1alpha1\nkind: Cluster\nmetadata: {name: a}\n", `not a ClusterList`, 0},
		{"empty", "", `apiVersion "", kind ""`, 0},
		{"two of one name", head + "items:\n" + one + one, `items[1]: a second cluster named "a"`, 0},
		{"broken", "a: [", "not a ClusterList: ", 0},
		{"a list", "[]", "not a ClusterList: ", 0},
		{"wrong type", head + "items:\n- metadata: {name: [1]}\n", "not a ClusterList: ", 0},
		{"bad time", head + "items:\n- metadata: {name: a}\n  status: {connectedAt: yesterday}\n", "not a ClusterList: ", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := ParseList([]byte(tt.text))
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

func FuzzParseList(f *testing.F) {
	list, err := yaml.Marshal(NewList([]Cluster{full()}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list)
	f.Add([]byte("apiVersion: tilt.dev/v1alpha1\nkind: ClusterList\nitems: [{}, {}]"))
	f.Add([]byte("{"))
	f.Add([]byte("&a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseList(data)
		if err != nil {
			return
		}
		written, err := yaml.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseList(written); err != nil {
			t.Errorf("%q does not read again: %v", written, err)
		}
	})
}

// recorded is a list as a run would print it.
func recorded() *ClusterList {
	item := func(name string, connection ClusterConnection, obs Observation) Cluster {
		d := Declaration{Name: name, Spec: ClusterSpec{Connection: connection}, Annotations: map[string]string{"example.com/mine": "x"}}
		return d.Object(obs)
	}
	current := observed("work")
	current.Status.Connection.Kubernetes.Namespace = "team"
	return NewList([]Cluster{
		item("prod", kubernetesConnection("prod", "web"), Observation{Status: ClusterStatus{Error: "refused"}}),
		item("kind", kubernetesConnection("kind", ""), observed("kind")),
		item("default", kubernetesConnection("", ""), current),
		item("docker", dockerConnection("tcp://1.2.3.4:2375"), Observation{Status: ClusterStatus{ConnectedAt: connectedAt()}}),
	})
}

func TestReplayResolve(t *testing.T) {
	replay := NewReplay("clusters.yaml", recorded())
	for _, tt := range []struct {
		name string
		req  Request
		want *Observation // nil: not recorded
	}{
		{"by name and connection", Request{Name: "kind", Connection: kubernetesConnection("kind", "")}, new(observed("kind"))},
		{"a failed one", Request{Name: "prod", Connection: kubernetesConnection("prod", "web")}, &Observation{Status: ClusterStatus{Error: "refused"}}},
		{"another name", Request{Name: "kind2", Connection: kubernetesConnection("kind", "")}, nil},
		{"another context", Request{Name: "kind", Connection: kubernetesConnection("kind2", "")}, nil},
		{"another namespace", Request{Name: "prod", Connection: kubernetesConnection("prod", "")}, nil},
		{"another host", Request{Name: "docker", Connection: dockerConnection("")}, nil},
		{"another kind", Request{Name: "docker", Connection: kubernetesConnection("", "")}, nil},
		{"no connection", Request{Name: "kind"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := replay.Resolve(t.Context(), tt.req)
			knows := replay.Knows(tt.req)
			if tt.want == nil {
				var missing *NotRecordedError
				if !errors.As(err, &missing) || !errors.As(knows, &missing) {
					t.Fatalf("Resolve: %v, Knows: %v", err, knows)
				}
				if diff := cmp.Diff(tt.req, missing.Request); diff != "" {
					t.Error(diff)
				}
				return
			}
			if err != nil || knows != nil {
				t.Fatalf("Resolve: %v, Knows: %v", err, knows)
			}
			want := tt.want.DeepCopy()
			if want.Status.Connected() {
				want.Annotations[AnnotationRegistrySource] = SourceNone
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReplayedObservationsAreCopies(t *testing.T) {
	replay := NewReplay("f", recorded())
	req := Request{Name: "kind", Connection: kubernetesConnection("kind", "")}
	first, err := replay.Resolve(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	first.Status.Connection.Kubernetes.Context = "changed"
	first.Annotations[AnnotationProductReason] = "changed"
	again, err := replay.Resolve(t.Context(), req)
	if err != nil || again.Status.Connection.Kubernetes.Context != "kind" || again.Annotations[AnnotationProductReason] != ProductKubeconfig {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestNotRecordedError(t *testing.T) {
	_, err := NewReplay("clusters.yaml", recorded()).Resolve(t.Context(), Request{Name: "stage", Connection: kubernetesConnection("stage", "")})
	want := `cluster "stage" (kubernetes context "stage") is not in clusters.yaml: it holds "prod" (kubernetes context "prod", namespace "web"), ` +
		`"kind" (kubernetes context "kind"), "default" (the current kubernetes context), "docker" (docker host "tcp://1.2.3.4:2375"); ` +
		`record it with: sextant eval -o yaml FILE > clusters.yaml`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	_, err = NewReplay("f", NewList(nil)).Resolve(t.Context(), Request{Name: "docker", Connection: dockerConnection("")})
	want = `cluster "docker" (the default docker host) is not in f: it holds none; record it with: sextant eval -o yaml FILE > f`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestReplayCatalog(t *testing.T) {
	replay := NewReplay("f", recorded())
	name, namespace, err := replay.CurrentContext()
	if name != "work" || namespace != "team" || err != nil {
		t.Errorf("CurrentContext: %q, %q, %v", name, namespace, err)
	}
	contexts, err := replay.Contexts()
	if diff := cmp.Diff([]string{"kind", "prod", "work"}, contexts); diff != "" || err != nil {
		t.Error(diff, err)
	}

	silent := NewReplay("f", NewList(recorded().Items[:2]))
	_, _, err = silent.CurrentContext()
	want := "f does not tell the current context: no cluster in it was declared without one; " +
		"declare k8s_cluster() and record it with: sextant eval -o yaml FILE > f"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestReplayedNamespaceIsTheContextsOwn: a namespace that a declaration sets is
// not that of the context.
func TestReplayedNamespaceIsTheContextsOwn(t *testing.T) {
	web := observed("work")
	web.Status.Connection.Kubernetes.Namespace = "web"
	plain := observed("work")
	plain.Status.Connection.Kubernetes.Namespace = "team"
	items := []Cluster{
		(&Declaration{Name: "web", Spec: ClusterSpec{Connection: kubernetesConnection("", "web")}}).Object(web),
		(&Declaration{Name: "default", Spec: ClusterSpec{Connection: kubernetesConnection("", "")}}).Object(plain),
	}
	name, namespace, err := NewReplay("f", NewList(items)).CurrentContext()
	if name != "work" || namespace != "team" || err != nil {
		t.Errorf("%q, %q, %v", name, namespace, err)
	}
}
