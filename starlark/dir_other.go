//go:build !unix

package starlark

// openFlags are none: these systems have no files in folders whose open waits.
const openFlags = 0
