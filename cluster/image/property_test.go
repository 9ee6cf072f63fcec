package image

import (
	"errors"
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/google/go-cmp/cmp"
)

// asked is one question to a Namer.
type asked struct {
	registry         Registry // no Host: none
	naming           Naming
	ref, tag, digest string
}

// TestNamesProperties checks names that are generated. The seed is fixed; a
// failure prints it with the number of the case.
func TestNamesProperties(t *testing.T) {
	const seed, cases = 20260101, 5000
	made := 0
	for i := range uint64(cases) {
		q := generate(rand.New(rand.NewPCG(seed, i)))
		if checkNames(t, q) {
			made++
		}
		if t.Failed() {
			t.Fatalf("seed %d, case %d: %+v", seed, i, q)
		}
	}
	if made < cases/2 {
		t.Errorf("names were made in %d of %d cases only, the generator is off", made, cases)
	}
}

// FuzzNames looks for a panic, for a result that distribution/reference
// rejects, and for a name that changes when it is made again.
func FuzzNames(f *testing.F) {
	for _, tt := range namesTests {
		var reg Registry
		if tt.registry != nil {
			reg = *tt.registry
		}
		f.Add(reg.Host, reg.Runtime, reg.Network, reg.SingleName, uint8(0), tt.ref, tt.tag, tt.digest)
		f.Add(reg.Host, reg.Runtime, reg.Network, "", uint8(1), tt.ref, tt.tag, tt.digest)
		f.Add(reg.Host, reg.Runtime, reg.Network, "", uint8(2), tt.ref, tt.tag, tt.digest)
		f.Add(reg.Host, reg.Runtime, reg.Network, "", uint8(3), tt.ref, tt.tag, tt.digest)
	}
	f.Fuzz(func(t *testing.T, host, runtime, network, single string, naming uint8, ref, tag, digest string) {
		checkNames(t, asked{
			registry: Registry{Host: host, Runtime: runtime, Network: network, SingleName: single},
			naming:   namings[int(naming)%len(namings)],
			ref:      ref, tag: tag, digest: digest,
		})
	})
}

var namings = []Naming{Flat, Nested, Hashed, Func(func(familiar string) (Placement, error) {
	return Placement{Path: "b/" + strings.ReplaceAll(familiar, ":", "-")}, nil
}), Func(func(familiar string) (Placement, error) {
	switch {
	case strings.HasPrefix(familiar, "mirror.io/"), strings.Contains(familiar, "gcr"):
		return Placement{}, nil
	case strings.Contains(familiar, "."):
		return Placement{Path: "others/" + path.Base(familiar)}, nil
	}
	return Placement{Name: "mirror.io/" + familiar}, nil
})}

// checkNames checks what holds for every name, and reports whether there is
// one.
func checkNames(t *testing.T, q asked) bool {
	t.Helper()
	var registry *Registry
	if q.registry.Host != "" {
		registry = &q.registry
	}
	namer, err := NewNamer(registry, q.naming)
	if err != nil {
		checkTyped(t, err)
		return false
	}
	names, err := namer.Names(Request{Ref: q.ref, Tag: q.tag, Digest: q.digest})
	if err != nil {
		checkTyped(t, err)
		return false
	}
	for _, result := range []string{names.Local, names.Cluster, names.Network} {
		if result == "" && result == names.Network {
			continue
		}
		checkResult(t, q, names, result)
		again, err := namer.Names(Request{Ref: result})
		if err != nil {
			t.Errorf("%q, made of %q, cannot be made again: %v", result, q.ref, err)
			continue
		}
		want := [3]string{names.Local, names.Cluster, names.Network}
		if diff := cmp.Diff(want, [3]string{again.Local, again.Cluster, again.Network}); diff != "" {
			t.Errorf("%q, made of %q and made again: -first +second\n%s", result, q.ref, diff)
		}
	}
	explained, err := namer.Explain(Request{Ref: q.ref, Tag: q.tag, Digest: q.digest})
	if err != nil || explained.Names != names {
		t.Errorf("Explain(%q) = %+v, %v; Names gives %+v", q.ref, explained.Names, err, names)
	}
	checkSpellings(t, namer, names, q)
	return true
}

