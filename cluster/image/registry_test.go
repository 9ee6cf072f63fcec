package image

import (
	"errors"
	"strings"
	"testing"

	"github.com/distribution/reference"
)

var hostTests = []struct {
	host string
	want string // part of the error; empty: valid
}{
	{"localhost", ""},
	{"localhost:5000", ""},
	{"gcr.io", ""},
	{"gcr.io/foo", ""},
	{"gcr.io/foo/bar", ""},
	{"[::1]:5000", ""},
	{"127.0.0.1:5000", ""},
	{"docker.io/me", ""},
	{"docker.io/library", ""},
	{"registry:5000", ""},
	{"", "it is empty"},
	{"foo", `it means "docker.io/foo": a host has a dot or a port, or is localhost`},
	{"foo/bar/baz", `it means "docker.io/foo/bar/baz"`},
	{"docker.io", "write docker.io/<account>"},
	{"index.docker.io", "write docker.io/<account>"},
	{"index.docker.io/me", `write it as "docker.io/me"`},
	{"https://gcr.io/foo", `it is a URL, leave out "https://"`},
	{"gcr.io/", `leave out the slash at the end: write "gcr.io"`},
	{"gcr.io/Foo", `write "gcr.io/foo"`},
	// Upper-case letters without a lower case.
	{"gcr.io/𝐀", "the character '𝐀' is not allowed in a name"},
	{"gcr.io/A𝐀", "the name has an upper-case letter"},
	{"gcr.io/ϒ/ϓ", "the character 'ϒ' is not allowed in a name"},
	{"https://gcr.io/foo/", `it is a URL, leave out "https://": write "gcr.io/foo"`},
	{"ko://gcr.io/foo", "names a Go package for ko to build"},
	{"gcr.io/foo:v1", "it must have no tag and no digest"},
	{"/foo", "an element of the name is empty"},
}

func TestValidateHost(t *testing.T) {
	for _, tt := range hostTests {
		err := ValidateHost(tt.host)
		checkHostAgainstReference(t, tt.host)
		checkFault(t, err, WhatHost, tt.host, tt.want)
	}
}

func TestValidateSingleName(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"team/dev", ""},
		{"dev", ""},
		{"a__b.c-d/e", ""},
		{strings.Repeat("a", 255), ""},
		{"", "the name is empty"},
		{"Team/dev", "upper-case"},
		{"team/dev:v1", "it must have no tag and no digest"},
		{"team/dev@" + digest, "it must have no tag and no digest"},
		{"/team", "an element of the name is empty"},
		{"team/", `write "team"`},
		{"team dev", "not allowed in a name"},
		{strings.Repeat("a", 256), "it has 256 characters, at most 255 are allowed"},
	} {
		checkFault(t, ValidateSingleName(tt.name), WhatSingleName, tt.name, tt.want)
	}
}

// FuzzValidateHost holds ValidateHost to the rule it states.
func FuzzValidateHost(f *testing.F) {
	for _, tt := range hostTests {
		f.Add(tt.host)
	}
	f.Fuzz(checkHostAgainstReference)
}

func checkHostAgainstReference(t *testing.T, host string) {
	t.Helper()
	err := ValidateHost(host)
	_, judgeErr := reference.ParseNamed(host + "/x")
	if (err == nil) != (judgeErr == nil) {
		t.Fatalf("ValidateHost(%q): error %v, distribution/reference says %v", host, err, judgeErr)
	}
}

// checkFault checks that err is nil if want is empty, else a one-line
// *ParseError about text that holds want.
func checkFault(t *testing.T, err error, what, text, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s %q: unexpected error: %v", what, text, err)
		}
		return
	}
	var parseErr *ParseError
	if !errors.As(err, &parseErr) {
		t.Errorf("%s %q: got %v, want a *ParseError", what, text, err)
		return
	}
	if parseErr.What != what || parseErr.Text != text {
		t.Errorf("%s %q: error is about %s %q", what, text, parseErr.What, parseErr.Text)
	}
	if msg := err.Error(); !strings.Contains(msg, want) || strings.Contains(msg, "\n") {
		t.Errorf("%s %q: error %q, want one line with %q", what, text, msg, want)
	}
}
