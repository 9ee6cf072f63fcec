//go:build unix

package starlark

import "syscall"

// openFlags make the open of a named pipe or a device return at once.
const openFlags = syscall.O_NONBLOCK
