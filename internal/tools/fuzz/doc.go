// Fuzz finds every fuzz target of the module and runs each for a while, one
// after another, because `go test -fuzz` takes one target at a time. It stops
// at the first that fails; go test prints where the failing input is kept.
//
//	go run ./internal/tools/fuzz [-time 60s] [PACKAGE…]
//
// It imports the standard library only, and changes nothing itself.
package main
