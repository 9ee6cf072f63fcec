// Command sextant runs Clusterfiles.
//
// Each subcommand is one file here and only wires packages together. script.go runs a
// script for all of them: scriptfile.go finds it, connect.go makes the resolver of its
// clusters, programs.go what runs its programs. internal/printer writes the result to
// standard output, and cmd/sextant/internal/console everything else to standard error.
// The package does no work of its own, and nothing imports it.
package main
