package spell

import "testing"

func TestNearest(t *testing.T) {
	for _, tc := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"contxt", []string{"context", "namespace"}, "context"},
		{"k8s_clustr", []string{"k8s_contexts", "k8s_cluster", "cluster"}, "k8s_cluster"},
		{"K8SCluster", []string{"docker_cluster", "k8s_cluster"}, "k8s_cluster"},
		{"imagse", []string{"images", "image"}, "images"},
		{"ro", []string{"so", "rio"}, "so"},
		{"x", []string{"y", "z", "xy"}, ""},
		{"foo", []string{"bar", "registry"}, ""},
		{"host_from_container", []string{"host_from_container_runtime"}, ""},
		{"prod", []string{}, ""},
		{"", []string{"a", ""}, ""},
		{"größe", []string{"grosse", "größe2"}, "größe2"},
	} {
		if got := Nearest(tc.name, tc.candidates); got != tc.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", tc.name, tc.candidates, got, tc.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "acb", 1},
		{"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ab", "ba", 1},
	} {
		if got := distance(tc.a, tc.b); got != tc.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
		if got := distance(tc.b, tc.a); got != tc.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tc.b, tc.a, got, tc.want)
		}
	}
}
