package image

import "testing"

func TestParseNaming(t *testing.T) {
	for text, want := range map[string]Naming{"": Flat, "flat": Flat, "nested": Nested, "hashed": Hashed} {
		if got, err := ParseNaming(text); err != nil || got != want {
			t.Errorf("ParseNaming(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	_, err := ParseNaming("Flat")
	checkFault(t, err, WhatNaming, "Flat", `it is not "flat", "nested" or "hashed"`)
}

func TestParsePlacementEmpty(t *testing.T) {
	_, err := ParsePlacement("")
	checkFault(t, err, WhatPlacement, "", "it is empty, write a path such as team/api or a full name")
}

// A nil naming is Flat.
func TestDefaultNaming(t *testing.T) {
	got, err := mustNamer(t, flatHost, nil).Names(Request{Ref: "gcr.io/foo"})
	if err != nil || got.Rule != RuleFlat {
		t.Errorf("rule %q, %v, want %q", got.Rule, err, RuleFlat)
	}
}
