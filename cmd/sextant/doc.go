// Command sextant runs Clusterfiles.
//
// Each subcommand is one file here and only wires packages together: script.go
// makes the engine, the resolver and the builtins of a run; internal/printer
// writes the result to standard output; cmd/sextant/internal/console writes everything
// else to standard error. The package does no work of its own, and nothing
// imports it.
package main
