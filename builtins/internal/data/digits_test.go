package data

import (
	"strings"
	"testing"
)

// TestDigits: to read an integer takes the square of its digits, so those are bounded.
func TestDigits(t *testing.T) {
	if _, err := DecodeJSON("f", strings.Repeat("9", MaxDigits)); err != nil {
		t.Error(err)
	}
	const want = "too many digits: the limit is 10000"
	if _, err := DecodeJSON("f", strings.Repeat("9", MaxDigits+1)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("JSON: got %v", err)
	}
	// Without a tag, YAML's decoder takes more than some hundred digits for a string.
	if _, err := DecodeYAML("f", "!!int "+strings.Repeat("9", MaxDigits+1)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("YAML: got %v", err)
	}
}
