package printer_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/printer"
)

var outputs = []builtins.Output{
	{Name: "push name", JSON: []byte(`"localhost:5000/it's <b>"`)},
	{Name: "n", JSON: []byte(`1`)},
	{Name: "a.list", JSON: []byte(`[1,"a",[]]`)},
	{Name: "none", JSON: []byte(`null`)},
	{Name: "big", JSON: []byte(`123456789012345678901234567890`)},
	{Name: "2nd", JSON: []byte(`{"z":true,"a":"yes"}`)},
	{Name: "lines", JSON: []byte(`"one\ntwo\n"`)},
	{Name: "é1", JSON: []byte(`""`)},
}

func TestOutputs(t *testing.T) {
	for _, format := range printer.OutputFormats {
		t.Run(format, func(t *testing.T) {
			var b strings.Builder
			if err := printer.Outputs(&b, format, "", outputs); err != nil {
				t.Fatal(err)
			}
			golden(t, "outputs."+format, b.String())
		})
	}
}

func TestNoOutputs(t *testing.T) {
	for format, want := range map[string]string{"json": "{}\n", "yaml": "{}\n", "env": ""} {
		var b strings.Builder
		if err := printer.Outputs(&b, format, "", nil); err != nil || b.String() != want {
			t.Errorf("%s: %q, %v", format, b.String(), err)
		}
	}
}

func TestRaw(t *testing.T) {
	for _, tt := range []struct{ json, want string }{
		{`"text"`, "text"},
		{`"two\nlines"`, "two\nlines"},
		{`""`, ""},
		{`null`, ""},
		{`1.5`, "1.5"},
		{`true`, "true"},
		{`{"a":[1]}`, `{"a":[1]}`},
	} {
		var b strings.Builder
		if err := printer.Raw(&b, []byte(tt.json)); err != nil || b.String() != tt.want {
			t.Errorf("%s: %q, %v", tt.json, b.String(), err)
		}
	}
}

func TestOutputErrors(t *testing.T) {
	clash := []builtins.Output{{Name: "a.b", JSON: []byte("1")}, {Name: "a-b", JSON: []byte("2")}}
	var b strings.Builder
	err := printer.Outputs(&b, "env", "", clash)
	if want := `outputs "a.b" and "a-b" both become the variable a_b: rename one`; err == nil || err.Error() != want || b.Len() > 0 {
		t.Errorf("got %v and %q", err, b.String())
	}
	if err := printer.Outputs(&b, "toml", "", clash); err == nil || err.Error() != `no format "toml" for outputs` {
		t.Errorf("toml: %v", err)
	}
	for _, format := range printer.OutputFormats {
		if err := printer.Outputs(full{}, format, "", outputs); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
