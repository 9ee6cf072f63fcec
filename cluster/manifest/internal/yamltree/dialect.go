package yamltree

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"

	"github.com/sextant-dev/sextant/internal/yaml11"
)

// parserText returns text in the dialect that the YAML parser knows, byte for byte as
// long: a directive for YAML 1.2 becomes one for 1.1, and the escapes that JSON has beyond
// YAML 1.1, \/ and pairs of surrogates, are masked where text is JSON. Then the
// parser's values are not those of the text.
func parserText(text []byte) (known []byte, masked bool) {
	known = yaml11.Directives(text)
	beyond := func(escape string) bool { return bytes.Contains(text, []byte(escape)) }
	if !beyond(`\/`) && !beyond(`\ud`) && !beyond(`\uD`) || !isJSON(text) {
		return known, false
	}
	known = bytes.Clone(known)
	for i := 0; i+1 < len(known); i++ {
		if known[i] != '\\' {
			continue
		}
		if next := known[i+1]; next == '/' || next == 'u' {
			known[i] = mask
		} else {
			i++
		}
	}
	return known, true
}

// mask replaces a backslash. In quotes it is an ordinary character.
const mask = '~'

// isJSON reports whether text is one JSON value, in a document of its own.
func isJSON(text []byte) bool {
	body := bytes.TrimLeft(text, " \t\r\n")
	if rest, ok := bytes.CutPrefix(body, []byte("---")); ok {
		body = rest
	}
	return json.Valid(body)
}

// unmask sets the scalars below n, which are JSON, to the values that they have in
// the text.
func (f *full) unmask(n *yaml.Node) error {
	for _, child := range n.Content {
		if err := f.unmask(child); err != nil {
			return err
		}
	}
	if n.Kind != yaml.ScalarNode || scalarStyle(n) != Double {
		return nil
	}
	start, end, err := f.extent(f.offset(n.Line, n.Column), n)
	if err != nil {
		return err
	}
	return json.Unmarshal(f.buf[start:end], &n.Value)
}
