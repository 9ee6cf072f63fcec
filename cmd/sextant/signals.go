package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// catchSignals returns a context that is canceled when the process is told to
// end, and a channel that is closed from when it can be. Asking the system for
// signals takes as long as making all commands, so that goes on beside it: until
// then a signal ends the process, which has done nothing to be undone.
func catchSignals() (ctx context.Context, caught <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	go func() { // for as long as the process lasts
		ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
		if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
			ends = append(ends, syscall.SIGHUP)
		}
		came := make(chan os.Signal, 1)
		signal.Notify(came, ends...)
		// With this a write to a closed pipe fails. Without, it would end the process,
		// and leave the programs and kubeconfigs of local() behind.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
		close(ready)
		<-came
		cancel() // signals that come later change nothing: what runs is being ended
	}()
	return ctx, ready
}
