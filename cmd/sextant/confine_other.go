//go:build !linux

package main

import (
	"errors"
	"io"
	"os"
)

// confined reports that nothing limits this process.
func confined(stderr io.Writer) (io.Writer, bool) { return stderr, false }

// confine fails: this operating system has no limit of memory for a process that
// Sextant could set.
func confine([]string, int64, io.Writer, *os.File, io.Writer) (int, error) {
	return 0, errors.ErrUnsupported
}
