package image

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/diag"
)

func TestDeclared(t *testing.T) {
	type image struct{ ref, tag string }
	for _, tt := range []struct {
		name     string
		registry *Registry
		naming   Naming
		images   []image
		want     string // the error for the last image; empty: none
	}{
		{"different names", flatHost, nil, []image{{"a", ""}, {"b", ""}}, ""},
		{"a/b and a_b on a flat registry", flatHost, nil, []image{{"a/b", ""}, {"a_b", ""}},
			`images "a/b" (1) and "a_b" (2) both become "myreg.com:5000/a_b": rename one of them or use the naming "nested" or "hashed"`},
		{"with a tag each", flatHost, nil, []image{{"a/b:v1", ""}, {"a_b:v2", ""}},
			`images "a/b" (1) and "a_b" (2) both become "myreg.com:5000/a_b"`},
		{"with a digest", flatHost, nil, []image{{"a/b@" + digest, ""}, {"a_b:v2@" + digest, ""}},
			`both become "myreg.com:5000/a_b"`},
		{"a/b and a_b on a nested registry", flatHost, Nested, []image{{"a/b", ""}, {"a_b", ""}}, ""},
		{"a/b and a_b on a hashed registry", flatHost, Hashed, []image{{"a/b", ""}, {"a_b", ""}}, ""},
		{"a/b and a_b without a registry", nil, nil, []image{{"a/b", ""}, {"a_b", ""}}, ""},
		{"upper-case domain", flatHost, Nested, []image{{"REG.com/x", ""}, {"reg.com/x", ""}},
			`both become "myreg.com:5000/reg.com/x": rename one of them`},
		{"a function for all", flatHost, Func(func(string) (Placement, error) { return Placement{Path: "all"}, nil }), []image{{"a", ""}, {"b", ""}},
			`both become "myreg.com:5000/all": rename one of them`},
		{"a full name, and the image that is left there", flatHost, mirror, []image{{"ghcr.io/team/api", ""}, {"ghcr.mirror.io/team/api", ""}}, ""},
		{"one image again", flatHost, nil, []image{{"a/b", ""}, {"a/b", "v2"}, {"docker.io/a/b:v3", ""}}, ""},
		{"a name made again", flatHost, nil, []image{{"a/b", ""}, {"myreg.com:5000/a_b", ""}}, ""},
		{"a name before the image it is of", flatHost, nil, []image{{"myreg.com:5000/a_b", ""}, {"a/b", ""}}, ""},
		{"a name between two images", flatHost, nil, []image{{"a/b", ""}, {"myreg.com:5000/a_b", ""}, {"a_b", ""}},
			`images "a/b" (1) and "a_b" (3)`},
		{"a name before two images", flatHost, nil, []image{{"myreg.com:5000/a_b", ""}, {"a/b", ""}, {"a_b", ""}},
			`images "a/b" (2) and "a_b" (3)`},
		{"both hosts of a registry", kindHost, nil, []image{{"localhost:5000/foo", ""}, {"registry:5000/foo", ""}}, ""},
		{"single name", singleHost, nil, []image{{"fe", "abc"}, {"be", "abc"}}, ""},
		{"single name, equal elements and tags", singleHost, nil, []image{{"a/fe", "abc"}, {"b/fe", "abc"}},
			`both become "123.dkr.ecr.us-east-1.amazonaws.com/team/dev:fe-abc": rename one of them or give it another tag`},
		{"single name, equal elements", singleHost, nil, []image{{"a/fe", "abc"}, {"b/fe", "abd"}}, ""},
		{"single name, a tag that is in the other's name", singleHost, nil, []image{{"fe-a", "b"}, {"fe", "a-b"}},
			`images "fe-a" (1) and "fe" (2) both become`},
		{"single name, equal elements, nested", singleHost, Nested, []image{{"org1/api", "v1"}, {"org2/api", "v1"}}, ""},
		{"single name made again", singleHost, nil, []image{{"fe", "abc"}, {singleHost.Host + "/team/dev:fe-abc", ""}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			namer := mustNamer(t, tt.registry, tt.naming)
			var declared Declared
			var err error
			for i, image := range tt.images {
				if err != nil {
					t.Fatalf("image %d: %v", i, err)
				}
				names, nameErr := namer.Names(Request{Ref: image.ref, Tag: image.tag})
				if nameErr != nil {
					t.Fatal(nameErr)
				}
				err = declared.Add(names, diag.Position{Line: i + 1})
			}
			var collision *CollisionError
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("unexpected error: %v", err)
			case tt.want != "" && (!errors.As(err, &collision) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want a *CollisionError with %q", err, tt.want)
			}
		})
	}
}

// One registry has several spellings, and clusters may differ in the one they advertise.
func TestDeclaredOfOneHost(t *testing.T) {
	for _, tt := range []struct {
		first, second string
		collide       bool
	}{
		{"reg.com", "REG.com", true},
		{"reg.com", "reg.com:443", true},
		{"reg.com/team", "Reg.com/team", true},
		{"reg.com", "reg.com:5000", false},
		{"reg.com/team", "reg.com/other", false},
	} {
		var declared Declared
		var err error
		for i, host := range []string{tt.first, tt.second} {
			names, nameErr := mustNamer(t, &Registry{Host: host}, nil).Names(Request{Ref: []string{"a/b", "a_b"}[i]})
			if nameErr != nil {
				t.Fatal(nameErr)
			}
			err = declared.Add(names, diag.Position{Line: i + 1})
		}
		if (err != nil) != tt.collide {
			t.Errorf("a/b at %s, a_b at %s: %v", tt.first, tt.second, err)
		}
	}
}

// A collision leaves what was declared before as it was.
func TestCollisionChangesNothing(t *testing.T) {
	namer := mustNamer(t, flatHost, nil)
	var declared Declared
	add := func(ref, file string) error {
		names, err := namer.Names(Request{Ref: ref})
		if err != nil {
			t.Fatal(err)
		}
		return declared.Add(names, diag.Position{File: file})
	}
	if err := add("a/b", "here"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var collision *CollisionError
		if err := add("a_b", "there"); !errors.As(err, &collision) {
			t.Fatalf("error %v, want a *CollisionError", err)
		}
		got := [4]string{collision.First.Image, collision.First.Position.String(), collision.Second.Image, collision.Second.Position.String()}
		if diff := cmp.Diff([4]string{"a/b", "here", "a_b", "there"}, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

// Hashed can collide, and the check finds it: two names whose hashes begin alike are
// not hard to find.
func TestDeclaredFindsACollisionOfHashes(t *testing.T) {
	namer := mustNamer(t, flatHost, Hashed)
	var declared Declared
	for i := range 1_000_000 {
		names, err := namer.Names(Request{Ref: fmt.Sprintf("gcr.io/%d/api", i)})
		if err != nil {
			t.Fatal(err)
		}
		if err := declared.Add(names, diag.Position{Line: i}); err != nil {
			var collision *CollisionError
			if !errors.As(err, &collision) || collision.First.Image == collision.Second.Image {
				t.Fatalf("error %v, want a *CollisionError of two images", err)
			}
			return
		}
	}
	t.Fatal("a million names of 32 bits never collided")
}
