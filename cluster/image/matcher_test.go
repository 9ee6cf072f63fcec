package image

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMatcher(t *testing.T) {
	req := func(ref, tag string) Request { return Request{Ref: ref, Tag: tag} }
	for _, tt := range []struct {
		name     string
		registry *Registry
		naming   Naming
		images   []Request
		found    string
		want     string // the name to pull; empty: none is meant
	}{
		{"as declared", kindHost, nil, []Request{req("team/api", "v2")}, "docker.io/team/api:v1", "registry:5000/team_api:v2"},
		{"by the name to push", kindHost, nil, []Request{req("team/api", "v2")}, "localhost:5000/team_api:v1", "registry:5000/team_api:v2"},
		{"by the name to pull", kindHost, nil, []Request{req("team/api", "v2")}, "registry:5000/team_api:v1@" + digest, "registry:5000/team_api:v2"},
		{"by the name of pods", threeHosts, nil, []Request{req("team/api", "v2")}, "registry.svc:5000/team_api", "registry:5000/team_api:v2"},
		{"declared by the name to pull", kindHost, nil, []Request{req("registry:5000/api", "v2")}, "localhost:5000/api:v1", "registry:5000/api:v2"},
		{"the found tag and digest stay", kindHost, nil, []Request{req("team/api", "")}, "team/api:v1@" + digest, "registry:5000/team_api:v1@" + digest},
		{"a declared digest takes the place of the found tag", kindHost, nil, []Request{req("team/api@"+digest, "")}, "team/api:v1", "registry:5000/team_api@" + digest},
		{"another image of the same flat name", kindHost, nil, []Request{req("team/api", "v2")}, "team_api", ""},
		{"another image", kindHost, nil, []Request{req("team/api", "v2")}, "gcr.io/team/api", ""},
		{"another tag", kindHost, nil, []Request{req("api:v1", "v2")}, "api:v3", ""},
		{"the declared tag under the name to push", kindHost, nil, []Request{req("api:v1", "v2")}, "localhost:5000/api:v1", "registry:5000/api:v2"},
		{"its own result", kindHost, nil, []Request{req("api:v1", "v2")}, "registry:5000/api:v2", "registry:5000/api:v2"},
		{"another tag of its result, which keeps its tag", kindHost, nil, []Request{req("api:v1", "")}, "registry:5000/api:v3", ""},
		{"another tag, no registry", nil, nil, []Request{req("api:v1", "v2")}, "api:v3", ""},
		{"tagged and untagged", kindHost, nil, []Request{req("api", "v9"), req("api:v1", "v2")}, "api:v1", "registry:5000/api:v2"},
		{"untagged and tagged", kindHost, nil, []Request{req("api:v1", "v2"), req("api", "v9")}, "api:v3", "registry:5000/api:v9"},
		{"a later declaration", kindHost, nil, []Request{req("api", "v1"), req("web", "v1"), req("api", "v2")}, "api", "registry:5000/api:v2"},
		{"two that agree", kindHost, nil, []Request{req("api", "v1"), req("localhost:5000/api", "v1")}, "localhost:5000/api:v0", "registry:5000/api:v1"},
		{"the tag that it gets, by the name as declared", kindHost, nil, []Request{req("api:v1", "v2")}, "api:v2", ""},
		{"its own digest, beside another image of the name", kindHost, nil, []Request{req("api", "v9"), req("localhost:5000/api@"+digest, "")}, "registry:5000/api@" + digest, "registry:5000/api@" + digest},
		{"named at first and then not", kindHost, nil, []Request{{Ref: "api", Named: "x"}, req("api", "v2")}, "localhost:5000/x:v1", ""},
		{"named at first and then not, beside another image of that name", kindHost, nil,
			[]Request{{Ref: "api", Named: "x"}, req("localhost:5000/x", "v7"), req("api", "v2")}, "localhost:5000/x:v1", "registry:5000/x:v7"},
		{"no registry", nil, nil, []Request{req("api", "v2")}, "docker.io/library/api:v1", "api:v2"},
		{"named, as declared", kindHost, nil, []Request{{Ref: "nginx", Named: "hub/nginx"}}, "nginx:1", "registry:5000/hub/nginx:1"},
		{"named in full, by the result", kindHost, nil, []Request{{Ref: "nginx", Named: "mirror.io/nginx"}}, "mirror.io/nginx:1", "mirror.io/nginx:1"},
		{"left alone", kindHost, mirror, []Request{req("postgres", "17")}, "postgres:16", "postgres:17"},
		{"a naming's full name", kindHost, mirror, []Request{req("ghcr.io/team/api", "v2")}, "ghcr.mirror.io/team/api:v1", "ghcr.mirror.io/team/api:v2"},

		{"one repository, as declared", singleHost, nil, []Request{req("api", "v2")}, "api:v1", singleHost.Host + "/team/dev:api-v2"},
		{"one repository, yesterday's", singleHost, Hashed, []Request{req("api", "v2")}, singleHost.Host + "/team/dev:api-fa5da811-v1", singleHost.Host + "/team/dev:api-fa5da811-v2"},
		{"one repository, today's", singleHost, nil, []Request{req("api", "v2")}, singleHost.Host + "/team/dev:api-v2", singleHost.Host + "/team/dev:api-v2"},
		{"one repository, no tag declared", singleHost, nil, []Request{req("api", "")}, singleHost.Host + "/team/dev:api-v1@" + digest, singleHost.Host + "/team/dev:api-v1@" + digest},
		{"one repository, no tag anywhere", singleHost, nil, []Request{req("api", "")}, "api", singleHost.Host + "/team/dev:api"},
		{"one repository, a declared tag", singleHost, Hashed, []Request{req("api:v1", "v2")}, singleHost.Host + "/team/dev:api-fa5da811-v1", singleHost.Host + "/team/dev:api-fa5da811-v2"},
		{"one repository, declared there by its tag", singleHost, nil, []Request{req(singleHost.Host+"/team/dev:api-v1", ""), req("api", "v2")}, singleHost.Host + "/team/dev:api-v1", singleHost.Host + "/team/dev:api-v1"},
		{"one repository, declared there, a longer tag", singleHost, nil, []Request{req(singleHost.Host+"/team/dev:api-v1", "v9")}, singleHost.Host + "/team/dev:v9-x", ""},
		{"one repository, declared there and named", singleHost, nil, []Request{{Ref: singleHost.Host + "/team/dev:v2", Named: "web/api"}}, singleHost.Host + "/team/dev:v2", singleHost.Host + "/team/dev:web_api-v2"},
		{"one repository, declared itself", singleHost, nil, []Request{req(singleHost.Host+"/team/dev", "")}, singleHost.Host + "/team/dev:api-v1", singleHost.Host + "/team/dev:api-v1"},
		{"one repository, another tag than that declared, which stays", singleHost, nil, []Request{req("api:v1", "")}, singleHost.Host + "/team/dev:api-v3", ""},
		{"one repository, another image", singleHost, nil, []Request{req("api", "v2")}, singleHost.Host + "/team/dev:apis-v1", ""},
		{"one repository, a longer name, exactly", singleHost, nil, []Request{req("api", "v2"), req("api-server", "v2")},
			singleHost.Host + "/team/dev:api-server-v2", singleHost.Host + "/team/dev:api-server-v2"},
		{"one repository, declared by its result", singleHost, nil, []Request{req(singleHost.Host+"/team/dev:api-v1", "")}, singleHost.Host + "/team/dev:api-v1", singleHost.Host + "/team/dev:api-v1"},
		{"one repository, nested", singleHost, Nested, []Request{req("org1/api", "v2"), req("org2/api", "v2")}, singleHost.Host + "/team/dev:org2_api-v2", singleHost.Host + "/team/dev:org2_api-v2"},
		{"one repository, hashed, today's with a digest", singleHost, Hashed, []Request{req("api:v1", "v2")}, singleHost.Host + "/team/dev:api-fa5da811-v2@" + digest, singleHost.Host + "/team/dev:api-fa5da811-v2"},
		{"one repository, hashed", singleHost, Hashed, []Request{req("org1/api", "v2"), req("org2/api", "v2")}, singleHost.Host + "/team/dev:api-07cd152f-v1", singleHost.Host + "/team/dev:api-07cd152f-v2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			names, ok, err := match(t, mustNamer(t, tt.registry, tt.naming), tt.images, tt.found)
			if err != nil || ok != (tt.want != "") || names.Cluster != tt.want {
				t.Errorf("%q is %q, %v, %v, want %q", tt.found, names.Cluster, ok, err, tt.want)
			}
		})
	}
}

