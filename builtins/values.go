package builtins

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
)

// AsCluster returns the API object of a Cluster that a script passed to a builtin
// of another plugin. It waits for the cluster's resolution, until the run is
// cancelled. One that could not be reached is not an error: see its Status.Error.
// The object is the caller's to change; that changes nothing of the run.
//
// The registry in effect is not part of the object: have the script pass
// cluster.registry, and read that with [AsRegistry].
func AsCluster(v sl.Value) (*cluster.Cluster, error) {
	c, ok := v.(*clusterValue)
	if !ok {
		return nil, unlike(v, "Cluster")
	}
	c.declaration("cluster " + c.decl.Name)
	object, err := c.object()
	if err != nil {
		return nil, err
	}
	return &object, nil
}

// AsRegistry returns the registry that a script passed to a builtin of another
// plugin: a Registry or the host of one. None and "" are no registry, nil, as in
// k8s_cluster.
func AsRegistry(v sl.Value) (*cluster.RegistryHosting, error) {
	switch v := v.(type) {
	case sl.NoneType:
		return nil, nil
	case sl.String:
		if v == "" {
			return nil, nil
		}
		hosting := &cluster.RegistryHosting{Host: string(v)}
		if errs := hosting.Validate(nil); len(errs) > 0 {
			return nil, cluster.Invalid(errs)
		}
		return hosting, nil
	case *registryValue:
		return v.hosting.DeepCopy(), nil
	}
	return nil, unlike(v, "Registry, str or None")
}

// AsImage returns the names of an Image that a script passed to a builtin of
// another plugin. A script has one only if it may name images for the cluster.
func AsImage(v sl.Value) (image.Names, error) {
	if i, ok := v.(*imageValue); ok {
		return i.Names, nil
	}
	return image.Names{}, unlike(v, "Image")
}

// AsText returns the string of a str or Blob that a script passed to a builtin of
// another plugin.
func AsText(v sl.Value) (string, error) {
	switch v := v.(type) {
	case sl.String:
		return string(v), nil
	case *blob:
		return v.text, nil
	}
	return "", unlike(v, "str or Blob")
}

func unlike(v sl.Value, want string) error { return fmt.Errorf("got %s, want %s", v.Type(), want) }

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

// name is its name in messages.
func (b *blob) name() string {
	if b.source == "" {
		return "blob"
	}
	return b.source
}

// textSource makes manifests of a string in memory.
func textSource(b *blob) source {
	return source{b.name(), func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(b.text)), nil }}
}
