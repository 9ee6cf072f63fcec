// Package program builds the commands of this module for tests that run them as
// processes. It imports the standard library only, runs the go command, and is
// imported by tests and benchmarks alone.
package program
