package starlark_test

import (
	"context"
	"io/fs"

	sl "go.starlark.net/starlark"
)

// sessionPlugin adds a function, called, and notes what happens to it.
type sessionPlugin struct {
	called func()
	calls  int
	ended  bool
}

func (p *sessionPlugin) Begin(context.Context, fs.FS) (sl.StringDict, error) {
	return sl.StringDict{"called": sl.NewBuiltin("called", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		p.calls++
		p.called()
		return sl.None, nil
	})}, nil
}

func (p *sessionPlugin) End(error) error {
	p.ended = true
	return nil
}
