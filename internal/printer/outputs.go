package printer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/diag"
)

// OutputFormats are the formats of a script's outputs, the default first.
var OutputFormats = []string{"json", "yaml", "env"}

// Outputs writes all outputs in one of [OutputFormats], in the order the
// script declared them.
func Outputs(w io.Writer, format string, outputs []builtins.Output) error {
	if format == "env" {
		return env(w, outputs)
	}
	return Value(w, format, object(outputs))
}

// object joins the outputs into one JSON object.
func object(outputs []builtins.Output) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, o := range outputs {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(o.Name) // a string marshals
		b.Write(name)
		b.WriteByte(':')
		b.Write(o.JSON)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// Value writes one JSON value as indented JSON or as YAML.
func Value(w io.Writer, format string, data []byte) error {
	switch format {
	case "json":
		var b bytes.Buffer
		if err := json.Indent(&b, data, "", "  "); err != nil {
			return err
		}
		b.WriteByte('\n')
		_, err := w.Write(EscapeJSON(b.Bytes()))
		return err
	case "yaml":
		return jsonAsYAML(w, data, builtins.YAML)
	}
	return fmt.Errorf("no format %q for outputs", format)
}

// Raw writes one value as a shell wants it: a string as it is, anything else
// as JSON on one line.
func Raw(w io.Writer, data []byte) error {
	_, err := fmt.Fprintln(w, plain(data))
	return err
}

// plain is a string's text, nothing for null, and JSON for the rest.
func plain(data []byte) string {
	var s string
	if json.Unmarshal(data, &s) == nil {
		return s // null leaves s empty
	}
	return string(data)
}

func env(w io.Writer, outputs []builtins.Output) error {
	from := map[string]string{}
	var b bytes.Buffer
	for _, o := range outputs {
		name := variable(o.Name)
		if other, ok := from[name]; ok {
			return fmt.Errorf("outputs %q and %q both become the variable %s: rename one", other, o.Name, name)
		}
		from[name] = o.Name
		if strings.ContainsFunc(plain(o.JSON), diag.IsUnprintable) {
			return fmt.Errorf("output %q holds a control character, such as NUL or a terminal escape, which -o env does not print: use -o json or yaml", o.Name)
		}
		fmt.Fprintf(&b, "export %s=%s\n", name, builtins.ShellQuote(plain(o.JSON)))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// variable makes a shell variable's name: other characters become _, and a
// digit in front gets one before it.
func variable(name string) string {
	out := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	if out[0] >= '0' && out[0] <= '9' {
		out = "_" + out
	}
	return out
}
