package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzDeclaration is found by TestFind, and holds that no text breaks the search.
func FuzzDeclaration(f *testing.F) {
	f.Add("func FuzzX(f *testing.F) {")
	f.Fuzz(func(t *testing.T, text string) {
		for _, match := range declaration.FindAllStringSubmatch(text, -1) {
			if len(match) != 2 || len(match[1]) < len("Fuzz") {
				t.Errorf("found %q in %q", match, text)
			}
		}
	})
}

func TestFind(t *testing.T) {
	const here = "github.com/sextant-dev/sextant/internal/tools/fuzz"
	got, err := find([]string{here})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]target{{here, "FuzzDeclaration"}}, got); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	if got, err := find([]string{"github.com/sextant-dev/sextant/internal/tools/generated"}); err == nil {
		t.Errorf("found %v in a package without targets", got)
	}
}
