package builtins_test

import (
	"context"
	"fmt"
	"io/fs"

	"go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
)

// deployments is a plugin beside ours: it adds deploy(image, cluster, chart), and
// keeps what was deployed. This file knows nothing of the engine that runs it.
type deployments struct{ all []deployment }

type deployment struct{ Cluster, Arch, Push, Pull, Host, Notes string }

func (d *deployments) Begin(context.Context, fs.FS) (starlark.StringDict, error) {
	return starlark.StringDict{"deploy": starlark.NewBuiltin("deploy", d.deploy)}, nil
}

func (d *deployments) End(error) error { return nil }

func (d *deployments) deploy(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var image, target starlark.Value
	var registry, notes starlark.Value = starlark.None, starlark.String("")
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "image", &image, "cluster", &target, "registry?", &registry, "notes?", &notes); err != nil {
		return nil, err
	}
	wrong := func(parameter string, err error) error {
		return fmt.Errorf("%s: for parameter %q: %w", b.Name(), parameter, err)
	}
	names, err := builtins.AsImage(image)
	if err != nil {
		return nil, wrong("image", err)
	}
	cluster, err := builtins.AsCluster(target)
	if err != nil {
		return nil, wrong("cluster", err)
	}
	made := deployment{Cluster: cluster.Name, Arch: cluster.Status.Arch, Push: names.Local, Pull: names.Cluster}
	hosting, err := builtins.AsRegistry(registry)
	if err != nil {
		return nil, wrong("registry", err)
	}
	if hosting != nil {
		made.Host = hosting.Host
	}
	if made.Notes, err = builtins.AsText(notes); err != nil {
		return nil, wrong("notes", err)
	}
	d.all = append(d.all, made)
	return starlark.None, nil
}
