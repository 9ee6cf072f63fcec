// Package procgroup runs a command so that no process of it outlives it. It
// imports the standard library only.
package procgroup
