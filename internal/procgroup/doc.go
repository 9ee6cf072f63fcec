// Package procgroup runs a command so that no process of it outlives it, and
// keeps what it prints within bounds.
package procgroup