func TestMatcherAmbiguous(t *testing.T) {
	one := singleHost.Host + "/team/dev:"
	for _, tt := range []struct {
		registry *Registry
		images   []Request
		found    string
		want     string
	}{
		{kindHost, []Request{{Ref: "api", Tag: "v1"}, {Ref: "localhost:5000/api", Tag: "v2"}}, "registry:5000/api:v0",
			`image "registry:5000/api:v0" can be "api" or "localhost:5000/api", which get different names: write it as one of the two`},
		{kindHost, []Request{{Ref: "api:v1", Tag: "v2"}, {Ref: "api:v2", Tag: "v3"}}, "localhost:5000/api:v2", `can be "api:v1" or "api:v2"`},
		{singleHost, []Request{{Ref: "api", Tag: "v2"}, {Ref: "api-server", Tag: "v2"}}, one + "api-server-v1", `can be "api" or "api-server"`},

		// The names of images that nobody declared, or earlier ones of those declared.
		{singleHost, []Request{{Ref: "api", Tag: "v2"}}, one + "api-v1",
			`image "` + one + `api-v1" can be an earlier name of "api" or the name of another image: write "api" if it is meant, or declare "` + one + `api-v1" to keep it`},
		{kindHost, []Request{{Ref: "api:v1", Tag: "v2"}}, "registry:5000/api:v3", `an earlier name of "api:v1"`},
		{singleHost, []Request{{Ref: "api", Tag: "v2"}}, one + "api", `an earlier name of "api"`},
		{singleHost, []Request{{Ref: "api", Tag: "v2"}}, one + "api-server-v1", `an earlier name of "api"`},
		{singleHost, []Request{{Ref: "api", Tag: "v2"}}, one + "api-v2@" + digest, `an earlier name of "api"`},
		{singleHost, []Request{{Ref: "api", Digest: digest}}, one + "api", `an earlier name of "api"`},
		{singleHost, []Request{{Ref: "api:v1", Tag: "v2"}}, one + "api-v1", `an earlier name of "api:v1"`},
		{kindHost, []Request{{Ref: "api", Tag: "v9"}, {Ref: "localhost:5000/api@" + digest}}, "registry:5000/api@" + otherDigest, `can be "api" or "localhost:5000/api@`},
		{&Registry{Host: "reg.com", Runtime: "reg.com/team", SingleName: "team/dev"}, []Request{{Ref: "api", Tag: "v2"}}, "reg.com/team/dev:api-v1", `an earlier name of "api"`},
		{singleHost, []Request{{Ref: "api:v1", Tag: "v2"}}, one + "api-v3", `an earlier name of "api:v1"`},
		{singleHost, []Request{{Ref: one + "api-v1", Tag: "v2"}}, one + "api-v1@" + digest, `an earlier name of`},
		{singleHost, []Request{{Ref: singleHost.Host + "/team/dev", Tag: "v2"}}, one + "v1", `an earlier name of`},
	} {
		_, _, err := match(t, mustNamer(t, tt.registry, nil), tt.images, tt.found)
		if !errors.As(err, new(*AmbiguousError)) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want an *AmbiguousError with %q", tt.found, err, tt.want)
		}
	}
}

