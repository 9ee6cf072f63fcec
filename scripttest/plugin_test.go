package scripttest

import (
	"context"
	"io/fs"

	sl "go.starlark.net/starlark"
)

// team is a plugin of an embedder.
type team struct{}

func (team) Begin(context.Context, fs.FS) (sl.StringDict, error) {
	return sl.StringDict{"team": sl.String("web")}, nil
}
func (team) End(error) error { return nil }

// hangs adds a function that returns only when it is released, whatever its run's
// context says.
type hangs struct{ released, ended chan struct{} }

func (h *hangs) Begin(context.Context, fs.FS) (sl.StringDict, error) {
	return sl.StringDict{"hang": sl.NewBuiltin("hang", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		<-h.released
		close(h.ended)
		return sl.None, nil
	})}, nil
}

func (h *hangs) End(error) error { return nil }
