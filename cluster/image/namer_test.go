package image

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestNamesErrors(t *testing.T) {
	long := strings.Repeat("n", 240)
	longHost := &Registry{Host: "registry.team.example.com:5000"}
	for _, tt := range []struct {
		name             string
		registry         *Registry
		naming           Naming
		ref, tag, digest string
		want             string // part of the error, of a *NameError where rule is set
		rule             Rule
	}{
		{name: "reference", registry: flatHost, ref: "Foo", want: `image reference "Foo": the name has an upper-case letter`},
		{name: "tag", registry: flatHost, ref: "foo", tag: "a/b", want: `image tag "a/b": the tag may hold`},
		{name: "digest", registry: flatHost, ref: "foo", digest: "abc", want: `image digest "abc": the digest has no algorithm`},
		{name: "long name", registry: longHost, ref: long, rule: RuleFlat,
			want: `image "` + long + `" becomes "registry.team.example.com:5000/` + long +
				`" by the rule "flat": it has 271 characters, at most 255 are allowed: use a shorter registry host or the naming "hashed"`},
		{name: "long name for the runtime", registry: &Registry{Host: "r.io", Runtime: longHost.Host}, ref: long, rule: RuleFlat,
			want: `becomes "registry.team.example.com:5000/` + long + `"`},
		{name: "long name for pods", registry: &Registry{Host: "r.io", Network: longHost.Host}, ref: "r.io/" + long, rule: RuleAlreadyHere,
			want: `becomes "registry.team.example.com:5000/` + long + `"`},
		{name: "host without room for a hash", registry: &Registry{Host: "r.io/" + hundred + hundred + strings.Repeat("a", 41)},
			naming: Hashed, ref: "foo", rule: RuleHashed, want: `it has 257 characters, at most 255 are allowed: use a shorter registry host`},
		{name: "single name's tag", registry: singleHost, ref: "fe", tag: strings.Repeat("a", 126), rule: RuleSingleName,
			want: "the tag has 129 characters, at most 128 are allowed: use a shorter name or tag"},
		{name: "function's path", registry: flatHost, ref: "foo", rule: RuleCustom,
			naming: Func(func(string) (string, error) { return "Foo", nil }),
			want:   `image "foo" becomes "Foo" by the rule "custom": the name has an upper-case letter`},
		{name: "function's empty path", registry: flatHost, ref: "foo", rule: RuleCustom,
			naming: Func(func(string) (string, error) { return "", nil }), want: "the name is empty"},
		{name: "function's tag", registry: flatHost, ref: "foo", rule: RuleCustom,
			naming: Func(func(string) (string, error) { return "foo:v1", nil }), want: "a path has no tag and no digest"},
		{name: "unknown scheme", registry: flatHost, ref: "foo", naming: Scheme("deep"), want: `naming "deep": it is not "flat"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mustNamer(t, tt.registry, tt.naming).Names(tt.ref, tt.tag, tt.digest)
			if err == nil {
				t.Fatal("no error")
			}
			if msg := err.Error(); !strings.Contains(msg, tt.want) || strings.Contains(msg, "\n") {
				t.Errorf("error %q, want one line with %q", msg, tt.want)
			}
			var nameErr *NameError
			if errors.As(err, &nameErr) != (tt.rule != "") || nameErr != nil && nameErr.Rule != tt.rule {
				t.Errorf("error %#v, want one of the rule %q", err, tt.rule)
			}
		})
	}
}

func TestNamingFunctionFails(t *testing.T) {
	cause := errors.New("no such team")
	calls := 0
	namer := mustNamer(t, flatHost, Func(func(familiar string) (string, error) {
		calls++
		return "", fmt.Errorf("%s: %w", familiar, cause)
	}))
	for range 2 {
		_, err := namer.Names("docker.io/library/foo:v1", "", "")
		if !errors.Is(err, cause) || err.Error() != `naming function, called with "foo": foo: no such team` {
			t.Errorf("error %v", err)
		}
	}
	if calls != 2 {
		t.Errorf("called %d times, want 2: a failure is not remembered", calls)
	}
}

func TestNewNamerErrors(t *testing.T) {
	for _, tt := range []struct {
		registry         Registry
		what, text, want string
	}{
		{Registry{}, WhatHost, "", "it is empty"},
		{Registry{Host: "gcr.io", Runtime: "foo"}, WhatHost, "foo", `it means "docker.io/foo"`},
		{Registry{Host: "gcr.io", Network: "http://foo"}, WhatHost, "http://foo", "it is a URL"},
		{Registry{Host: "gcr.io", SingleName: "dev:v1"}, WhatSingleName, "dev:v1", "no tag"},
	} {
		_, err := NewNamer(&tt.registry, nil)
		checkFault(t, err, tt.what, tt.text, tt.want)
	}
}

// A Namer keeps a registry of its own.
func TestNamerCopiesRegistry(t *testing.T) {
	registry := *flatHost
	namer := mustNamer(t, &registry, nil)
	registry.Host = "changed"
	if got, err := namer.Names("foo", "", ""); err != nil || got.Local != "myreg.com:5000/foo" {
		t.Errorf("Local = %q, %v", got.Local, err)
	}
}

// What is remembered is bounded, and a name beyond the bound is still right.
func TestNamerMemoryIsBounded(t *testing.T) {
	namer := mustNamer(t, flatHost, nil)
	for i := range maxKnown + 10 {
		ref := fmt.Sprintf("image-%d", i)
		got, err := namer.Names(ref, "", "")
		if err != nil || got.Local != "myreg.com:5000/"+ref {
			t.Fatalf("Names(%q).Local = %q, %v", ref, got.Local, err)
		}
	}
	if len(namer.known) != maxKnown {
		t.Errorf("%d names are remembered, want %d", len(namer.known), maxKnown)
	}
}

// A Namer serves many goroutines; run this with the race detector.
func TestNamerConcurrently(t *testing.T) {
	namer := mustNamer(t, threeHosts, Hashed)
	want := map[string]Names{}
	for i := range 100 {
		ref := fmt.Sprintf("gcr.io/team/image-%d", i)
		names, err := mustNamer(t, threeHosts, Hashed).Names(ref, "v1", "")
		if err != nil {
			t.Fatal(err)
		}
		want[ref] = names
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for ref, names := range want {
				if got, err := namer.Names(ref, "v1", ""); err != nil || got != names {
					t.Errorf("Names(%q) = %+v, %v, want %+v", ref, got, err, names)
				}
			}
		})
	}
	all.Wait()
}

func mustNamer(t testing.TB, registry *Registry, naming Naming) *Namer {
	t.Helper()
	namer, err := NewNamer(registry, naming)
	if err != nil {
		t.Fatal(err)
	}
	return namer
}
