package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	delayCollector()
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		ends = append(ends, syscall.SIGHUP)
	}
	// Those that come later change nothing: what runs is being ended already.
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	// With this a write to a closed pipe fails. Without, it would end the process,
	// and leave the programs and kubeconfigs of local() behind.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
