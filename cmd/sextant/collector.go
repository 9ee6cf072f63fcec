package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// firstCollection is how large the heap gets before it is collected for the first
// time, in percent of the runtime's 4 MiB.
const firstCollection = 400

// delayCollector has the garbage collector wait for 16 MiB: most runs end before,
// and starting it costs as much as reading a thousand manifests. Once it ran it
// is as always. A GOGC in the environment stands.
func delayCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(firstCollection)
	runtime.AddCleanup(new([32]byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
}
