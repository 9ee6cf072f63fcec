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
