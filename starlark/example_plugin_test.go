package starlark_test

import (
	"context"
	"io/fs"

	sl "go.starlark.net/starlark"
)

// greetings is a plugin: it adds greet(name), and keeps what was greeted. It
// needs nothing of the package that runs it.
type greetings struct{ all []string }

func (g *greetings) Begin(context.Context, fs.FS) (sl.StringDict, error) {
	return sl.StringDict{"greet": sl.NewBuiltin("greet", g.greet)}, nil
}

func (g *greetings) End(error) error { return nil }

func (g *greetings) greet(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
	var name string
	if err := sl.UnpackArgs(b.Name(), args, kwargs, "name", &name); err != nil {
		return nil, err
	}
	g.all = append(g.all, "hello "+name)
	return sl.None, nil
}
