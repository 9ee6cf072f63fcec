package convert

import (
	"errors"
	"fmt"
	"strings"

	sl "go.starlark.net/starlark"
)

// maxDepth bounds how deep values may nest. It turns values that contain
// themselves, on either side, into errors.
const maxDepth = 100

var errTooDeep = errors.New("nested too deep, or contains itself")

// pathError is an error at a place inside a value. The path grows outwards, so
// that conversions that succeed build none.
type pathError struct {
	path string // such as ".spec.items[2]"
	err  error
}

func (e *pathError) Error() string {
	return strings.TrimPrefix(e.path, ".") + ": " + e.err.Error()
}

func (e *pathError) Unwrap() error { return e.err }

// at reports that err happened inside the element, ".name" or "[index]".
func at(element string, err error) error {
	if inner, ok := err.(*pathError); ok {
		return &pathError{path: element + inner.path, err: inner.err}
	}
	return &pathError{path: element, err: err}
}

func atIndex(i int, err error) error { return at(fmt.Sprintf("[%d]", i), err) }

func atKey(key sl.Value, err error) error {
	if s, ok := sl.AsString(key); ok && isName(s) {
		return at("."+s, err)
	}
	return at("["+key.String()+"]", err)
}

func isName(s string) bool {
	for _, r := range s {
		if r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != ""
}
