package image

import (
	"fmt"
	"testing"

	"github.com/distribution/reference"
)

// benchRefs are names as manifests hold them.
var benchRefs = []string{
	"busybox",
	"nginx:1.27",
	"me/foo:v1",
	"gcr.io/foo/bar",
	"localhost:5000/team/frontend:dev-1234abcd",
	"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/backend@" + digest,
}

func BenchmarkParse(b *testing.B) {
	benchEach(b, func(text string) error {
		_, err := Parse(text)
		return err
	})
}

// BenchmarkReferenceParse is the floor to compare the others with.
func BenchmarkReferenceParse(b *testing.B) {
	benchEach(b, func(text string) error {
		_, err := reference.ParseNormalizedNamed(text)
		return err
	})
}

func benchEach(b *testing.B, parse func(string) error) {
	for _, text := range benchRefs {
		b.Run(text[:min(len(text), 24)], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNamesNew makes names that were not made before, on a registry with
// three hosts.
func BenchmarkNamesNew(b *testing.B) {
	for _, naming := range []Scheme{Flat, Nested, Hashed} {
		b.Run(string(naming), func(b *testing.B) {
			refs := newRefs()
			b.ReportAllocs()
			var namer *Namer
			for i := 0; b.Loop(); i++ {
				if i%len(refs) == 0 {
					namer = mustNamer(b, threeHosts, naming)
				}
				if _, err := namer.Names(Request{Ref: refs[i%len(refs)]}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReferenceParseNew parses the names of BenchmarkNamesNew.
func BenchmarkReferenceParseNew(b *testing.B) {
	refs := newRefs()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := reference.ParseNormalizedNamed(refs[i%len(refs)]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNamesKnown makes one name again and again.
func BenchmarkNamesKnown(b *testing.B) {
	namer := mustNamer(b, threeHosts, nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := namer.Names(Request{Ref: "gcr.io/foo/bar", Tag: "v1"}); err != nil {
			b.Fatal(err)
		}
	}
}

func newRefs() []string {
	refs := make([]string, 4096)
	for i := range refs {
		refs[i] = fmt.Sprintf("gcr.io/team-%d/service-%d:v%d", i%16, i, i%7)
	}
	return refs
}

// A name that was made before costs no allocation.
func TestKnownNamesDoNotAllocate(t *testing.T) {
	namer := mustNamer(t, threeHosts, nil)
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := namer.Names(Request{Ref: "gcr.io/foo/bar", Tag: "v1", Digest: digest}); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}
