package image

import "testing"

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		declared, found string
		want            bool
	}{
		{"foo", "foo", true},
		{"foo", "foo:v1", true},
		{"foo", "foo@" + digest, true},
		{"foo", "docker.io/library/foo:v1", true},
		{"index.docker.io/foo", "library/foo", true},
		{"me/foo", "docker.io/me/foo:v1", true},
		{"foo:v1", "foo:v1", true},
		{"foo:v1", "docker.io/foo:v1@" + digest, true},
		{"foo:v1", "foo", false},
		{"foo:v1", "foo:v2", false},
		{"foo:latest", "foo", false},
		{"foo@" + digest, "foo:v1", true},
		{"foo", "me/foo", false},
		{"foo", "gcr.io/foo", false},
		{"gcr.io/foo", "gcr.io/foo:v1", true},
		{"gcr.io/foo", "docker.io/gcr.io/foo", false},
		{"localhost:5000/foo", "localhost:50001/foo", false},
	} {
		if got := mustParse(t, tt.declared).Match(mustParse(t, tt.found)); got != tt.want {
			t.Errorf("declared %q, found %q: match is %v, want %v", tt.declared, tt.found, got, tt.want)
		}
	}
}

func mustParse(t testing.TB, text string) Ref {
	t.Helper()
	ref, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}
