package printer

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/diag"
)

// hostileTexts are what a terminal would act on, in strings that need quotes and in
// others.
var hostileTexts = map[string]string{
	"esc\x1b[2J": "a\x1b[31m", "del": "v1.2\x7f", "c1": "a\u009b31m", "bidi": "user\u202egnp", "bidi\u2066": "a: b # c\u2069",
	"lines": "a\u2028b\u2029c\nd\re", "tag": "x\U000e0041", "none": "a\ufffe\uffff", "plain": "a", "number": "1\u200f", "empty": "",
}

// TestDataIsPrintable: JSON and YAML hold what was put in, and nothing that a
// terminal acts on.
func TestDataIsPrintable(t *testing.T) {
	raw, err := json.Marshal(hostileTexts)
	if err != nil {
		t.Fatal(err)
	}
	// What a script declares comes as JSON that need not be escaped.
	bare := []byte(strings.NewReplacer("\\u2028", "\u2028", "\\u2029", "\u2029").Replace(string(raw)))
	for name, write := range map[string]func(*strings.Builder) error{
		"JSON":         func(b *strings.Builder) error { return JSON(b, hostileTexts) },
		"YAML":         func(b *strings.Builder) error { return YAML(b, hostileTexts) },
		"JSON outputs": func(b *strings.Builder) error { return Value(b, "json", bare) },
		"YAML outputs": func(b *strings.Builder) error { return Value(b, "yaml", bare) },
		"an output": func(b *strings.Builder) error {
			return Outputs(b, "json", "", []builtins.Output{{Name: "all\u202e", JSON: bare}})
		},
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.ContainsFunc(b.String(), diag.IsUnprintable) {
			t.Errorf("%s is not printable: %q", name, b.String())
		}
		got := map[string]string{}
		text := b.String()
		if name == "an output" {
			all := map[string]map[string]string{}
			if err := json.Unmarshal([]byte(text), &all); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got = all["all\u202e"]
		} else if strings.HasPrefix(name, "JSON") {
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Errorf("%s: %v\n%s", name, err, text)
			}
		} else if err := yaml.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		if d := cmp.Diff(hostileTexts, got); d != "" {
			t.Errorf("%s: -in +out\n%s\n%s", name, d, text)
		}
	}
}
