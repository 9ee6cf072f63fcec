package builtins

import (
	sl "go.starlark.net/starlark"
)

// dataFunctions turn texts into values and back.
func dataFunctions() []Function {
	decode := func(name, what, returns string, f func(name, text string) (sl.Value, error)) Function {
		return Function{
			Name:    name,
			Params:  []Param{{"text", typeText, nil, "The text."}},
			Returns: returns, Doc: "Reads a text as " + what + ".",
			call: func(c *call) (sl.Value, error) {
				source := ""
				if b, ok := c.value("text").(*blob); ok {
					source = b.source
				}
				v, err := f(source, c.text("text"))
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				return v, nil
			},
		}
	}
	encode := func(name, what string, f func(sl.Value, int64) ([]byte, error)) Function {
		return Function{
			Name:    name,
			Params:  []Param{{"value", typeAny, nil, "The value; a Cluster is written as its API object."}},
			Returns: "Blob", Doc: "Writes a value as " + what + ".",
			call: func(c *call) (sl.Value, error) {
				data, err := f(c.value("value"), c.run.options.Limits.Output)
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				return &blob{text: string(data)}, nil
			},
		}
	}
	return []Function{
		{
			Name:    "blob",
			Params:  []Param{{"text", typeText, nil, "The text."}},
			Returns: "Blob", Doc: "Makes a Blob of a text.",
			call: func(c *call) (sl.Value, error) { return &blob{text: c.text("text")}, nil },
		},
		decode("decode_json", "JSON", "any", decodeJSON),
		decode("decode_yaml", "one YAML document", "any", decodeYAML),
		decode("decode_yaml_stream", "any number of YAML documents", "list", decodeYAMLStream),
		encode("encode_json", "JSON on one line", encodeJSON),
		encode("encode_yaml", "a YAML document", encodeYAML),
		encode("encode_yaml_stream", "a stream of YAML documents, one an element", encodeYAMLStream),
	}
}
