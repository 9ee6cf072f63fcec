package data

import (
	"strings"
	"testing"
)

// TestDigits: to read an integer takes the square of its digits, so those are bounded.
func TestDigits(t *testing.T) {
	for _, read := range []func(string, string) error{
		func(name, text string) error { _, err := DecodeJSON(name, text); return err },
		func(name, text string) error { _, err := DecodeYAML(name, text); return err },
	} {
		if err := read("f", strings.Repeat("9", MaxDigits)); err != nil {
			t.Error(err)
		}
		if err := read("f", strings.Repeat("9", MaxDigits+1)); err == nil || !strings.Contains(err.Error(), "too many digits: the limit is 10000") {
			t.Errorf("got %v", err)
		}
	}
}
