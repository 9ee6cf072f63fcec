package kube

import (
	"strings"
	"testing"
)

func TestEditDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"prod", "prod", 0}, {"prd", "prod", 1}, {"stagging", "staging", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 2},
	} {
		if got := editDistance(tc.a, tc.b); got != tc.want {
			t.Errorf("%q to %q: %d, want %d", tc.a, tc.b, got, tc.want)
		}
		if got := editDistance(tc.b, tc.a); got != tc.want {
			t.Errorf("%q to %q: %d, want %d", tc.b, tc.a, got, tc.want)
		}
	}
}

func TestNear(t *testing.T) {
	for _, tc := range []struct {
		name, known, want string
	}{
		{"x", "", ""},
		{"prd", "staging prod", ` (known: "prod", "staging")`},
		{"PRD", "a b c d prod", ` (nearest: "prod", "d", "a")`},
	} {
		if got := near(tc.name, strings.Fields(tc.known)); got != tc.want {
			t.Errorf("%q of %q: %s, want %s", tc.name, tc.known, got, tc.want)
		}
	}
}