// A name that the script chose is not the hash's, whatever the naming.
func TestMatcherNamedInOneIsNotHashed(t *testing.T) {
	namer := mustNamer(t, singleHost, Hashed)
	_, _, err := match(t, namer, []Request{{Ref: "team/api", Tag: "v2", Named: "api"}}, singleHost.Host+"/team/dev:api-v1")
	if !errors.As(err, new(*AmbiguousError)) {
		t.Errorf("error %v, want an *AmbiguousError", err)
	}
}

// A Matcher without images finds none, and names nothing to know that: each image of a
// manifest is named once, not twice.
func TestMatchNamedWithoutImages(t *testing.T) {
	naming := Func(func(familiar string) (Placement, error) {
		t.Errorf("the naming was called with %q", familiar)
		return Placement{}, nil
	})
	found, err := Parse("docker.io/library/redis:7")
	if err != nil {
		t.Fatal(err)
	}
	if _, as, ok, err := mustNamer(t, kindHost, naming).NewMatcher().MatchNamed(found); ok || err != nil || as != found {
		t.Errorf("ok %v, as %v, error %v", ok, as, err)
	}
}

// Where all is named, a reference that gets the name of an image that was added by it
// means that image; one that gets the name of an image that was added by another means
// none, since two images of one name are an error elsewhere.
func TestMatchNamed(t *testing.T) {
	one := singleHost.Host + "/team/dev:"
	for _, tt := range []struct {
		registry *Registry
		image    Request
		found    string
		want     string // the steps and the name to pull
	}{
		{kindHost, Request{Ref: "localhost:5000/api", Tag: "v2"}, "api:v1", "normalise match replace rule local cluster registry:5000/api:v2"},
		{kindHost, Request{Ref: "localhost:5000/api"}, "api:v1", "normalise match rule local cluster registry:5000/api:v1"},
		{kindHost, Request{Ref: "team/api", Tag: "v2"}, "docker.io/team/api", "normalise replace rule local cluster registry:5000/team_api:v2"},
		{kindHost, Request{Ref: "team/api", Tag: "v2"}, "registry:5000/team_api:v1", "normalise match replace rule local cluster registry:5000/team_api:v2"},
		{kindHost, Request{Ref: "team/api", Tag: "v2"}, "team_api:v1", "normalise rule local cluster registry:5000/team_api:v1"},
		{kindHost, Request{Ref: "team/api", Tag: "v2"}, "redis", "normalise rule local cluster registry:5000/redis"},
		{singleHost, Request{Ref: one + "api-v1", Digest: digest}, "api:v1", "normalise match replace rule local cluster " + singleHost.Host + "/team/dev@" + digest},
		{singleHost, Request{Ref: one + "api-v1"}, "api:v1", "normalise match rule local cluster " + one + "api-v1"},
	} {
		m := mustNamer(t, tt.registry, nil).NewMatcher()
		if _, err := m.Add(tt.image); err != nil {
			t.Fatal(err)
		}
		e, err := m.Explain(tt.found)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for i, step := range e.Steps {
			got += string(step.Kind) + " "
			if i == 0 && step.Before != tt.found || i == 1 && step.Before != e.Steps[0].After {
				t.Errorf("%q: step %d is %+v", tt.found, i, step)
			}
		}
		if got += e.Names.Cluster; got != tt.want {
			t.Errorf("%q by %+v: %s, want %s", tt.found, tt.image, got, tt.want)
		}
	}
}

