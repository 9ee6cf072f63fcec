package cluster

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// TestRecordThenReplay gives the same answers through a printed file.
func TestRecordThenReplay(t *testing.T) {
	registry := observed("kind")
	registry.Status.Registry = fullRegistry()
	registry.Annotations[AnnotationRegistrySource] = SourceConfigMap
	dead := Observation{Status: ClusterStatus{Error: "refused"}, Annotations: map[string]string{AnnotationEndpoint: "https://1.2.3.4"}}
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
				want.Annotations[AnnotationRegistrySource] = SourceNone
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s: %s", name, req.Name, diff)
			}
		}
	}
}
