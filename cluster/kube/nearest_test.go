package kube

import (
	"strings"
	"testing"
)

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
