package tiltfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"

	sl "go.starlark.net/starlark"
	yamlv2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/builtins"
)

// goValue is a value as Tilt hands it to the encoders of Go: a dict is a map, whose keys
// they sort, and a float is a float64, of which they write 1.0 as 1.
func goValue(h builtins.Host, v sl.Value) (any, error) {
	data, err := h.EncodeJSON(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	return withFloats(out)
}

// withFloats makes the numbers that are no ints float64.
func withFloats(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			return v.Float64()
		}
	case []any:
		for i := range v {
			if v[i], err = withFloats(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = withFloats(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// encoded is a string that values were written as.
type encoded struct {
	text []byte
	// documents are what YAML reads of it, nil if that is not known.
	documents []any
}

// writeJSON writes a value as encode_json of Tilt does: by two spaces a level, < > and &
// escaped, with a line break at the end.
func writeJSON(h builtins.Host, v sl.Value) (encoded, error) {
	of, err := goValue(h, v)
	if err != nil {
		return encoded{}, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	err = e.Encode(of)
	return encoded{text: out.Bytes()}, err
}

// writeYAML writes a value as encode_yaml of Tilt does, which is how kubectl lays YAML
// out.
func writeYAML(h builtins.Host, v sl.Value) (encoded, error) {
	of, err := goValue(h, v)
	if err != nil {
		return encoded{}, err
	}
	return marshalYAML(of)
}

// marshalYAML is yaml.Marshal of sigs.k8s.io/yaml, which writes a value as JSON, reads
// that as YAML and writes what it has read. What it reads is known without all but the
// last step for nearly every value; the others take the long way.
func marshalYAML(v any) (encoded, error) {
	if read, ok := asReadFromJSON(v); ok {
		text, err := yamlv2.Marshal(read)
		return encoded{text, []any{read}}, err
	}
	text, err := yaml.Marshal(v)
	return encoded{text: text}, err
}

// asReadFromJSON returns a value as YAML reads it of its JSON, ok false if the value has
// something that it may read as another or not at all, there or in what it writes: a key
// << is written without quotes. It changes lists and maps in place,
// to values of the same JSON.
func asReadFromJSON(v any) (read any, ok bool) {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, true
		}
		return v, false
	case float64:
		const exact = 1 << 53 // JSON has zeros in place of further digits
		if i := int64(v); math.Abs(v) < exact && float64(i) == v {
			return i, true
		}
		return v, math.Abs(v) < exact
	case string:
		return v, !strings.ContainsFunc(v, misread)
	case []any:
		for i := range v {
			if v[i], ok = asReadFromJSON(v[i]); !ok {
				return v, false
			}
		}
	case map[string]any:
		const longest = 128 // of a key that is sure to be read: a long one needs a question mark
		for k := range v {
			if k == "<<" || len(k) > longest || strings.ContainsFunc(k, misread) {
				return v, false
			}
			if v[k], ok = asReadFromJSON(v[k]); !ok {
				return v, false
			}
		}
	}
	return v, true
}

// misread reports whether a character of a JSON string is a line break or not allowed
// in YAML.
func misread(r rune) bool { return r >= 0x7f && r <= 0x9f || r == 0xfeff || r == 0xfffe || r == 0xffff }

// writeYAMLStream is writeYAML for each element of a list.
func writeYAMLStream(h builtins.Host, v sl.Value) (encoded, error) {
	items, ok := sequence(v)
	if !ok {
		return encoded{}, errors.New("got " + v.Type() + ", want a list of documents")
	}
	all := encoded{documents: []any{}}
	for i, item := range items {
		if i > 0 {
			all.text = append(all.text, "---\n"...)
		}
		doc, err := writeYAML(h, item)
		if err != nil {
			return encoded{}, err
		}
		all.text = append(all.text, doc.text...)
		if doc.documents == nil || all.documents == nil {
			all.documents = nil
			continue
		}
		all.documents = append(all.documents, doc.documents...)
	}
	return all, nil
}
