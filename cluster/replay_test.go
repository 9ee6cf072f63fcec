package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

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
	list := recorded()
	kept := list.Items[1].DeepCopy()
	kept.Name, kept.Spec.Connection.Kubernetes = "kept", &KubernetesClusterConnection{SecretRef: &SecretReference{}}
	list.Items = append(list.Items, *kept)
	made := observed("made")
	made.Status.ProductReason, made.Status.RegistrySource = ProductDeclared, SourceDeclared
	add := func(name string, obs Observation) {
		list.Items = append(list.Items, Cluster{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: ClusterSpec{Connection: kubernetesConnection(name, "")}, Status: obs.Status,
		})
	}
	add("made", made)
	add("silent", Observation{})
	doubtful := observed("doubtful")
	doubtful.Status.RegistrySource, doubtful.Status.RegistryReason = SourceNone, ReasonUnreadable+"503"
	add("doubtful", doubtful)
	bare := observed("made")
	bare.Status.Connection.Kubernetes.Product, bare.Status.ProductReason = ProductUnknown, ProductNoRule
	unread := doubtful.DeepCopy()
	unread.Status.RegistrySource = SourceUnknown
	replay := NewReplay("clusters.yaml", list)
	for _, tt := range []struct {
		name string
		req  Request
		want *Observation // nil: not recorded
	}{
		{"by name and connection", Request{Name: "kind", Connection: kubernetesConnection("kind", "")}, new(observed("kind"))},
		{"a failed one", Request{Name: "prod", Connection: kubernetesConnection("prod", "web")}, &Observation{Status: ClusterStatus{Error: "refused"}}},
		{"one with what was declared, which is no fact", Request{Name: "made", Connection: kubernetesConnection("made", "")}, &bare},
		{"one without a fact", Request{Name: "silent", Connection: kubernetesConnection("silent", "")}, &Observation{Status: ClusterStatus{
			Error: "clusters.yaml has neither the time of the connection nor why there is none: add status.connectedAt or status.error"}}},
		{"one with an unreadable registry", Request{Name: "doubtful", Connection: kubernetesConnection("doubtful", "")}, &unread},
		{"one of a hub, by name", Request{Name: "kept", Connection: kubernetesConnection("kind", "")}, new(observed("kind"))},
		{"one of a hub, as docker", Request{Name: "kept", Connection: dockerConnection("")}, nil},
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
			if want.Status.Connected() && want.Status.RegistrySource == "" {
				want.Status.RegistrySource = SourceNone
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
	first.Status.ProductReason = "changed"
	again, err := replay.Resolve(t.Context(), req)
	if err != nil || again.Status.Connection.Kubernetes.Context != "kind" || again.Status.ProductReason != ProductKubeconfig {
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

	read := recorded()
	read.Kubeconfig = &KubeconfigFacts{Contexts: []string{}, Current: &CurrentContext{Context: "b", Namespace: "ns"}}
	replay = NewReplay("f", read)
	if name, namespace, err := replay.CurrentContext(); name != "b" || namespace != "ns" || err != nil {
		t.Errorf("CurrentContext: %q, %q, %v", name, namespace, err)
	}
	if contexts, err := replay.Contexts(); cmp.Diff([]string{}, contexts) != "" || err != nil {
		t.Error(contexts, err)
	}

	other := Declaration{Name: "other", Spec: ClusterSpec{Connection: kubernetesConnection("", "web")}}
	joined := NewReplay("f", NewList(append(recorded().Items, other.Object(observed("home")))))
	if name, _, err := joined.CurrentContext(); err == nil || !strings.HasPrefix(err.Error(), `f has two current contexts, "work" and "home": `) {
		t.Errorf("CurrentContext: %q, %v", name, err)
	}
	kept := Declaration{Name: "kept", Spec: ClusterSpec{Connection: ClusterConnection{Kubernetes: &KubernetesClusterConnection{SecretRef: &SecretReference{Name: "s"}}}}}
	ofHub := NewReplay("f", NewList(append([]Cluster{kept.Object(observed("home"))}, recorded().Items...)))
	if name, _, err := ofHub.CurrentContext(); name != "work" || err != nil {
		t.Errorf("CurrentContext: %q, %v", name, err)
	}

	silent := NewReplay("f", NewList(recorded().Items[:2]))
	_, _, err = silent.CurrentContext()
	want := "f does not have the current context: the script that it is of did not read it; " +
		"record it again with: sextant eval -o yaml FILE > f"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestReplayFleet returns declarations that are the caller's, without what was
// observed.
func TestReplayFleet(t *testing.T) {
	list := NewList([]Cluster{
		{ObjectMeta: metav1.ObjectMeta{Name: "prod", Labels: map[string]string{"env": "prod"}}, Spec: full().Spec, Status: full().Status},
		{ObjectMeta: metav1.ObjectMeta{Name: "dev"}},
	})
	want := []Declaration{{Name: "dev"}, {Name: "prod", Labels: map[string]string{"env": "prod"}, Spec: full().Spec}}
	replay := NewReplay("f", list)
	for range 2 {
		got, err := replay.Fleet()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
		dirty(reflect.ValueOf(got))
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
	for _, tt := range []struct {
		items []Cluster
		want  string
	}{
		{items, "team"},
		{items[:1], "web"}, // nothing else is known
	} {
		name, namespace, err := NewReplay("f", NewList(tt.items)).CurrentContext()
		if name != "work" || namespace != tt.want || err != nil {
			t.Errorf("%d clusters: %q, %q, %v", len(tt.items), name, namespace, err)
		}
	}
}

// TestRecordThenReplay returns the same answers through a printed file.
func TestRecordThenReplay(t *testing.T) {
	registry := observed("kind")
	registry.Status.Registry = fullRegistry()
	registry.Status.RegistrySource = SourceConfigMap
	dead := Observation{Status: ClusterStatus{Error: "refused", Endpoint: "https://1.2.3.4"}}
	answers := map[string]Observation{"kind": registry, "dead": dead, "plain": observed("plain")}
	live := resolverFunc(func(req Request) (Observation, error) {
		if obs, ok := answers[req.Name]; ok {
			return obs, nil
		}
		return Observation{}, fmt.Errorf("no answer for %q", req.Name)
	})
	recorder := Record(live)
	requests := []Request{
		{Name: "plain", Connection: kubernetesConnection("plain", "")},
		{Name: "kind", Connection: kubernetesConnection("kind", "web")},
		{Name: "dead", Connection: dockerConnection("tcp://1.2.3.4:2375")},
	}
	for _, req := range requests {
		if _, err := recorder.Resolve(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := recorder.Resolve(t.Context(), Request{Name: "unknown"}); err == nil {
		t.Error("the recorder hid an error")
	}

	for name, marshal := range map[string]func(any) ([]byte, error){"yaml": yaml.Marshal, "json": json.Marshal} {
		data, err := marshal(recorder.List())
		if err != nil {
			t.Fatal(err)
		}
		list, err := ParseList("c.yaml", data)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range list.Items {
			names = append(names, c.Name)
		}
		if diff := cmp.Diff([]string{"dead", "kind", "plain"}, names); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		replay := NewReplay(name, list)
		for _, req := range requests {
			got, err := replay.Resolve(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			want := answers[req.Name].DeepCopy()
			if want.Status.Connected() && want.Status.Registry == nil {
				want.Status.RegistrySource = SourceNone
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s: %s", name, req.Name, diff)
			}
		}
	}
}