func TestMatcherErrors(t *testing.T) {
	m := mustNamer(t, flatHost, nil).NewMatcher()
	_, err := m.Add(Request{Ref: "Foo"})
	checkFault(t, err, WhatReference, "Foo", "upper-case")
	_, err = m.Add(Request{Ref: "foo", Tag: "a/b"})
	checkFault(t, err, WhatTag, "a/b", "the tag may hold")
	_, err = m.Explain("Foo")
	checkFault(t, err, WhatReference, "Foo", "upper-case")
}

// A naming that fails when a reference is compared, as one does when its run ends,
// fails the search: the reference is not taken for one that means no image.
func TestMatcherNamingFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		images []Request
		found  string
	}{
		{"of the first of two", []Request{{Ref: "quay.io/team/api"}, {Ref: "localhost:5000/team/api"}}, "registry:5000/team/api:v1"},
		{"of the second of two", []Request{{Ref: "localhost:5000/team/api"}, {Ref: "quay.io/team/api"}}, "registry:5000/team/api:v1"},
		{"of no image", []Request{{Ref: "ghcr.io/team/api:v1", Tag: "v2"}}, "ghcr.mirror.io/team/api:v3"},
		{"of what is found", []Request{{Ref: "api"}}, "quay.io/team/api:v3"},
		{"of the image", []Request{{Ref: "quay.io/team/api"}}, "quay.io/team/api:v3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stopped := errors.New("the run has ended")
			var err error
			m := mustNamer(t, kindHost, Func(func(familiar string) (Placement, error) {
				if err != nil {
					return Placement{}, err
				}
				return mirror(familiar)
			})).NewMatcher()
			for _, req := range tt.images {
				if _, err := m.Add(req); err != nil {
					t.Fatal(err)
				}
			}
			err = stopped
			if e, got := m.Explain(tt.found); !errors.Is(got, stopped) {
				t.Errorf("%q is %q, error %v, want %v", tt.found, e.Names.Cluster, got, stopped)
			}
		})
	}
}

// TestMatcherProperties checks that an image is found by each of its names, and
// that each then gets the same names.
func TestMatcherProperties(t *testing.T) {
	const seed, cases = 20260202, 5000
	found := 0
	for i := range uint64(cases) {
		r := rand.New(rand.NewPCG(seed, i))
		q := generate(r)
		var registry *Registry
		if q.registry.Host != "" {
			registry = &q.registry
		}
		namer, err := NewNamer(registry, q.naming)
		if err != nil {
			continue
		}
		req := Request{Ref: q.ref, Tag: q.tag, Digest: q.digest}
		if r.IntN(4) == 0 {
			req.Named = pick(r, "named", "named/in/a/path", "full.io/named", "full.io:5000/a/b")
		}
		want, err := namer.Names(req)
		if err != nil {
			continue
		}
		for _, name := range []string{want.Ref, want.Local, want.Cluster, want.Network} {
			if name == "" {
				continue
			}
			got, ok, err := match(t, namer, []Request{req}, name)
			if err != nil || !ok || got.Local != want.Local || got.Cluster != want.Cluster || got.Network != want.Network {
				t.Fatalf("seed %d, case %d: %q of %+v on %+v is %+v, %v, %v, want %+v", seed, i, name, req, q.registry, got, ok, err, want)
			}
			found++
		}
	}
	if found < 2*cases {
		t.Errorf("%d names were found only, the generator is off", found)
	}
}

// match adds the images and names the one that a reference means.
func match(t *testing.T, namer *Namer, images []Request, found string) (Names, bool, error) {
	t.Helper()
	m := namer.NewMatcher()
	for _, req := range images {
		if _, err := m.Add(req); err != nil {
			t.Fatal(err)
		}
	}
	ref, err := Parse(found)
	if err != nil {
		t.Fatal(err)
	}
	i, ok, err := m.Match(ref)
	if err != nil || !ok {
		return Names{}, ok, err
	}
	names, err := m.Names(i, ref)
	return names, true, err
}
