package embedtest

import (
	"context"
	"io/fs"

	"go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
)

// notes is an embedder's plugin: note(cluster, image) keeps what they are.
type notes struct{ all []string }

func (n *notes) Begin(context.Context, fs.FS) (starlark.StringDict, error) {
	return starlark.StringDict{"note": starlark.NewBuiltin("note", n.note)}, nil
}

func (n *notes) End(error) error { return nil }

func (n *notes) note(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var target, image starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "cluster", &target, "image", &image); err != nil {
		return nil, err
	}
	cluster, err := builtins.AsCluster(target)
	if err != nil {
		return nil, err
	}
	names, err := builtins.AsImage(image)
	if err != nil {
		return nil, err
	}
	n.all = append(n.all, cluster.Name+" "+cluster.Status.Arch+" "+names.Local)
	return starlark.None, nil
}
