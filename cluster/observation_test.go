package cluster

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func TestCleaned(t *testing.T) {
	const hostile = "v1\x7f\x00\x1b[2J\r\n\t\u202e\u2066\u200f\u061c\u2028\ufeff\u0085\xff\ufffe\uffff."
	const harmless = "v1\ufffd\ufffd\ufffd[2J\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd."
	for _, tt := range []struct{ name, in, want string }{
		{"fine", "v1.36.3+k3s1 – é 集群", "v1.36.3+k3s1 – é 集群"},
		{"hostile", hostile, harmless},
		{"long", strings.Repeat("é", 1<<20), strings.Repeat("é", 2046) + " …"},
		{"long, cut inside a character", "v" + strings.Repeat("é", 1<<20), "v" + strings.Repeat("é", 2045) + " …"},
		{"long and invalid", strings.Repeat("\xff", 1<<20), "\ufffd …"},
	} {
		obs := Observation{Status: full().Status}
		s := &obs.Status
		s.Version, s.Warnings, s.Registry.Help = tt.in, []string{tt.in}, tt.in
		s.Connection.Kubernetes.Cluster, s.Conditions[0].Message = tt.in, tt.in
		before := *s.DeepCopy()
		got := obs.Cleaned().Status
		if diff := cmp.Diff(before, obs.Status); diff != "" {
			t.Errorf("%s: it changed what it was given: %s", tt.name, diff)
		}
		for _, field := range []string{got.Version, got.Warnings[0], got.Registry.Help, got.Connection.Kubernetes.Cluster, got.Conditions[0].Message} {
			if field != tt.want {
				t.Errorf("%s: got %.80q, want %.80q", tt.name, field, tt.want)
			}
		}
		if len(got.Version) > maxFact || !utf8.ValidString(got.Version) {
			t.Errorf("%s: %d bytes", tt.name, len(got.Version))
		}
	}
	many := Observation{Status: ClusterStatus{Architectures: make([]string, 1<<20)}}
	if n := len(many.Cleaned().Status.Architectures); n != maxFacts {
		t.Errorf("%d architectures", n)
	}
}

// TestRestored: where a kept status contradicts itself, its registry is unknown, and never
// none or one that may be wrong.
func TestRestored(t *testing.T) {
	found := &RegistryHosting{Host: "localhost:5000"}
	unread := ReasonUnreadable + "503"
	for _, tt := range []struct {
		name           string
		registry       *RegistryHosting
		source, reason string
		want           string // the source and the reason
	}{
		{"none", nil, SourceNone, "", SourceNone},
		{"nothing was kept", nil, "", "", ""},
		{"declared", nil, SourceDeclared, "", SourceDeclared},
		{"forbidden", nil, SourceNone, ReasonForbidden, "none forbidden"},
		{"help", nil, SourceNone, ReasonHelp + "https://example.com", "none help: https://example.com"},
		{"found", found, SourceConfigMap, "", SourceConfigMap},
		{"found, and one source is forbidden", found, SourceNodeAnnotation, ReasonForbidden, "node-annotation forbidden"},
		{"written by hand", found, "", "", ""},
		{"by a later source", found, "gateway", "", "gateway"},
		{"unknown", nil, SourceUnknown, unread, "unknown " + unread},
		{"unknown without a reason", nil, SourceUnknown, "", "unknown unreadable: no reason was kept"},
		{"unknown, with a registry", found, SourceUnknown, unread, "unknown " + unread},
		{"by the rules of the first version, which took it for none", nil, SourceNone, unread, "unknown " + unread},
		{"invalid, by the same rules", nil, SourceNone, ReasonInvalid + "foo", "unknown invalid: foo"},
		{"a reason without a source", nil, "", unread, "unknown " + unread},
		{"a source without its registry", nil, SourceConfigMap, "", `unknown unreadable: the source "configmap" was kept without its registry`},
		{"a registry of no source", found, SourceNone, "", `unknown unreadable: the source "none" was kept with a registry`},
		{"a registry that was declared", found, SourceDeclared, "", `unknown unreadable: the source "declared" was kept with a registry`},
		{"a registry that could not be read", found, SourceConfigMap, unread, "unknown " + unread},
		{"a source that is none of ours", nil, "None", "", `unknown unreadable: the source "None" was kept without its registry`},
	} {
		kept := ClusterStatus{Registry: tt.registry, RegistrySource: tt.source, RegistryReason: tt.reason}
		s := Restored(kept).Status
		if got := strings.TrimSpace(s.RegistrySource + " " + s.RegistryReason); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if want := tt.registry != nil && s.RegistrySource != SourceUnknown; (s.Registry != nil) != want {
			t.Errorf("%s: the registry is %v", tt.name, s.Registry)
		}
		if kept.RegistrySource != tt.source || kept.Registry != tt.registry {
			t.Errorf("%s: it changed what it was given", tt.name)
		}
	}
}

