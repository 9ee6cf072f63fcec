package starlark_test

import (
	"context"
	"io/fs"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// sessionPlugin adds a function, called, and notes what happens to it.
type sessionPlugin struct {
	called func()
	calls  int
	ended  bool
	fails  error // what Begin returns
}

func (p *sessionPlugin) Begin(context.Context, fs.FS) (sl.StringDict, error) {
	path := &starlarkstruct.Module{Name: "path", Members: sl.StringDict{"join": sl.None}}
	os := &starlarkstruct.Module{Name: "os", Members: sl.StringDict{"path": path}}
	point := starlarkstruct.FromStringDict(sl.String("point"), sl.StringDict{"x": sl.None})
	return sl.StringDict{"os": os, "point": point, "called": sl.NewBuiltin("called", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		p.calls++
		p.called()
		return sl.None, nil
	})}, p.fails
}

func (p *sessionPlugin) End(error) error {
	p.ended = true
	return nil
}
