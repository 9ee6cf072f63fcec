package main

import (
	"io"
	"log"
	"os"
)

func main() {
	delayCollector()
	// Standard error is ours alone: net/http would log what servers send unasked.
	log.SetOutput(io.Discard)
	ctx, caught := catchSignals()
	os.Exit(run(ctx, caught, os.Args[1:], os.Stdout, os.Stderr))
}
