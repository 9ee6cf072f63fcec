// Package procgroup runs a command so that no process of it outlives it, and
// keeps what it prints within bounds. It imports the standard library and
// golang.org/x/sys.
package procgroup
