package printer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/diag"
)

// YAML writes v as one YAML document, by its JSON form.
func YAML(w io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return jsonAsYAML(w, data, yaml.JSONToYAML)
}

// jsonAsYAML writes JSON as YAML by convert, which takes and leaves some of what a
// terminal would act on, and by a way of its own if there is one.
func jsonAsYAML(w io.Writer, data []byte, convert func([]byte) ([]byte, error)) error {
	var text []byte
	var err error
	plain := !hasUnprintable(data)
	if plain {
		if text, err = convert(data); err != nil {
			return err
		}
	}
	if !plain || hasUnprintable(text) {
		if text, err = escapedYAML(data); err != nil {
			return err
		}
	}
	_, err = w.Write(text)
	return err
}

// JSON writes v as indented JSON.
func JSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(EscapeJSON(b.Bytes()))
	return err
}

// EscapeJSON escapes in JSON what a terminal would act on: the encoder escapes the
// oldest control characters only.
func EscapeJSON(data []byte) []byte {
	if !hasUnprintable(data) {
		return data
	}
	return escape(data, `\u%04x`, func(r rune) string { // as two, beyond the first plane
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	})
}

// escapedYAML makes YAML of JSON that holds what a terminal would act on: in quotes
// and escaped, which YAML's own encoder does for some of it.
func escapedYAML(text []byte) ([]byte, error) {
	var doc yamlv3.Node
	// Escaped, JSON is YAML that a decoder takes.
	if err := yamlv3.Unmarshal(escape(text, `\u%04x`, longEscape), &doc); err != nil {
		return nil, err
	}
	var restyle func(*yamlv3.Node)
	restyle = func(n *yamlv3.Node) {
		n.Style = 0
		if n.Kind == yamlv3.ScalarNode && strings.ContainsFunc(n.Value, diag.IsUnprintable) {
			n.Style = yamlv3.DoubleQuotedStyle
		}
		for _, child := range n.Content {
			restyle(child)
		}
	}
	restyle(&doc)
	var b bytes.Buffer
	e := yamlv3.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return nil, err
	}
	return escape(b.Bytes(), `\u%04x`, longEscape), nil
}

func longEscape(r rune) string { return fmt.Sprintf(`\U%08x`, r) }

func hasUnprintable(data []byte) bool { return bytes.ContainsFunc(data, diag.IsUnprintable) }

// escape replaces what is not printable, which only quoted strings hold.
func escape(data []byte, format string, beyond func(rune) string) []byte {
	var b bytes.Buffer
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case !diag.IsUnprintable(r):
			b.Write(data[:n])
		case r > 0xffff:
			b.WriteString(beyond(r))
		default:
			fmt.Fprintf(&b, format, r)
		}
		data = data[n:]
	}
	return b.Bytes()
}
