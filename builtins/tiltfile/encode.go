package tiltfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	sl "go.starlark.net/starlark"
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

// writeJSON writes a value as encode_json of Tilt does: by two spaces a level, < > and &
// escaped, with a line break at the end.
func writeJSON(h builtins.Host, v sl.Value) ([]byte, error) {
	of, err := goValue(h, v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	err = e.Encode(of)
	return out.Bytes(), err
}

// writeYAML writes a value as encode_yaml of Tilt does, which is how kubectl lays YAML
// out.
func writeYAML(h builtins.Host, v sl.Value) ([]byte, error) {
	of, err := goValue(h, v)
	if err != nil {
		return nil, err
	}
	return yaml.Marshal(of)
}

// writeYAMLStream is writeYAML for each element of a list.
func writeYAMLStream(h builtins.Host, v sl.Value) ([]byte, error) {
	items, ok := sequence(v)
	if !ok {
		return nil, errors.New("got " + v.Type() + ", want a list of documents")
	}
	var out []byte
	for i, item := range items {
		if i > 0 {
			out = append(out, "---\n"...)
		}
		doc, err := writeYAML(h, item)
		if err != nil {
			return nil, err
		}
		out = append(out, doc...)
	}
	return out, nil
}
