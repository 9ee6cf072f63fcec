//go:build !unix

package process

import (
	"errors"
	"fmt"
	"runtime"
)

// List is not to be had here.
func List() ([]Process, error) {
	return nil, fmt.Errorf("list processes on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
