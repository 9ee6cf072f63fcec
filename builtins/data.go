package builtins

import (
	"errors"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/data"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/diag"
)

// dataFunctions decode strings into values and encode them.
func dataFunctions() []row {
	decode := func(name, what, returns string, f func(name, text string) (sl.Value, error)) row {
		return row{Name: name, Returns: returns, Doc: "Decodes a string as " + what + ".", Define: func(p *params) body {
			text := table.Required(p, "text", textOf, "The string.")
			return func(_ *Run, c *call) (sl.Value, error) {
				b := text.Of(c)
				v, err := f(b.source, b.text)
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return v, nil
			}
		}}
	}
	encode := func(name, what string, f func(sl.Value, int64) ([]byte, error)) row {
		return row{Name: name, Returns: "Blob", Doc: "Writes a value as " + what + ".", Define: func(p *params) body {
			value := table.Required(p, "value", table.Any, "The value; a Cluster is written as its API object.")
			return func(r *Run, c *call) (sl.Value, error) {
				text, err := f(value.Of(c), r.options.Limits.Output)
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return &blob{text: string(text)}, nil
			}
		}}
	}
	return []row{
		{Name: "blob", Returns: "Blob", Doc: "Makes a Blob of a string.", Define: func(p *params) body {
			text := table.Required(p, "text", textOf, "The string.")
			return func(_ *Run, c *call) (sl.Value, error) { return &blob{text: text.Of(c).text}, nil }
		}},
		decode("decode_json", "JSON", "any", data.DecodeJSON),
		decode("decode_yaml", "one YAML document", "any", data.DecodeYAML),
		decode("decode_yaml_stream", "any number of YAML documents", "list", decodeYAMLStream),
		encode("encode_json", "JSON on one line", encodeJSON),
		encode("encode_yaml", "a YAML document", encodeYAML),
		encode("encode_yaml_stream", "a stream of YAML documents, one an element", encodeYAMLStream),
	}
}

// encoded returns what package data wrote, with the error of this package for a
// value that is too large.
func encoded(text []byte, err error) ([]byte, error) {
	var large *data.TooLargeError
	if errors.As(err, &large) {
		err = &diag.LimitError{Limit: diag.LimitOutput, Max: uint64(large.Max), Where: "the encoded value"}
	}
	return text, err
}

// encodeJSON writes a value as JSON on one line of at most so many bytes.
func encodeJSON(v sl.Value, most int64) ([]byte, error) { return encoded(data.JSON(v, most)) }

// encodeYAML writes a value as one document of at most so many bytes.
func encodeYAML(v sl.Value, most int64) ([]byte, error) { return encoded(data.YAML(v, most)) }

// encodeYAMLStream writes each element of a sequence as a document.
func encodeYAMLStream(v sl.Value, most int64) ([]byte, error) {
	return encoded(data.YAMLStream(v, most))
}

// decodeYAMLStream reads any number of documents and drops empty ones.
func decodeYAMLStream(name, text string) (sl.Value, error) {
	docs, err := data.DecodeYAMLStream(name, text)
	if err != nil {
		return nil, err
	}
	return sl.NewList(docs), nil
}

// YAML writes JSON as a YAML document in block style. Keys keep their
// order and numbers their value, of any size. No string is written so that a
// reader of YAML 1.1, as Kubernetes is, takes it for anything else.
func YAML(json []byte) ([]byte, error) { return data.YAMLOfJSON(json) }
