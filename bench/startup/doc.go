// Package startup measures what it costs to start sextant: against a process that does
// nothing, against the smallest command that runs a script, and against one that links
// the libraries that sextant has to. `make bench` runs the benchmark, and a test with
// the tag long holds the bounds; docs/benchmarks.md explains what was found.
package startup
