package builtins

import (
	"fmt"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/starlark/convert"
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

func is[T sl.Value](v sl.Value) bool {
	_, ok := v.(T)
	return ok
}

// stringList makes a list value of strings.
func stringList(items []string) *sl.List {
	values := make([]sl.Value, len(items))
	for i, s := range items {
		values[i] = sl.String(s)
	}
	return sl.NewList(values)
}

// frozen makes a dict that a script cannot change, since that would change
// nothing of the cluster.
func frozen(m map[string]string) (sl.Value, error) {
	v, err := convert.FromGo(m)
	if err == nil {
		v.Freeze()
	}
	return v, err
}
