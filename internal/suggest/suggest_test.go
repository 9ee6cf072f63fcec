package suggest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/suggest"
)

func TestName(t *testing.T) {
	names := []string{"context", "namespace", "name", "naming", "product", "labels"}
	for _, tt := range []struct{ word, want string }{
		{"contxt", "context"},
		{"contetx", "context"},
		{"Context", "context"},
		{"nam", "name"},
		{"labls", "labels"},
		{"zzz", ""},
		{"", ""},
		{"registry", ""},
	} {
		if got := suggest.Name(tt.word, names); got != tt.want {
			t.Errorf("Name(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
	// Too many words: the beginning is what is meant.
	paths := []string{"image_json_path", "image_object", "pod_readiness"}
	for word, want := range map[string]string{
		"image_object_json_path": "image_object", "image_jsn_path": "image_json_path", "image_objects": "image_object", "image_object_of_it_all": "",
	} {
		if got := suggest.Name(word, paths); got != want {
			t.Errorf("Name(%q) = %q, want %q", word, got, want)
		}
	}
	// A word of a megabyte against another would take hours.
	for word, want := range map[string]string{
		strings.Repeat("n", 1<<20) + "a": "", strings.Repeat("N", 1<<20): strings.Repeat("n", 1<<20),
		strings.Repeat("n", 199): strings.Repeat("n", 200), strings.Repeat("n", 201): "",
	} {
		if got := suggest.Name(word, []string{strings.Repeat("n", 1<<20), strings.Repeat("n", 200)}); got != want {
			t.Errorf("Name of a word of %d letters has %d letters", len(word), len(got))
		}
	}
	if got := suggest.DidYouMean("contxt", names); got != ` (did you mean "context"?)` {
		t.Errorf("DidYouMean = %q", got)
	}
	for want, got := range map[string]string{
		` (did you mean "context"?)`:                   suggest.OrOneOf("contxt", names),
		` (did you mean "prod-eu" or "prod-us"?)`:      suggest.OrOneOf("prod-es", []string{"prod-us", "kind", "prod-eu"}),
		` (did you mean "gke_1", "gke_2" or "gke_3"?)`: suggest.OrOneOf("gke_7", []string{"gke_4", "gke_3", "gke_2", "gke_1"}),
		`: there are "a", "b"`:                         suggest.OrOneOf("zzz", []string{"a", "b"}),
		`: there is "a"`:                               suggest.OrOneOf("zzz", []string{"a"}),
		"":                                             suggest.OrOneOf("zzz", nil),
		`: there are "a", "b", "c", "d", "e" and 2 more`: suggest.OrOneOf("zzz", strings.Split("gfedcba", "")),
	} {
		if got != want {
			t.Errorf("OrOneOf returned %q, want %q", got, want)
		}
	}
	if got := suggest.DidYouMean("zzz", names); got != "" {
		t.Errorf("DidYouMean = %q, want nothing", got)
	}
}

// TestNameFolds holds the one rule for every kind of name.
func TestNameFolds(t *testing.T) {
	for _, tc := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"k8s_clustr", []string{"k8s_contexts", "k8s_cluster", "cluster"}, "k8s_cluster"},
		{"K8SCluster", []string{"docker_cluster", "k8s_cluster"}, "k8s_cluster"},
		{"imagse", []string{"images", "image"}, "images"},
		{"ro", []string{"so", "rio"}, "so"},
		{"x", []string{"y", "z", "xy"}, ""},
		{"host_from_container", []string{"host_from_container_runtime"}, ""},
		{"prod", nil, ""},
		{"", []string{"a", ""}, ""},
		{"größe", []string{"grosse", "größe2"}, "größe2"},
		{"kitten", []string{"sitting"}, ""},
		{"flaw", []string{"lawn"}, ""},
		{"kitten", []string{"mittens"}, "mittens"},
	} {
		if got := suggest.Name(tc.name, tc.candidates); got != tc.want {
			t.Errorf("Name(%q, %q) = %q, want %q", tc.name, tc.candidates, got, tc.want)
		}
	}
}

func TestNames(t *testing.T) {
	got := suggest.Names("prod", []string{"staging", "prd", "prod-eu", "kind"}, 2)
	if want := []string{"prd", "prod-eu"}; !slices.Equal(got, want) {
		t.Errorf("Names = %q, want %q", got, want)
	}
	if got := suggest.Names("x", nil, 3); len(got) != 0 {
		t.Errorf("Names of nothing = %q", got)
	}
}

func TestNoneOf(t *testing.T) {
	values := []string{"flat", "nested"}
	for _, tc := range []struct{ value, others, want string }{
		{"deep", "", `"deep" is none of "flat", "nested"`},
		{"deep", "function", `"deep" is none of "flat", "nested", and no function`},
		{"flatt", "function", `"flatt" is none of "flat", "nested" (did you mean "flat"?)`},
	} {
		if got := suggest.NoneOf(tc.value, values, tc.others); got != tc.want {
			t.Errorf("NoneOf(%q, %q) = %s, want %s", tc.value, tc.others, got, tc.want)
		}
	}
}
