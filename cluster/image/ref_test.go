package image

import (
	_ "crypto/sha256" // go-digest knows only the algorithms that are linked in
	_ "crypto/sha512"
	"errors"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/google/go-cmp/cmp"
)

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

const (
	hex32  = "0123456789abcdef0123456789abcdef"
	digest = "sha256:" + hex32 + hex32
	// otherDigest is another one.
	otherDigest = "sha256:" + hex32 + "fedcba9876543210fedcba9876543210"
)

var parseTests = []struct {
	text     string
	want     Ref
	familiar string
}{
	{"busybox", Ref{Domain: "docker.io", Path: "library/busybox"}, "busybox"},
	{"library/busybox", Ref{Domain: "docker.io", Path: "library/busybox"}, "busybox"},
	{"docker.io/busybox", Ref{Domain: "docker.io", Path: "library/busybox"}, "busybox"},
	{"docker.io/library/busybox", Ref{Domain: "docker.io", Path: "library/busybox"}, "busybox"},
	{"index.docker.io/busybox", Ref{Domain: "docker.io", Path: "library/busybox"}, "busybox"},
	{"index.docker.io/library/busybox:1.36", Ref{Domain: "docker.io", Path: "library/busybox", Tag: "1.36"}, "busybox:1.36"},
	{"me/foo", Ref{Domain: "docker.io", Path: "me/foo"}, "me/foo"},
	{"library/foo/bar", Ref{Domain: "docker.io", Path: "library/foo/bar"}, "library/foo/bar"},
	{"localhost", Ref{Domain: "docker.io", Path: "library/localhost"}, "localhost"},
	{"localhost:5000", Ref{Domain: "docker.io", Path: "library/localhost", Tag: "5000"}, "localhost:5000"},
	{"localhost/foo", Ref{Domain: "localhost", Path: "foo"}, "localhost/foo"},
	{"localhost:5000/foo", Ref{Domain: "localhost:5000", Path: "foo"}, "localhost:5000/foo"},
	{"foo:5000/bar", Ref{Domain: "foo:5000", Path: "bar"}, "foo:5000/bar"},
	{"FOO/bar", Ref{Domain: "FOO", Path: "bar"}, "FOO/bar"},
	{"docker.io:443/foo", Ref{Domain: "docker.io:443", Path: "foo"}, "docker.io:443/foo"},
	{"gcr.io/foo/bar", Ref{Domain: "gcr.io", Path: "foo/bar"}, "gcr.io/foo/bar"},
	{"gcr.io/library/foo", Ref{Domain: "gcr.io", Path: "library/foo"}, "gcr.io/library/foo"},
	{"docker.io/gcr.io/foo", Ref{Domain: "docker.io", Path: "gcr.io/foo"}, "gcr.io/foo"},
	{"[::1]:5000/foo", Ref{Domain: "[::1]:5000", Path: "foo"}, "[::1]:5000/foo"},
	{"[FE80::1]/foo", Ref{Domain: "[FE80::1]", Path: "foo"}, "[FE80::1]/foo"},
	{"my_host.com/app", Ref{Path: "my_host.com/app"}, "my_host.com/app"},
	{"foo:v1@" + digest, Ref{Domain: "docker.io", Path: "library/foo", Tag: "v1", Digest: digest}, "foo:v1@" + digest},
	{"foo@" + digest, Ref{Domain: "docker.io", Path: "library/foo", Digest: digest}, "foo@" + digest},
	{"foo@sha384:" + hex32 + hex32 + hex32, Ref{Domain: "docker.io", Path: "library/foo", Digest: "sha384:" + hex32 + hex32 + hex32}, "foo@sha384:" + hex32 + hex32 + hex32},
	{"foo@sha512:" + hex32 + hex32 + hex32 + hex32, Ref{Domain: "docker.io", Path: "library/foo", Digest: "sha512:" + hex32 + hex32 + hex32 + hex32}, "foo@sha512:" + hex32 + hex32 + hex32 + hex32},
	{"foo:_1.A-b", Ref{Domain: "docker.io", Path: "library/foo", Tag: "_1.A-b"}, "foo:_1.A-b"},
	{"a.b--c__d_e/f", Ref{Path: "a.b--c__d_e/f"}, "a.b--c__d_e/f"},
	{"docker.io/library/" + hex32 + hex32, Ref{Domain: "docker.io", Path: "library/" + hex32 + hex32}, hex32 + hex32},
}

func TestParse(t *testing.T) {
	for _, tt := range parseTests {
		got, err := Parse(tt.text)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Parse(%q): -want +got\n%s", tt.text, diff)
		}
		if got.String() != tt.familiar {
			t.Errorf("Parse(%q).String() = %q, want %q", tt.text, got.String(), tt.familiar)
		}
		checkAgainstReference(t, tt.text)
	}
}

