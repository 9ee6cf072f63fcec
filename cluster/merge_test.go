package cluster

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// up is an observation of a cluster that answered n minutes after [at].
func up(n int, change ...func(*ClusterStatus)) Observation {
	obs := observed("prod")
	when := metav1.NewMicroTime(at.Add(time.Duration(n) * time.Minute))
	obs.Status.ConnectedAt = &when
	obs.Status.Identity, obs.Status.Endpoint = "uid-1", "https://1.2.3.4"
	obs.Status.Registry, obs.Status.RegistrySource = &RegistryHosting{Host: "localhost:5000"}, SourceConfigMap
	for _, f := range change {
		f(&obs.Status)
	}
	return obs
}

// down is an observation of the same cluster that did not answer.
func down(why string, change ...func(*ClusterStatus)) Observation {
	obs := Observation{Status: ClusterStatus{Error: why, Endpoint: "https://1.2.3.4", Connection: observed("prod").Status.Connection}}
	for _, f := range change {
		f(&obs.Status)
	}
	return obs
}

func version(v string) func(*ClusterStatus)    { return func(s *ClusterStatus) { s.Version = v } }
func identity(id string) func(*ClusterStatus)  { return func(s *ClusterStatus) { s.Identity = id } }
func endpoint(url string) func(*ClusterStatus) { return func(s *ClusterStatus) { s.Endpoint = url } }

func hiccup(s *ClusterStatus) {
	s.Arch, s.Architectures, s.ArchReason = ArchUnknown, nil, ReasonUnreadable+"503"
	s.Registry, s.RegistrySource, s.RegistryReason = nil, SourceUnknown, ReasonUnreadable+"503"
}

