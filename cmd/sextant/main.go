package main

import (
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	delayCollector()
	// Standard error is ours alone: net/http would log what servers send unasked.
	log.SetOutput(io.Discard)
	ctx, caught := catchSignals()
	os.Exit(run(ctx, caught, os.Args[1:], os.Stdout, os.Stderr))
}

// firstCollection is how large the heap gets before it is collected for the first
// time, in percent of the runtime's 4 MiB.
const firstCollection = 400

// delayCollector has the garbage collector wait for 16 MiB: most runs end before,
// and starting it costs as much as reading a thousand manifests. Once it ran it
// is as always. A GOGC in the environment is kept.
func delayCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(firstCollection)
	runtime.AddCleanup(new([32]byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
}
