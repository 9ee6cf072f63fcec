package image

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesErrors(t *testing.T) {
	long := strings.Repeat("n", 240)
	longHost := &Registry{Host: "registry.team.example.com:5000"}
	for _, tt := range []struct {
		name             string
		registry         *Registry
		naming           Naming
		ref, tag, digest string
		named            string
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
			naming: Func(func(string) (Placement, error) { return Placement{Path: "Foo"}, nil }),
			want:   `image "foo" becomes "Foo" by the rule "custom": the name has an upper-case letter`},
		{name: "function's own name", registry: flatHost, ref: "gcr.io/foo", rule: RuleCustom,
			naming: Func(ParsePlacement), want: `the naming returned the image's own name, which could be a path or a full name: return None`},
		{name: "function that names a name again", registry: flatHost, ref: "foo", rule: RuleCustom,
			naming: Func(func(familiar string) (Placement, error) { return Placement{Name: "mirror.io/" + familiar}, nil }),
			want:   `image "foo" becomes "mirror.io/foo" by the rule "custom": for that name the naming returns "mirror.io/mirror.io/foo" again: have it return None`},
		{name: "function that names a name again, in the registry of one repository", registry: singleHost, ref: "foo", rule: RuleCustom,
			naming: Func(func(familiar string) (Placement, error) {
				return Placement{Name: singleHost.Host + "/x/" + path.Base(familiar)}, nil
			}),
			want: "have it return None"},
		{name: "function that names a name again, by a path", registry: flatHost, ref: "foo", rule: RuleCustom,
			naming: Func(func(familiar string) (Placement, error) {
				if strings.Contains(familiar, "/") {
					return Placement{Path: "mirrored/foo"}, nil
				}
				return Placement{Name: "mirror.io/foo"}, nil
			}),
			want: `for that name the naming returns "mirrored/foo" again: have it return None`},
		{name: "function's bad full name", registry: flatHost, ref: "foo", rule: RuleCustom,
			naming: Func(func(string) (Placement, error) { return Placement{Name: "mirror.io/"}, nil }), want: "ends in a slash"},
		{name: "named with a tag", registry: flatHost, ref: "foo", named: "bar:v1", want: `place of an image "bar:v1": it must have no tag and no digest`},
		{name: "named in full with a tag", registry: flatHost, ref: "foo", named: "gcr.io/bar:v1", want: "it must have no tag and no digest"},
		{name: "named by a path with a digest", registry: flatHost, ref: "foo", named: "bar@" + digest, want: "it must have no tag and no digest"},
		{name: "named by a bad path", registry: flatHost, ref: "foo", named: "team//bar", want: `place of an image "team//bar": an element of the name is empty`},
		{name: "named in full, badly", registry: flatHost, ref: "foo", named: "gcr.io/Bar", want: `place of an image "gcr.io/Bar": the name has an upper-case letter, it must be lower case: write "gcr.io/bar"`},
		{name: "named by what is no host", registry: flatHost, ref: "foo", named: "my_host.com/bar", want: `"my_host.com" is neither a host nor the start of a path`},
		{name: "named in upper case", registry: flatHost, ref: "foo", named: "MyTeam/bar", want: `"MyTeam" means a registry host, since only a host may have an upper-case letter: write "myteam/bar"`},
		{name: "named by an ID, no registry", ref: "foo", named: hex32 + hex32, want: "64 hexadecimal digits are an image ID, not a name"},
		{name: "named, too long", registry: flatHost, ref: "foo", named: "gcr.io/" + long + "/long-name", rule: RuleNamed, want: "use a shorter name"},
		{name: "namespace in upper case", registry: flatHost, ref: "MyTeam/api:v1",
			want: `"MyTeam" means a registry host, since only a host may have an upper-case letter: write "myteam/api:v1", or "myteam:443/api:v1" if a host is meant`},
		{name: "path in upper case", registry: flatHost, ref: "gcr.io/Team/api:V1", want: `it must be lower case: write "gcr.io/team/api:V1"`},
		{name: "URL", ref: "https://gcr.io/foo/", want: `it is a URL, leave out "https://": write "gcr.io/foo"`},
		{name: "slash at the end", ref: "gcr.io/foo/", want: `the name ends in a slash, leave it out: write "gcr.io/foo"`},
		{name: "ko", ref: "ko://github.com/team/cmd/api", want: `"ko://" names a Go package for ko to build, not an image: write the name that ko pushes the image to`},
		{name: "function's tag", registry: flatHost, ref: "foo", rule: RuleCustom,
			naming: Func(func(string) (Placement, error) { return Placement{Path: "foo:v1"}, nil }), want: "a path has no tag and no digest"},
		{name: "unknown scheme", registry: flatHost, ref: "foo", naming: Scheme("deep"), want: `naming "deep": it is not "flat"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mustNamer(t, tt.registry, tt.naming).Names(Request{Ref: tt.ref, Tag: tt.tag, Digest: tt.digest, Named: tt.named})
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
	namer := mustNamer(t, flatHost, Func(func(familiar string) (Placement, error) {
		calls++
		return Placement{}, fmt.Errorf("%s: %w", familiar, cause)
	}))
	for range 2 {
		_, err := namer.Names(Request{Ref: "docker.io/library/foo:v1"})
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

// A naming function is asked about the full names that it returns too, and can fail then.
func TestNamingFunctionFailsForItsOwnName(t *testing.T) {
	cause := errors.New("no such team")
	_, err := mustNamer(t, flatHost, Func(func(familiar string) (Placement, error) {
		if familiar == "mirror.io/foo" {
			return Placement{}, cause
		}
		return Placement{Name: "mirror.io/" + familiar}, nil
	})).Names(Request{Ref: "foo"})
	if !errors.Is(err, cause) || err.Error() != `naming function, called with "mirror.io/foo": no such team` {
		t.Errorf("error %v", err)
	}
}

// A Namer keeps a registry of its own.
func TestNamerCopiesRegistry(t *testing.T) {
	registry := *flatHost
	namer := mustNamer(t, &registry, nil)
	registry.Host = "changed"
	if got, err := namer.Names(Request{Ref: "foo"}); err != nil || got.Local != "myreg.com:5000/foo" {
		t.Errorf("Local = %q, %v", got.Local, err)
	}
}

// What is remembered is bounded, and a name beyond the bound is still right.
func TestNamerMemoryIsBounded(t *testing.T) {
	namer := mustNamer(t, flatHost, nil)
	for i := range maxKnown + 10 {
		ref := fmt.Sprintf("image-%d", i)
		got, err := namer.Names(Request{Ref: ref})
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
		names, err := mustNamer(t, threeHosts, Hashed).Names(Request{Ref: ref, Tag: "v1"})
		if err != nil {
			t.Fatal(err)
		}
		want[ref] = names
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for ref, names := range want {
				if got, err := namer.Names(Request{Ref: ref, Tag: "v1"}); err != nil || got != names {
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

// The registries of the tests.
var (
	flatHost   = &Registry{Host: "myreg.com:5000"}
	kindHost   = &Registry{Host: "localhost:5000", Runtime: "registry:5000"}
	threeHosts = &Registry{Host: "localhost:5000", Runtime: "registry:5000", Network: "registry.svc:5000"}
	hubHost    = &Registry{Host: "docker.io/me"}
	gcrHost    = &Registry{Host: "gcr.io/foo"}
	singleHost = &Registry{Host: "123.dkr.ecr.us-east-1.amazonaws.com", SingleName: "team/dev"}
	nestedHost = &Registry{Host: "reg.com/a", Runtime: "reg.com/a/b"}
)

// mirror puts images where mirrors of their registries are, and leaves those of
// Docker Hub alone.
var mirror = Func(func(familiar string) (Placement, error) {
	switch domain, rest, _ := strings.Cut(familiar, "/"); domain {
	case "ghcr.io":
		return Placement{Name: "ghcr.mirror.io/" + rest}, nil
	case "quay.io":
		if familiar == "quay.io/team/api" {
			return Placement{Path: rest}, nil
		}
		return Placement{Name: "registry:5000/quay/" + rest}, nil
	}
	return Placement{}, nil
})

// hundred is a path element of 100 characters.
var hundred = strings.Repeat("a", 100)

var namesTests = []struct {
	name             string
	registry         *Registry
	naming           Naming
	ref, tag, digest string
	named            string
	want             Names // Ref, Name, Tag and Digest are compared where Ref is set
}{
	// 1 and 2: the familiar name; no registry.
	{name: "no registry", ref: "gcr.io/foo/bar:v1",
		want: Names{Ref: "gcr.io/foo/bar:v1", Name: "gcr.io/foo/bar", Tag: "v1",
			Local: "gcr.io/foo/bar:v1", Cluster: "gcr.io/foo/bar:v1", Network: "gcr.io/foo/bar:v1", Rule: RuleUnchanged}},
	{name: "no registry, Docker Hub", ref: "docker.io/library/busybox",
		want: Names{Ref: "busybox", Name: "busybox", Local: "busybox", Cluster: "busybox", Network: "busybox", Rule: RuleUnchanged}},
	{name: "no registry, another tag", ref: "busybox:1@" + digest, tag: "2",
		want: Names{Ref: "busybox:1@" + digest, Name: "busybox", Tag: "2",
			Local: "busybox:2", Cluster: "busybox:2", Network: "busybox:2", Rule: RuleUnchanged}},
	{name: "no registry, ambiguous familiar name", ref: "docker.io/gcr.io/foo",
		want: Names{Local: "docker.io/gcr.io/foo", Cluster: "docker.io/gcr.io/foo", Network: "docker.io/gcr.io/foo", Rule: RuleUnchanged}},
	{name: "no registry, familiar name like an ID", ref: "docker.io/library/" + hex32 + hex32,
		want: Names{Local: "docker.io/library/" + hex32 + hex32, Cluster: "docker.io/library/" + hex32 + hex32,
			Network: "docker.io/library/" + hex32 + hex32, Rule: RuleUnchanged}},

	// 3: one repository.
	{name: "single name", registry: singleHost, ref: "fe", tag: "abc",
		want: Names{Ref: "fe", Name: "fe", Tag: "abc", Local: singleHost.Host + "/team/dev:fe-abc",
			Cluster: singleHost.Host + "/team/dev:fe-abc", Rule: RuleSingleName}},
	{name: "single name, no tag", registry: singleHost, ref: "gcr.io/foo/fe",
		want: Names{Local: singleHost.Host + "/team/dev:fe", Cluster: singleHost.Host + "/team/dev:fe", Rule: RuleSingleName}},
	{name: "single name, tag and digest", registry: singleHost, ref: "fe:v1@" + digest,
		want: Names{Local: singleHost.Host + "/team/dev:fe-v1@" + digest, Cluster: singleHost.Host + "/team/dev:fe-v1@" + digest, Rule: RuleSingleName}},
	{name: "single name, digest", registry: singleHost, ref: "fe@" + digest,
		want: Names{Local: singleHost.Host + "/team/dev:fe@" + digest, Cluster: singleHost.Host + "/team/dev:fe@" + digest, Rule: RuleSingleName}},
	{name: "single name again", registry: singleHost, ref: singleHost.Host + "/team/dev:fe-abc",
		want: Names{Local: singleHost.Host + "/team/dev:fe-abc", Cluster: singleHost.Host + "/team/dev:fe-abc", Rule: RuleAlreadyHere}},
	{name: "single name, another repository there", registry: singleHost, ref: singleHost.Host + "/team/dev/fe:abc",
		want: Names{Local: singleHost.Host + "/team/dev:fe-abc", Cluster: singleHost.Host + "/team/dev:fe-abc", Rule: RuleSingleName}},
	{name: "single name's path elsewhere", registry: singleHost, ref: "gcr.io/team/dev:abc",
		want: Names{Local: singleHost.Host + "/team/dev:dev-abc", Cluster: singleHost.Host + "/team/dev:dev-abc", Rule: RuleSingleName}},
	{name: "single name, two hosts", registry: &Registry{Host: "localhost:5000", Runtime: "registry:5000", SingleName: "dev"},
		ref:  "registry:5000/dev:fe-abc",
		want: Names{Local: "localhost:5000/dev:fe-abc", Cluster: "registry:5000/dev:fe-abc", Rule: RuleAlreadyHere}},
	{name: "single name with a repeat", registry: &Registry{Host: "reg.com/a", Runtime: "reg.com/a/b", SingleName: "b/c"},
		ref:  "reg.com/a/b/c:fe",
		want: Names{Local: "reg.com/a/b/c:fe", Cluster: "reg.com/a/b/b/c:fe", Rule: RuleAlreadyHere}},

	// 4: already in the registry, by any host, on a path boundary.
	{name: "by the host", registry: kindHost, ref: "localhost:5000/foo",
		want: Names{Ref: "localhost:5000/foo", Name: "localhost:5000/foo",
			Local: "localhost:5000/foo", Cluster: "registry:5000/foo", Rule: RuleAlreadyHere}},
	{name: "by the runtime's host", registry: kindHost, ref: "registry:5000/foo",
		want: Names{Local: "localhost:5000/foo", Cluster: "registry:5000/foo", Rule: RuleAlreadyHere}},
	{name: "by the pods' host", registry: threeHosts, ref: "registry.svc:5000/team/foo:v1",
		want: Names{Local: "localhost:5000/team/foo:v1", Cluster: "registry:5000/team/foo:v1",
			Network: "registry.svc:5000/team/foo:v1", Rule: RuleAlreadyHere}},
	{name: "another port", registry: kindHost, ref: "localhost:50001/foo",
		want: Names{Local: "localhost:5000/localhost_50001_foo", Cluster: "registry:5000/localhost_50001_foo", Rule: RuleFlat}},
	{name: "Docker Hub account", registry: hubHost, ref: "me/foo",
		want: Names{Ref: "me/foo", Name: "me/foo", Local: "docker.io/me/foo", Cluster: "docker.io/me/foo", Rule: RuleAlreadyHere}},
	{name: "Docker Hub account, full name", registry: hubHost, ref: "docker.io/me/foo",
		want: Names{Local: "docker.io/me/foo", Cluster: "docker.io/me/foo", Rule: RuleAlreadyHere}},
	{name: "Docker Hub account, old name", registry: hubHost, ref: "index.docker.io/me/foo",
		want: Names{Local: "docker.io/me/foo", Cluster: "docker.io/me/foo", Rule: RuleAlreadyHere}},
	{name: "another Docker Hub account", registry: hubHost, ref: "menu/foo",
		want: Names{Local: "docker.io/me/menu_foo", Cluster: "docker.io/me/menu_foo", Rule: RuleFlat}},
	{name: "official images", registry: &Registry{Host: "docker.io/library"}, ref: "busybox",
		want: Names{Local: "docker.io/library/busybox", Cluster: "docker.io/library/busybox", Rule: RuleAlreadyHere}},
	{name: "inside a project", registry: gcrHost, ref: "gcr.io/foo/bar",
		want: Names{Local: "gcr.io/foo/bar", Cluster: "gcr.io/foo/bar", Rule: RuleAlreadyHere}},
	{name: "beside a project", registry: gcrHost, ref: "gcr.io/foobar",
		want: Names{Local: "gcr.io/foo/gcr.io_foobar", Cluster: "gcr.io/foo/gcr.io_foobar", Rule: RuleFlat}},
	{name: "the project itself", registry: gcrHost, ref: "gcr.io/foo",
		want: Names{Local: "gcr.io/foo/gcr.io_foo", Cluster: "gcr.io/foo/gcr.io_foo", Rule: RuleFlat}},
	{name: "whatever the naming", registry: kindHost, naming: Hashed, ref: "registry:5000/foo",
		want: Names{Local: "localhost:5000/foo", Cluster: "registry:5000/foo", Rule: RuleAlreadyHere}},
	{name: "host inside host, outer", registry: nestedHost, ref: "reg.com/a/x",
		want: Names{Local: "reg.com/a/x", Cluster: "reg.com/a/b/x", Rule: RuleAlreadyHere}},
	{name: "host inside host, inner", registry: nestedHost, ref: "reg.com/a/b/x",
		want: Names{Local: "reg.com/a/x", Cluster: "reg.com/a/b/x", Rule: RuleAlreadyHere}},
	{name: "host inside host, repeated", registry: nestedHost, ref: "reg.com/a/b/b/b/x",
		want: Names{Local: "reg.com/a/x", Cluster: "reg.com/a/b/x", Rule: RuleAlreadyHere}},
	{name: "host inside host, repeated by the naming", registry: nestedHost, naming: Nested, ref: "b/x",
		want: Names{Local: "reg.com/a/x", Cluster: "reg.com/a/b/x", Rule: RuleNested}},
	{name: "path like an inner host elsewhere",
		registry: &Registry{Host: "reg.com/a", Runtime: "other.com/a/b"}, ref: "reg.com/a/b/x",
		want: Names{Local: "reg.com/a/b/x", Cluster: "other.com/a/b/b/x", Rule: RuleAlreadyHere}},

	// 5: flat.
	{name: "flat", registry: flatHost, ref: "gcr.io/foo/bar",
		want: Names{Ref: "gcr.io/foo/bar", Name: "gcr.io/foo/bar",
			Local: "myreg.com:5000/gcr.io_foo_bar", Cluster: "myreg.com:5000/gcr.io_foo_bar", Rule: RuleFlat}},
	{name: "flat, Docker Hub", registry: flatHost, ref: "docker.io/library/busybox",
		want: Names{Local: "myreg.com:5000/busybox", Cluster: "myreg.com:5000/busybox", Rule: RuleFlat}},
	{name: "flat, Docker Hub account", registry: flatHost, ref: "me/foo",
		want: Names{Local: "myreg.com:5000/me_foo", Cluster: "myreg.com:5000/me_foo", Rule: RuleFlat}},
	{name: "flat, three hosts", registry: threeHosts, ref: "foo:v1",
		want: Names{Local: "localhost:5000/foo:v1", Cluster: "registry:5000/foo:v1", Network: "registry.svc:5000/foo:v1", Rule: RuleFlat}},
	{name: "flat, port", registry: flatHost, ref: "localhost:5000/foo",
		want: Names{Local: "myreg.com:5000/localhost_5000_foo", Cluster: "myreg.com:5000/localhost_5000_foo", Rule: RuleFlat}},
	{name: "flat, upper-case domain", registry: flatHost, ref: "Reg.Example.com/foo",
		want: Names{Local: "myreg.com:5000/reg.example.com_foo", Cluster: "myreg.com:5000/reg.example.com_foo", Rule: RuleFlat}},
	{name: "flat, IPv6", registry: flatHost, ref: "[::1]:5000/foo",
		want: Names{Local: "myreg.com:5000/0--1_5000_foo", Cluster: "myreg.com:5000/0--1_5000_foo", Rule: RuleFlat}},
	{name: "flat, IPv6 that ends in a colon", registry: flatHost, ref: "[FE80::]/foo",
		want: Names{Local: "myreg.com:5000/fe80--0_foo", Cluster: "myreg.com:5000/fe80--0_foo", Rule: RuleFlat}},
	{name: "flat on an IPv6 registry", registry: &Registry{Host: "[::1]:5000"}, ref: "foo",
		want: Names{Local: "[::1]:5000/foo", Cluster: "[::1]:5000/foo", Rule: RuleFlat}},

	// 5: nested.
	{name: "nested", registry: flatHost, naming: Nested, ref: "gcr.io/foo/bar",
		want: Names{Local: "myreg.com:5000/gcr.io/foo/bar", Cluster: "myreg.com:5000/gcr.io/foo/bar", Rule: RuleNested}},
	{name: "nested, port", registry: flatHost, naming: Nested, ref: "localhost:5000/foo",
		want: Names{Local: "myreg.com:5000/localhost_5000/foo", Cluster: "myreg.com:5000/localhost_5000/foo", Rule: RuleNested}},
	{name: "nested, Docker Hub", registry: flatHost, naming: Nested, ref: "library/busybox:1",
		want: Names{Local: "myreg.com:5000/busybox:1", Cluster: "myreg.com:5000/busybox:1", Rule: RuleNested}},
	{name: "nested, Docker Hub account", registry: flatHost, naming: Nested, ref: "me/foo",
		want: Names{Local: "myreg.com:5000/me/foo", Cluster: "myreg.com:5000/me/foo", Rule: RuleNested}},
	{name: "nested, IPv6", registry: flatHost, naming: Nested, ref: "[2001:db8::1]:5000/foo",
		want: Names{Local: "myreg.com:5000/2001-db8--1_5000/foo", Cluster: "myreg.com:5000/2001-db8--1_5000/foo", Rule: RuleNested}},

	// 5: hashed; the digits are those of sha256sum.
	{name: "hashed", registry: flatHost, naming: Hashed, ref: "gcr.io/foo/bar:v1",
		want: Names{Local: "myreg.com:5000/bar-b0f8eefc:v1", Cluster: "myreg.com:5000/bar-b0f8eefc:v1", Rule: RuleHashed}},
	{name: "hashed, Docker Hub", registry: flatHost, naming: Hashed, ref: "busybox",
		want: Names{Local: "myreg.com:5000/busybox-9d1e243a", Cluster: "myreg.com:5000/busybox-9d1e243a", Rule: RuleHashed}},
	{name: "hashed, cut", registry: &Registry{Host: "r.io", Runtime: "r.io/" + hundred + hundred}, naming: Hashed, ref: "gcr.io/" + strings.Repeat("a", 39) + "-" + hundred,
		want: Names{Local: "r.io/" + strings.Repeat("a", 39) + "-f08ff534",
			Cluster: "r.io/" + hundred + hundred + "/" + strings.Repeat("a", 39) + "-f08ff534", Rule: RuleHashed}},

	// 5: a function.
	{name: "function", registry: kindHost, naming: Func(func(familiar string) (Placement, error) {
		return Placement{Path: "mirror/" + strings.ReplaceAll(familiar, ".", "-")}, nil
	}), ref: "gcr.io/foo:v1@" + digest,
		want: Names{Local: "localhost:5000/mirror/gcr-io/foo:v1@" + digest, Cluster: "registry:5000/mirror/gcr-io/foo:v1@" + digest, Rule: RuleCustom}},

	{name: "function that leaves alone", registry: kindHost, naming: mirror, ref: "docker.io/library/postgres:16",
		want: Names{Local: "postgres:16", Cluster: "postgres:16", Network: "postgres:16", Rule: RuleLeftAlone}},
	{name: "function's full name", registry: kindHost, naming: mirror, ref: "ghcr.io/team/api:v1",
		want: Names{Local: "ghcr.mirror.io/team/api:v1", Cluster: "ghcr.mirror.io/team/api:v1", Network: "ghcr.mirror.io/team/api:v1", Rule: RuleCustom}},
	{name: "function's full name in the registry", registry: kindHost, naming: mirror, ref: "quay.io/team/web:v1",
		want: Names{Local: "localhost:5000/quay/team/web:v1", Cluster: "registry:5000/quay/team/web:v1", Rule: RuleCustom}},

	// named.
	{name: "named by a path", registry: kindHost, ref: "example/api:v1", named: "team/api",
		want: Names{Ref: "example/api:v1", Name: "example/api", Tag: "v1", Local: "localhost:5000/team/api:v1", Cluster: "registry:5000/team/api:v1", Rule: RuleNamed}},
	{name: "named in full", registry: kindHost, ref: "nginx", tag: "1.27", named: "mirror.io/hub/nginx",
		want: Names{Local: "mirror.io/hub/nginx:1.27", Cluster: "mirror.io/hub/nginx:1.27", Network: "mirror.io/hub/nginx:1.27", Rule: RuleNamed}},
	{name: "named in full, in the registry", registry: kindHost, ref: "nginx", named: "registry:5000/hub/nginx",
		want: Names{Local: "localhost:5000/hub/nginx", Cluster: "registry:5000/hub/nginx", Rule: RuleNamed}},
	{name: "named without a registry", ref: "nginx:1", named: "team/nginx",
		want: Names{Local: "team/nginx:1", Cluster: "team/nginx:1", Network: "team/nginx:1", Rule: RuleNamed}},
	{name: "named in one repository", registry: singleHost, ref: "fe:v1", named: "web/fe",
		want: Names{Local: singleHost.Host + "/team/dev:web_fe-v1", Cluster: singleHost.Host + "/team/dev:web_fe-v1", Rule: RuleSingleName}},

	// 3 with a naming: what the tag begins with.
	{name: "single name, nested", registry: singleHost, naming: Nested, ref: "gcr.io/org1/api:v1",
		want: Names{Local: singleHost.Host + "/team/dev:gcr.io_org1_api-v1", Cluster: singleHost.Host + "/team/dev:gcr.io_org1_api-v1", Rule: RuleSingleName}},
	{name: "single name, hashed", registry: singleHost, naming: Hashed, ref: "busybox:1",
		want: Names{Local: singleHost.Host + "/team/dev:busybox-9d1e243a-1", Cluster: singleHost.Host + "/team/dev:busybox-9d1e243a-1", Rule: RuleSingleName}},
	{name: "single name, hashed, cut", registry: singleHost, naming: Hashed, ref: hundred + strings.Repeat("b", 50),
		want: Names{Local: singleHost.Host + "/team/dev:" + hundred + strings.Repeat("b", 19) + "-d08f6173",
			Cluster: singleHost.Host + "/team/dev:" + hundred + strings.Repeat("b", 19) + "-d08f6173", Rule: RuleSingleName}},
	{name: "single name, function", registry: singleHost, naming: mirror, ref: "quay.io/team/api",
		want: Names{Local: singleHost.Host + "/team/dev:team_api", Cluster: singleHost.Host + "/team/dev:team_api", Rule: RuleSingleName}},

	// 6: tag and digest.
	{name: "both kept", registry: flatHost, ref: "foo:v1@" + digest,
		want: Names{Ref: "foo:v1@" + digest, Name: "foo", Tag: "v1", Digest: digest,
			Local: "myreg.com:5000/foo:v1@" + digest, Cluster: "myreg.com:5000/foo:v1@" + digest, Rule: RuleFlat}},
	{name: "tag replaces both", registry: flatHost, ref: "foo:v1@" + digest, tag: "v2",
		want: Names{Ref: "foo:v1@" + digest, Name: "foo", Tag: "v2",
			Local: "myreg.com:5000/foo:v2", Cluster: "myreg.com:5000/foo:v2", Rule: RuleFlat}},
	{name: "digest replaces both", registry: kindHost, ref: "localhost:5000/foo:v1", digest: digest,
		want: Names{Local: "localhost:5000/foo@" + digest, Cluster: "registry:5000/foo@" + digest, Rule: RuleAlreadyHere}},
	{name: "tag and digest replace both", registry: flatHost, ref: "foo:v1", tag: "v2", digest: digest,
		want: Names{Local: "myreg.com:5000/foo:v2@" + digest, Cluster: "myreg.com:5000/foo:v2@" + digest, Rule: RuleFlat}},

	// 6: exactly at the limits.
	{name: "255 characters", registry: &Registry{Host: "r.io/" + hundred}, ref: "docker.io/" + strings.Repeat("b", 143) + "/foo/b",
		want: Names{Local: "r.io/" + hundred + "/" + strings.Repeat("b", 143) + "_foo_b",
			Cluster: "r.io/" + hundred + "/" + strings.Repeat("b", 143) + "_foo_b", Rule: RuleFlat}},
	{name: "tag of 128 characters", registry: singleHost, ref: "fe", tag: strings.Repeat("a", 125),
		want: Names{Local: singleHost.Host + "/team/dev:fe-" + strings.Repeat("a", 125),
			Cluster: singleHost.Host + "/team/dev:fe-" + strings.Repeat("a", 125), Rule: RuleSingleName}},
}

func TestNames(t *testing.T) {
	for _, tt := range namesTests {
		t.Run(tt.name, func(t *testing.T) {
			namer := mustNamer(t, tt.registry, tt.naming)
			for range 2 { // made, then remembered
				got, err := namer.Names(Request{Ref: tt.ref, Tag: tt.tag, Digest: tt.digest, Named: tt.named})
				if err != nil {
					t.Fatal(err)
				}
				want := tt.want
				if want.Ref == "" {
					want.Ref, want.Name, want.Tag, want.Digest = got.Ref, got.Name, got.Tag, got.Digest
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("Names(%q, %q, %q): -want +got\n%s", tt.ref, tt.tag, tt.digest, diff)
				}
			}
		})
	}
}

func TestParts(t *testing.T) {
	for _, tt := range []struct {
		name     string
		registry *Registry
		ref      string
		view     View
		want     Parts
	}{
		{"to pull", threeHosts, "gcr.io/foo:v1@" + digest, ViewCluster,
			Parts{Registry: "registry:5000", Path: "gcr.io_foo", Repository: "registry:5000/gcr.io_foo", Tag: "v1", Digest: digest}},
		{"to push", threeHosts, "gcr.io/foo:v1", ViewLocal, Parts{Registry: "localhost:5000", Path: "gcr.io_foo", Repository: "localhost:5000/gcr.io_foo", Tag: "v1"}},
		{"of pods", threeHosts, "foo", ViewNetwork, Parts{Registry: "registry.svc:5000", Path: "foo", Repository: "registry.svc:5000/foo"}},
		{"of pods, which have none", kindHost, "foo:v1", ViewNetwork, Parts{}},
		{"of one repository", singleHost, "foo:v1", ViewCluster,
			Parts{Registry: singleHost.Host, Path: "team/dev", Repository: singleHost.Host + "/team/dev", Tag: "foo-v1"}},
		{"of Docker Hub, as it was made", nil, "docker.io/library/busybox:1", ViewLocal,
			Parts{Registry: "docker.io", Path: "library/busybox", Repository: "busybox", Tag: "1"}},
		{"without a registry", nil, "my_host.com/app", ViewLocal, Parts{Path: "my_host.com/app", Repository: "my_host.com/app"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			names, err := mustNamer(t, tt.registry, nil).Names(Request{Ref: tt.ref})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, names.Parts(tt.view)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestParseView(t *testing.T) {
	for _, want := range []View{ViewLocal, ViewCluster, ViewNetwork} {
		if got, err := ParseView(string(want)); err != nil || got != want {
			t.Errorf("ParseView(%q) = %q, %v", want, got, err)
		}
	}
	_, err := ParseView("pods")
	checkFault(t, err, WhatView, "pods", `it is not "cluster", "local" or "network"`)
}

func TestExplain(t *testing.T) {
	advertised := &Registry{Host: "localhost:5000", Runtime: "registry:5000", Network: "registry.svc:5000", Source: "configmap"}
	single := &Registry{Host: "localhost:5000", SingleName: "team/dev", Source: "declared"}
	for _, tt := range []struct {
		name             string
		registry         *Registry
		naming           Naming
		ref, tag, digest string
		rule             Rule
		want             Explanation // Names left out
	}{
		{name: "no registry", ref: "docker.io/library/busybox:1", tag: "2", rule: RuleUnchanged,
			want: Explanation{Naming: RuleFlat, Steps: []Step{
				{Kind: StepNormalise, Before: "docker.io/library/busybox:1", After: "busybox:1"},
				{Kind: StepReplace, Before: "busybox:1", After: "busybox:2"},
				{Kind: StepRule, Before: "busybox:2", After: "busybox:2"},
			}}},
		{name: "naming", registry: advertised, naming: Nested, ref: "gcr.io/foo/bar:v1", rule: RuleNested,
			want: Explanation{Registry: advertised, Naming: RuleNested, Steps: []Step{
				{Kind: StepNormalise, Before: "gcr.io/foo/bar:v1", After: "gcr.io/foo/bar:v1"},
				{Kind: StepRule, Before: "gcr.io/foo/bar:v1", After: "gcr.io/foo/bar:v1"},
				{Kind: StepLocal, Host: "localhost:5000", Before: "gcr.io/foo/bar:v1", After: "localhost:5000/gcr.io/foo/bar:v1"},
				{Kind: StepCluster, Host: "registry:5000", Before: "gcr.io/foo/bar:v1", After: "registry:5000/gcr.io/foo/bar:v1"},
				{Kind: StepNetwork, Host: "registry.svc:5000", Before: "gcr.io/foo/bar:v1", After: "registry.svc:5000/gcr.io/foo/bar:v1"},
			}}},
		{name: "already here", registry: advertised, ref: "registry.svc:5000/foo", rule: RuleAlreadyHere,
			want: Explanation{Registry: advertised, Naming: RuleFlat, Steps: []Step{
				{Kind: StepNormalise, Before: "registry.svc:5000/foo", After: "registry.svc:5000/foo"},
				{Kind: StepRule, Host: "registry.svc:5000", Before: "registry.svc:5000/foo", After: "foo"},
				{Kind: StepLocal, Host: "localhost:5000", Before: "foo", After: "localhost:5000/foo"},
				{Kind: StepCluster, Host: "registry:5000", Before: "foo", After: "registry:5000/foo"},
				{Kind: StepNetwork, Host: "registry.svc:5000", Before: "foo", After: "registry.svc:5000/foo"},
			}}},
		{name: "single name", registry: single, ref: "fe", digest: digest, rule: RuleSingleName,
			want: Explanation{Registry: single, Naming: RuleFlat, Steps: []Step{
				{Kind: StepNormalise, Before: "fe", After: "fe"},
				{Kind: StepReplace, Before: "fe", After: "fe@" + digest},
				{Kind: StepRule, Before: "fe@" + digest, After: "team/dev:fe@" + digest},
				{Kind: StepLocal, Host: "localhost:5000", Before: "team/dev:fe@" + digest, After: "localhost:5000/team/dev:fe@" + digest},
				{Kind: StepCluster, Host: "localhost:5000", Before: "team/dev:fe@" + digest, After: "localhost:5000/team/dev:fe@" + digest},
			}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			namer := mustNamer(t, tt.registry, tt.naming)
			got, err := namer.Explain(Request{Ref: tt.ref, Tag: tt.tag, Digest: tt.digest})
			if err != nil {
				t.Fatal(err)
			}
			if got.Names.Rule != tt.rule {
				t.Errorf("rule %q, want %q", got.Names.Rule, tt.rule)
			}
			tt.want.Names = got.Names // TestNamesProperties compares them with what Names returns
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestExplainError(t *testing.T) {
	_, err := mustNamer(t, flatHost, nil).Explain(Request{Ref: "Foo"})
	checkFault(t, err, WhatReference, "Foo", "upper-case")
}