var parseErrorTests = []struct{ text, want string }{
	{"", `image reference "": the name is empty`},
	{hex32 + hex32, "are an image ID, not a name"},
	{"Foo", "upper-case letter"},
	{"foo/Bar", "upper-case letter"},
	{"gcr.io/Foo", "upper-case letter"},
	{"https://gcr.io/foo", `it is a URL, leave out "https://"`},
	{"gcr.io:port/foo", `"gcr.io:port" is not a host name or address`},
	{"-foo.com/x", `"-foo.com" is not a host name or address`},
	{"a-.com/foo", `"a-.com" is not a host name or address`},
	{"a..com/foo", `"a..com" is not a host name or address`},
	{"[::1/foo", `is not a host name or address`},
	{"[]:5000/foo", `is not a host name or address`},
	{"[::1]5000/foo", `is not a host name or address`},
	{"my_host:5000/foo", `is not a host name or address`},
	{"IMAGE_URL", "upper-case letter"},
	{"{{ .Values.image }}", "the character '{' is not allowed in a name"},
	{"foo bar", "the character ' ' is not allowed in a name"},
	{"gcr.io/é", "the character 'é' is not allowed in a name"},
	{"foo//bar", "an element of the name is empty"},
	{"/foo", "an element of the name is empty"},
	{"gcr.io/", `write "gcr.io"`},
	{"foo/", "ends in a slash, leave it out: write"},
	{"foo-", "ends in '-'"},
	{"foo-:v1", "ends in '-'"},
	{"foo..bar", `'.' is not allowed at ".bar"`},
	{"foo___bar", `'_' is not allowed at "_bar"`},
	{":v1", "the name before ':' is empty"},
	{"foo:", "the tag is empty"},
	{"foo:@" + digest, "the tag is empty"},
	{"foo:-v1", "the tag must begin with"},
	{"foo:a/b", `"foo:a" is not a host name or address`},
	{"foo:a+b", "the tag may hold"},
	{"foo:" + strings.Repeat("a", 129), "the tag has 129 characters, at most 128 are allowed"},
	{"foo@" + hex32 + hex32, "has no algorithm"},
	{"foo@", "has no algorithm"},
	{"foo@md5:" + hex32, `the digest algorithm "md5" is not one of`},
	{"foo@sha256:" + hex32, "has 32 characters after sha256:, it needs 64"},
	{"foo@sha256:" + strings.ToUpper(hex32+hex32), "in lower case"},
	{"foo@" + digest + "@" + digest, "it needs 64"},
	{"gcr.io/" + strings.Repeat("a", 256), "the path has 256 characters, at most 255 are allowed"},
	{strings.Repeat("a", 248), "the path has 256 characters"},
}

func TestParseErrors(t *testing.T) {
	for _, tt := range parseErrorTests {
		_, err := Parse(tt.text)
		var parseErr *ParseError
		if !errors.As(err, &parseErr) {
			t.Errorf("Parse(%q): got %v, want a *ParseError", tt.text, err)
			continue
		}
		if parseErr.What != WhatReference || parseErr.Text != tt.text {
			t.Errorf("Parse(%q): error is about %s %q", tt.text, parseErr.What, parseErr.Text)
		}
		if msg := err.Error(); !strings.Contains(msg, tt.want) || strings.Contains(msg, "\n") {
			t.Errorf("Parse(%q): error %q, want one line with %q", tt.text, msg, tt.want)
		}
		checkAgainstReference(t, tt.text)
	}
}

// The longest of everything is accepted.
func TestParseAtLimits(t *testing.T) {
	for _, text := range []string{
		"gcr.io/" + strings.Repeat("a", 255),
		strings.Repeat("a", 247),
		"foo:" + strings.Repeat("a", 128),
	} {
		if _, err := Parse(text); err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
		checkAgainstReference(t, text)
	}
}

// Every short string is judged, alone and as a domain, so that no state of the
// scans is left out.
func TestParseShortTexts(t *testing.T) {
	const bytes, longest = "0A._-/:@[]", 4
	var extend func(text string)
	extend = func(text string) {
		checkAgainstReference(t, text)
		checkAgainstReference(t, text+"/0")
		for i := range bytes {
			if len(text) < longest {
				extend(text + bytes[i:i+1])
			}
		}
	}
	extend("")
}

// FuzzParse holds Parse to distribution/reference: the same strings are
// accepted, with the same parts and the same familiar form.
func FuzzParse(f *testing.F) {
	for _, tt := range parseTests {
		f.Add(tt.text)
	}
	for _, tt := range parseErrorTests {
		f.Add(tt.text)
	}
	f.Fuzz(checkAgainstReference)
}

// parts is what both parsers say of a reference.
type parts struct {
	Domain, Path, Tag, Digest, Name, FamiliarName, FamiliarString string
}

func checkAgainstReference(t *testing.T, text string) {
	t.Helper()
	got, err := Parse(text)
	named, judgeErr := reference.ParseNormalizedNamed(text)
	if (err == nil) != (judgeErr == nil) {
		t.Fatalf("Parse(%q): error %v, distribution/reference says %v", text, err, judgeErr)
	}
	if err != nil {
		return
	}
	want := parts{
		Domain:         reference.Domain(named),
		Path:           reference.Path(named),
		Name:           named.Name(),
		FamiliarName:   reference.FamiliarName(named),
		FamiliarString: reference.FamiliarString(named),
	}
	if tagged, ok := named.(reference.Tagged); ok {
		want.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		want.Digest = digested.Digest().String()
	}
	ours := parts{got.Domain, got.Path, got.Tag, got.Digest, got.Name(), got.Familiar(), got.String()}
	if diff := cmp.Diff(want, ours); diff != "" {
		t.Fatalf("Parse(%q): -distribution/reference +ours\n%s", text, diff)
	}
}
