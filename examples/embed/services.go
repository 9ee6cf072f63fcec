package main

import (
	"context"
	"fmt"
	"io/fs"

	"go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/starlark/convert"
)

// service is one service on one cluster.
type service struct {
	Name    string `json:"name"`
	Cluster string `json:"cluster"`
	// Platform is what to build for, such as linux/arm64.
	Platform string `json:"platform"`
	// Push is the image as seen from this machine, Pull as the cluster sees it.
	Push string `json:"push"`
	Pull string `json:"pull"`
	// URL is how the other services of the cluster call this one.
	URL  string `json:"url"`
	Size size   `json:"size"`
}

// size is what a script may set of a service in a dict.
type size struct {
	Replicas int `json:"replicas"`
	MemoryMB int `json:"memoryMB"`
}

// services is a plugin of the engine: it adds service(), and keeps what one run
// declared. It knows the builtins' values, but not the engine.
type services struct {
	all    []service
	places map[string]string // of the declarations, by cluster and name
}

// Begin returns the names that the plugin adds.
func (s *services) Begin(context.Context, fs.FS) (starlark.StringDict, error) {
	s.places = map[string]string{}
	return starlark.StringDict{"service": starlark.NewBuiltin("service", s.declare)}, nil
}

// End has nothing to settle.
func (s *services) End(error) error { return nil }

// declare is service(name, cluster, image, size={}). It returns the service, so
// that a script can read its url.
func (s *services) declare(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var target, image starlark.Value
	given := new(starlark.Dict)
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "name", &name, "cluster", &target, "image", &image, "size?", &given); err != nil {
		return nil, err
	}
	wrong := func(parameter string, err error) error {
		return fmt.Errorf("%s: for parameter %q: %w", b.Name(), parameter, err)
	}
	cluster, err := builtins.AsCluster(target)
	if err != nil {
		return nil, wrong("cluster", err)
	}
	names, err := builtins.AsImage(image)
	if err != nil {
		return nil, wrong("image", err)
	}
	made := service{
		Name:     name,
		Cluster:  cluster.Name,
		Platform: "linux/" + cluster.Status.Arch,
		Push:     names.Local,
		Pull:     names.Cluster,
		URL:      "http://" + name,
		Size:     size{Replicas: 1, MemoryMB: 128},
	}
	if err := convert.ToGo(given, &made.Size); err != nil {
		return nil, wrong("size", err)
	}

	key, place := cluster.Name+"/"+name, thread.CallFrame(1).Pos.String()
	if first, ok := s.places[key]; ok {
		return nil, fmt.Errorf("%s: %q was declared on cluster %q at %s already", b.Name(), name, cluster.Name, first)
	}
	s.places[key] = place
	s.all = append(s.all, made)
	return convert.FromGo(made)
}
