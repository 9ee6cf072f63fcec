// Package e2e runs the built sextant command against real servers and looks at
// what a user sees: the exit code, standard output, standard error, and that
// nothing stays behind. It has tests only; `make test-real` runs them.
//
// The tests are for Linux: they cut the network off with a namespace and find
// processes through /proc. They import internal/test/realcluster for the servers and
// cluster for the types that the command prints.
package e2e
