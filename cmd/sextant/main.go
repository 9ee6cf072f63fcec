package main

import "os"

func main() {
	delayCollector()
	ctx, caught := catchSignals()
	os.Exit(run(ctx, caught, os.Args[1:], os.Stdout, os.Stderr))
}
