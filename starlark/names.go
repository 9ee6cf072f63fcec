package starlark

import (
	"errors"
	"path"
	"strings"
)

var errEmptyName = errors.New("the path is empty")

// ErrOutside reports a path that leaves the root folder of the scripts: by
// "..", by being absolute, or through a symbolic link.
var ErrOutside = errors.New("the path leaves the root folder of the scripts")

// resolveName gives the name of a file, relative to the root, from the path
// that stands in the file from. A path that starts with "@" names a module of
// the engine's Loader; relative paths inside such a module stay inside it.
func resolveName(from, p string) (string, error) {
	if p == "" {
		return "", errEmptyName
	}
	base := from
	if strings.HasPrefix(p, "@") {
		base = ""
		from = p
	}
	root := ""
	if strings.HasPrefix(from, "@") {
		root, _, _ = strings.Cut(from, "/")
		root += "/"
	}
	if strings.HasPrefix(p, "/") {
		return "", ErrOutside
	}
	name := path.Join(path.Dir(base), p)
	if name == ".." || strings.HasPrefix(name, "../") || !strings.HasPrefix(name+"/", root) {
		return "", ErrOutside
	}
	return name, nil
}
