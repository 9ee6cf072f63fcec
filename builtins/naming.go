package builtins

import (
	"fmt"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/cluster/image"
)

// typeNaming is the name of a naming scheme, or a function from an image's
// familiar name to its path below the registry.
var typeNaming = Type{"str | function", func(v sl.Value) bool { return is[sl.String](v) || is[sl.Callable](v) }}

// naming returns the naming= argument.
func (c *call) naming() (image.Naming, error) {
	fn, ok := c.value("naming").(sl.Callable)
	if !ok {
		scheme, err := image.ParseNaming(c.str("naming"))
		if err != nil {
			return nil, c.errorf("for parameter %q: %w", "naming", err)
		}
		return scheme, nil
	}
	run := c.run
	return image.Func(func(familiar string) (string, error) {
		v, err := sl.Call(run.thread, fn, sl.Tuple{sl.String(familiar)}, nil)
		if err != nil {
			return "", err
		}
		path, ok := sl.AsString(v)
		if !ok {
			return "", fmt.Errorf("%s returned %s, want str", fn.Name(), v.Type())
		}
		return path, nil
	}), nil
}
