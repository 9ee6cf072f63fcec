// Package procgroup runs a command so that no process of it outlives it. It
// imports the standard library and golang.org/x/sys.
package procgroup
