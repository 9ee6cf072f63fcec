package builtins

import (
	"fmt"
	"io"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// blob is a text with the name of where it came from, for messages. str() gives
// the text.
type blob struct {
	text, source string
}

var _ sl.Comparable = (*blob)(nil)

func (b *blob) String() string        { return b.text }
func (b *blob) Type() string          { return "Blob" }
func (b *blob) Freeze()               {}
func (b *blob) Truth() sl.Bool        { return b.text != "" }
func (b *blob) Hash() (uint32, error) { return sl.String(b.text).Hash() }

// CompareSameType makes blobs of one text equal.
func (b *blob) CompareSameType(op syntax.Token, other sl.Value, _ int) (bool, error) {
	return compareEqual(op, b, other, b.text == other.(*blob).text)
}

// compareEqual answers == and != of values that have no order.
func compareEqual(op syntax.Token, x, y sl.Value, equal bool) (bool, error) {
	switch op {
	case syntax.EQL:
		return equal, nil
	case syntax.NEQ:
		return !equal, nil
	}
	return false, fmt.Errorf("%s %s %s not implemented", x.Type(), op, y.Type())
}

// name is what messages call the text.
func (b *blob) name() string {
	if b.source == "" {
		return "blob"
	}
	return b.source
}

// textSource makes manifests of a text in memory.
func textSource(b *blob) source {
	return source{b.name(), func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(b.text)), nil }}
}
