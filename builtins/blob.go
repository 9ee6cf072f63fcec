package builtins

import (
	"cmp"
	"io"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// blob is a string with the name of its source, for messages. str() returns
// the text.
type blob struct {
	text, source string
	typeName     string // what type() returns, "" for Blob
	documents    []any  // what the text was written of, nil if that is not known
}

var _ sl.Comparable = (*blob)(nil)

func (b *blob) String() string        { return b.text }
func (b *blob) Type() string          { return cmp.Or(b.typeName, "Blob") }
func (b *blob) Freeze()               {}
func (b *blob) Truth() sl.Bool        { return b.text != "" }
func (b *blob) Hash() (uint32, error) { return sl.String(b.text).Hash() }

// Object makes a blob encode as its string.
func (b *blob) Object() (any, error) { return b.text, nil }

// CompareSameType makes blobs of the same string equal.
func (b *blob) CompareSameType(op syntax.Token, other sl.Value, _ int) (bool, error) {
	return compareEqual(op, b, other, b.text == other.(*blob).text)
}

// name is its name in messages.
func (b *blob) name() string {
	if b.source == "" {
		return "blob"
	}
	return b.source
}

// textOf accepts a string or a Blob.
var textOf = table.Type[*blob]{Name: "str | Blob", Convert: func(v sl.Value) (*blob, error) {
	switch v := v.(type) {
	case sl.String:
		return &blob{text: string(v)}, nil
	case *blob:
		return v, nil
	}
	return nil, table.ErrType
}}

// textSource makes manifests of a string in memory.
func textSource(b *blob) source {
	return source{b.name(), func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(b.text)), nil }}
}
