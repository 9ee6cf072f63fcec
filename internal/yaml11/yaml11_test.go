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

func TestDirectives(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"a: 1\n":                            "a: 1\n",
		"%YAML 1.2\n---\na\n":               "%YAML 1.1\n---\na\n",
		"%YAML 1.2":                         "%YAML 1.1",
		"%YAML\t1.2 # x\r\n---\r\n":         "%YAML\t1.1 # x\r\n---\r\n",
		"# a\n\n%TAG ! !x\n%YAML 1.2\n--- ": "# a\n\n%TAG ! !x\n%YAML 1.1\n--- ",
		"a\n...\n# b\n%YAML 1.2\n---\nb\n":  "a\n...\n# b\n%YAML 1.1\n---\nb\n",
		"a\n... # c\n%YAML 1.2\n---\nb\n":   "a\n... # c\n%YAML 1.1\n---\nb\n",
		"%YAML 1.1\n---\n":                  "%YAML 1.1\n---\n",
		"%YAML 1.20\n---\n":                 "%YAML 1.20\n---\n",
		"%YAMLS 1.2\n---\n":                 "%YAMLS 1.2\n---\n",
		"a: |\n  x\n%YAML 1.2\n":            "a: |\n  x\n%YAML 1.2\n",
		"---\n%YAML 1.2\n":                  "---\n%YAML 1.2\n",
	} {
		if got := string(yaml11.Directives([]byte(text))); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