// TestRestoredFacts: what is kept beside its contrary is unknown, or not connected.
func TestRestoredFacts(t *testing.T) {
	for _, tt := range []struct {
		arch          string
		architectures []string
		want          string // arch, architectures, reason
	}{
		{"amd64", nil, "amd64 [] "},
		{"amd64", []string{"amd64", "arm64"}, "amd64 [amd64 arm64] "},
		{"", []string{"arm64"}, " [arm64] "},
		{"unknown", nil, "unknown [] "},
		{"amd64", []string{"arm64"}, `unknown [] unreadable: the architecture "amd64" was kept beside ["arm64"]`},
		{"unknown", []string{"unknown"}, `unknown [] unreadable: the architecture "unknown" was kept beside ["unknown"]`},
	} {
		s := Restored(ClusterStatus{Arch: tt.arch, Architectures: tt.architectures}).Status
		if got := fmt.Sprint(s.Arch, " ", s.Architectures, " ", s.ArchReason); got != tt.want {
			t.Errorf("%s, %s: got %q, want %q", tt.arch, tt.architectures, got, tt.want)
		}
	}
	now := metav1.NowMicro()
	for _, tt := range []struct {
		status         metav1.ConditionStatus
		message, error string
		want           string
	}{
		{metav1.ConditionTrue, "", "", ""},
		{metav1.ConditionFalse, "it is down", "", "it is down"},
		{metav1.ConditionUnknown, "", "", "its condition Connected is Unknown"},
		{metav1.ConditionFalse, "it is down", "no answer", "no answer"},
		{metav1.ConditionTrue, "", "no answer", "no answer"},
	} {
		s := Restored(ClusterStatus{ConnectedAt: &now, Error: tt.error, Conditions: []metav1.Condition{{Type: ConditionConnected, Status: tt.status, Message: tt.message}}}).Status
		if s.Error != tt.want || s.Connected() != (tt.want == "") {
			t.Errorf("%s %q %q: got %q, want %q", tt.status, tt.message, tt.error, s.Error, tt.want)
		}
	}
}

// FuzzCleaned: whatever was observed, one cluster does not take the list from all
// others, and no character of it is harmful.
func FuzzCleaned(f *testing.F) {
	for _, s := range []string{"v1.36.3", "\x7f", "\xff\xfe", "\u202e", "a\nb: c", "- \x00", "\ufffe\uffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		obs := Observation{Status: ClusterStatus{Version: text, Arch: text, Warnings: []string{text}}}.Cleaned()
		list := NewList([]Cluster{(&Declaration{Name: "a", Spec: ClusterSpec{Connection: dockerConnection("")}}).Object(obs)})
		data, err := yaml.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseList("c.yaml", data)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if diff := cmp.Diff(list, again); diff != "" {
			t.Error(diff)
		}
		for _, r := range obs.Status.Version {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%q in %q", r, obs.Status.Version)
			}
		}
	})
}
