// Fuzz finds every fuzz target of the module and runs each for a while,
// because `go test -fuzz` takes one target at a time. Of several at the same time
// each has one worker, and what it prints follows when it has ended. It begins no
// other once one has failed; go test prints where the failing input is kept.
//
//	go run ./internal/tools/fuzz [-time 60s] [-at-once 1] [PACKAGE…]
//
// It imports the standard library only, and changes nothing itself.
package main
