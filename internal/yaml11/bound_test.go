package yaml11_test

import (
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/yaml11"
)

// TestBound: however values are written, many of them are over the limit.
func TestBound(t *testing.T) {
	const most = 1000
	for _, text := range []string{"- a\n", "a:\n", "1,", "[", "{", "- - ", "? ? ", ",\n"} {
		if err := yaml11.Bound([]byte(strings.Repeat(text, most+1)), most); err == nil {
			t.Errorf("%q is not counted", text)
		}
		if err := yaml11.Bound([]byte(strings.Repeat(text, most/2-1)), most); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
