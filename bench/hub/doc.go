// Package hub measures what it costs a script to read the clusters of a hub: the
// command as it is built, and a server that sends a fleet which it has made before, so
// that nothing but the command's own work is counted. `make bench` runs the benchmark.
package hub