// TestMerge follows clusters through observations one minute apart. After each, it
// looks at what changed and at a line that describes the status.
func TestMerge(t *testing.T) {
	type step struct {
		obs    Observation
		change Change
		want   string // connected, minute of connectedAt, minute of the transition, version, registry, error
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"a cluster that stays the same", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{up(1), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{up(2, version("v1.37.0")), ChangeFacts, "True 0 0 v1.37.0 localhost:5000"},
		}},
		{"lost probes", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{down("refused"), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{down("no such host"), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{up(3), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{down("refused"), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
		}},
		{"an outage", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{down("refused"), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{down("refused"), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{down("refused"), ChangeDisconnected, "False 0 3 v1.36.3 localhost:5000 refused"},
			{down("refused"), ChangeNone, "False 0 3 v1.36.3 localhost:5000 refused"},
			{down("no route"), ChangeFacts, "False 0 3 v1.36.3 localhost:5000 no route"},
			{up(6), ChangeConnected, "True 0 6 v1.36.3 localhost:5000"},
			{down("refused"), ChangeNone, "True 0 6 v1.36.3 localhost:5000"},
		}},
		{"never up", []step{
			{down("refused"), ChangeDisconnected, "False - 0   refused"},
			{down("refused"), ChangeNone, "False - 0   refused"},
			{up(2), ChangeConnected, "True 2 2 v1.36.3 localhost:5000"},
		}},
		{"made again at the same address", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{up(1, identity("uid-2")), ChangeReplaced, "True 1 0 v1.36.3 localhost:5000"},
			{up(2, identity("uid-2")), ChangeNone, "True 1 0 v1.36.3 localhost:5000"},
		}},
		{"made again while it was down", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{down("refused"), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{down("refused"), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{down("refused"), ChangeDisconnected, "False 0 3 v1.36.3 localhost:5000 refused"},
			{up(4, identity("uid-2")), ChangeReplaced, "True 4 4 v1.36.3 localhost:5000"},
		}},
		{"an identity that could not be read for once", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{up(1, identity("")), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{up(2, identity("uid-2")), ChangeReplaced, "True 2 0 v1.36.3 localhost:5000"},
		}},
		{"moved, and known by its identity", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{up(1, endpoint("https://5.6.7.8")), ChangeFacts, "True 0 0 v1.36.3 localhost:5000"},
		}},
		{"another address without an identity", []step{
			{up(0, identity("")), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{up(1, identity(""), endpoint("https://5.6.7.8")), ChangeReplaced, "True 1 0 v1.36.3 localhost:5000"},
			{down("refused", endpoint("https://9.9.9.9")), ChangeReplaced, "False - 2   refused"},
		}},
		{"a kubeconfig that cannot be read", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{Observation{Status: ClusterStatus{Error: "no kubeconfig"}}, ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
		}},
		{"facts that cannot be read", []step{
			{up(0), ChangeConnected, "True 0 0 v1.36.3 localhost:5000"},
			{up(1, hiccup), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{up(2, hiccup), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
			{up(3, hiccup), ChangeFacts, "True 0 0 v1.36.3 unknown"},
			{up(4, hiccup), ChangeNone, "True 0 0 v1.36.3 unknown"},
			{up(5), ChangeFacts, "True 0 0 v1.36.3 localhost:5000"},
			{up(6, hiccup), ChangeNone, "True 0 0 v1.36.3 localhost:5000"},
		}},
		{"a resolver that reports nothing", []step{
			{Observation{}, ChangeDisconnected, "False - 0   it did not answer, and the resolver did not report why"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var kept Kept
			for i, step := range tt.steps {
				before := *kept.Status.DeepCopy()
				next, change := Merge(kept, step.obs, MergePolicy{}, at.Add(time.Duration(i)*time.Minute))
				if diff := cmp.Diff(before, kept.Status); diff != "" {
					t.Errorf("%d: Merge changed what it was given: %s", i, diff)
				}
				if same := cmp.Equal(before, next.Status); same != (change == ChangeNone) {
					t.Errorf("%d: change %q, and the status is the same: %t", i, change, same)
				}
				if got := describe(&next.Status); got != step.want || change != step.change {
					t.Errorf("%d: got %q, %q, want %q, %q", i, change, got, step.change, step.want)
				}
				kept = next
			}
		})
	}
}

func describe(s *ClusterStatus) string {
	minute := func(t time.Time) string { return fmt.Sprint(int(t.Sub(at.Truncate(time.Second)).Minutes())) }
	connectedAt, registry := "-", ""
	if s.ConnectedAt != nil {
		connectedAt = minute(s.ConnectedAt.Time)
	}
	switch {
	case s.Registry != nil:
		registry = s.Registry.Host
	case s.RegistrySource == SourceUnknown:
		registry = SourceUnknown
	}
	c := s.Conditions[0]
	text := fmt.Sprintf("%s %s %s %s %s", c.Status, connectedAt, minute(c.LastTransitionTime.Time), s.Version, registry)
	if s.Error != "" {
		text += " " + s.Error
	}
	if (c.Status == metav1.ConditionTrue) != s.Connected() || c.Message != s.Error {
		text += fmt.Sprintf(" but the condition is %+v", c)
	}
	return text
}

func TestMergePolicy(t *testing.T) {
	kept, _ := Merge(Kept{}, up(0), MergePolicy{Failures: 1}, at)
	if kept, change := Merge(kept, down("refused"), MergePolicy{Failures: 1}, at); change != ChangeDisconnected || kept.Status.Connected() {
		t.Errorf("one failure is enough: %q", change)
	}
}

// TestMergeGeneration: the status is of the newest generation that was observed.
func TestMergeGeneration(t *testing.T) {
	obs := up(0)
	obs.Status.ObservedGeneration = 2
	kept, _ := Merge(Kept{}, obs, MergePolicy{}, at)
	gone := down("refused")
	gone.Status.ObservedGeneration = 3
	for range 3 {
		kept, _ = Merge(kept, gone, MergePolicy{}, at)
	}
	if c := kept.Status.Conditions[0]; kept.Status.ObservedGeneration != 3 || c.ObservedGeneration != 3 {
		t.Errorf("generation %d, of the condition %d, want 3", kept.Status.ObservedGeneration, c.ObservedGeneration)
	}
}
