package nearest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/nearest"
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
		if got := nearest.Name(tt.word, names); got != tt.want {
			t.Errorf("Name(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
	if got := nearest.DidYouMean("contxt", names); got != ` (did you mean "context"?)` {
		t.Errorf("DidYouMean = %q", got)
	}
	for want, got := range map[string]string{
		` (did you mean "context"?)`: nearest.OrOneOf("contxt", names),
		`: there are "a", "b"`:       nearest.OrOneOf("zzz", []string{"a", "b"}),
		`: there is "a"`:             nearest.OrOneOf("zzz", []string{"a"}),
		"":                           nearest.OrOneOf("zzz", nil),
		`: there are "a", "b", "c", "d", "e" and 2 more`: nearest.OrOneOf("zzz", strings.Split("gfedcba", "")),
	} {
		if got != want {
			t.Errorf("OrOneOf gives %q, want %q", got, want)
		}
	}
	if got := nearest.DidYouMean("zzz", names); got != "" {
		t.Errorf("DidYouMean = %q, want nothing", got)
	}
}

func TestNames(t *testing.T) {
	got := nearest.Names("prod", []string{"staging", "prd", "prod-eu", "kind"}, 2)
	if want := []string{"prd", "prod-eu"}; !slices.Equal(got, want) {
		t.Errorf("Names = %q, want %q", got, want)
	}
	if got := nearest.Names("x", nil, 3); len(got) != 0 {
		t.Errorf("Names of nothing = %q", got)
	}
}