// checkResult holds a made name to distribution/reference and to the tag and
// digest asked for.
func checkResult(t *testing.T, q asked, names Names, result string) {
	t.Helper()
	named, err := reference.ParseNormalizedNamed(result)
	if err != nil {
		t.Errorf("%q, made of %q: distribution/reference says %v", result, names.Ref, err)
		return
	}
	if names.Rule != RuleUnchanged && names.Rule != RuleLeftAlone {
		if named.String() != result {
			t.Errorf("%q, made of %q, is not canonical: distribution/reference says %q", result, names.Ref, named)
		}
		if len(named.Name()) > maxName {
			t.Errorf("%q, made of %q, is over the limit", result, names.Ref)
		}
	}
	ref, err := Parse(result)
	if err != nil {
		t.Error(err)
	}
	tag := names.Tag
	if names.Rule == RuleSingleName {
		tag = onlyTag(t, q, names.Name)
		if names.Tag != "" {
			tag += "-" + names.Tag
		}
	}
	if ref.Tag != tag {
		t.Errorf("%q, made of %q, has the tag %q, want %q", result, names.Ref, ref.Tag, tag)
	}
	if ref.Digest != names.Digest {
		t.Errorf("%q, made of %q: want the digest %q", result, names.Ref, names.Digest)
	}
}

// onlyTag is what the tags of an image begin with under one repository.
func onlyTag(t *testing.T, q asked, name string) string {
	t.Helper()
	if q.naming == Naming(Flat) {
		return path.Base(name)
	}
	ref, err := Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	placement, err := q.naming.Place(ref, maxTag)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(placement.Path, "/", "_")
}

// checkSpellings checks that every spelling of an image on Docker Hub has the
// same names.
func checkSpellings(t *testing.T, namer *Namer, names Names, q asked) {
	t.Helper()
	ref, err := Parse(q.ref)
	if err != nil || ref.Domain != hubDomain {
		return
	}
	spellings := []string{hubDomain + "/" + ref.Path, hubLegacyDomain + "/" + ref.Path}
	if name, ok := strings.CutPrefix(ref.Path, hubNamespace); ok && !strings.Contains(name, "/") {
		spellings = append(spellings, hubDomain+"/"+name, ref.Path)
	}
	for _, spelling := range spellings {
		got, err := namer.Names(Request{Ref: spelling + suffix(ref.Tag, ref.Digest), Tag: q.tag, Digest: q.digest})
		if err != nil || got != names {
			t.Errorf("%q gives %+v, %v; %q gives %+v", spelling, got, err, q.ref, names)
		}
	}
}

// checkTyped checks that a caller can take err apart and show it on a line.
func checkTyped(t *testing.T, err error) {
	t.Helper()
	var parseErr *ParseError
	var nameErr *NameError
	if !errors.As(err, &parseErr) && !errors.As(err, &nameErr) {
		t.Errorf("error %v is a %T, want a *ParseError or a *NameError", err, err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q has several lines", err)
	}
}

// generate makes a question, mostly a valid one. Words are few, so that hosts
// lie inside one another and images inside hosts.
func generate(r *rand.Rand) asked {
	var q asked
	if r.IntN(10) > 0 {
		q.registry.Host = someHost(r)
		if r.IntN(2) == 0 {
			q.registry.Runtime = someHost(r)
		}
		if r.IntN(3) == 0 {
			q.registry.Network = someHost(r)
		}
		if r.IntN(6) == 0 {
			q.registry.SingleName = somePath(r)
		}
	}
	q.naming = namings[r.IntN(len(namings))]
	switch r.IntN(4) {
	case 0:
		q.ref = somePath(r)
	case 1:
		q.ref = pick(r, q.registry.Host, q.registry.Runtime, q.registry.Network, "gcr.io") + "/" + somePath(r)
	default:
		q.ref = someHost(r) + "/" + somePath(r)
	}
	q.ref += suffix(someTag(r), someDigest(r))
	if r.IntN(4) == 0 {
		q.tag, q.digest = someTag(r), someDigest(r)
	}
	return q
}

func someHost(r *rand.Rand) string {
	host := pick(r, "localhost", "localhost:5000", "localhost:50001", "reg.com", "reg.com", "Reg.com", "REG",
		"a--b.c-d.io:1", "[::1]:5000", "[fe80::]", "[A:b]", "127.0.0.1:5000", "my_host.com", "docker.io", "index.docker.io", hundred+".io")
	if strings.HasSuffix(host, "docker.io") || r.IntN(2) == 0 {
		host += "/" + somePath(r)
	}
	return host
}

func somePath(r *rand.Rand) string {
	elements := make([]string, 1+r.IntN(3))
	for i := range elements {
		elements[i] = pick(r, "a", "a", "b", "b", "library", "a_b", "a__b", "a---b", "a.b", "gcr.io", "localhost",
			"x0.y-z", "docker.io", hex32+hex32, hundred)
	}
	return strings.Join(elements, "/")
}

func someTag(r *rand.Rand) string {
	return pick(r, "", "", "v1", "_x.Y-z", "5000", hundred)
}

func someDigest(r *rand.Rand) string {
	return pick(r, "", "", "", digest, "sha512:"+hex32+hex32+hex32+hex32)
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }
