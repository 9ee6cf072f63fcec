package yaml11

import "testing"

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
		if got := string(Directives([]byte(text))); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
