package printer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/sextant-dev/sextant/builtins"
)

// OutputFormats are the formats of a script's outputs, the default first.
var OutputFormats = []string{"json", "yaml", "env", "dotenv", "make", "github"}

// Outputs writes outputs in one of [OutputFormats], in the order the script declared
// them. The prefix is that of variables, for the formats that have them.
func Outputs(w io.Writer, format, prefix string, outputs []builtins.Output) error {
	if IsVariables(format) {
		return variables(w, format, prefix, outputs)
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

// Raw writes one value and no more, not the end of a line either: a string as it is,
// anything else as JSON on one line.
func Raw(w io.Writer, data []byte) error {
	_, err := io.WriteString(w, plain(data))
	return err
}

// plain is the string itself, nothing for null, and JSON for the rest.
func plain(data []byte) string {
	var s string
	if json.Unmarshal(data, &s) == nil {
		return s // null leaves s empty
	}
	return string(data)
}
