// Package startup measures what it costs to start sextant: against a process
// that does nothing, and against the smallest command that runs a script. It
// has a benchmark only; `make bench` runs it, and docs/benchmarks.md explains what
// it found.
package startup
