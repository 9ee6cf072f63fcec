package realcluster

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sextant-dev/sextant/internal/test/certs"
	"github.com/sextant-dev/sextant/internal/test/realcluster/process"
)

// workspace is what servers on one machine share, and what has to be gone in the end:
// their folder and their processes.
type workspace struct {
	mu      sync.Mutex // guards all that a Site has
	dir     string     // made on first use
	certs   *certs.Set
	running []*Server // in the order of their start
	unwatch func()
}

// open makes the folder. The caller holds mu.
func (w *workspace) open() error {
	if w.dir != "" {
		return nil
	}
	set, err := certs.Shared()
	if err != nil {
		return err
	}
	// A short path: that of a unix socket has 100 bytes or so.
	dir, err := os.MkdirTemp("", "sextant-real-")
	if err != nil {
		return fmt.Errorf("make a folder for the servers: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return fmt.Errorf("make a folder for the servers: %w", err)
	}
	w.dir, w.certs, w.unwatch = dir, set, w.watch()
	return nil
}

// start makes the folder of one name and remembers what runs, also when only
// some of it came up.
func (w *workspace) start(name string, start func(dir string) (any, []*Server, error)) (any, error) {
	dir := filepath.Join(w.dir, strings.ReplaceAll(name, " ", "-"))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", name, err)
	}
	handle, servers, err := start(dir)
	w.running = append(w.running, servers...)
	return handle, err
}

// clear stops the servers, removes the folder, and forgets them. The caller
// holds mu.
func (w *workspace) clear() error {
	var errs []error
	for _, server := range slices.Backward(w.running) {
		errs = append(errs, server.Stop())
	}
	left, err := lingering(w.dir)
	errs = append(errs, err)
	if len(left) > 0 {
		errs = append(errs, fmt.Errorf("processes %v were left and are killed", left), endAll(left))
	}
	errs = append(errs, unmountUnder(w.dir), os.RemoveAll(w.dir))
	w.dir, w.running = "", nil
	return errors.Join(errs...)
}

// lingering returns the processes that mention a folder and do not end by themselves.
// What a server had started a moment before its end takes one to notice that.
func lingering(dir string) ([]process.Process, error) {
	for deadline := time.Now().Add(lingerTimeout); ; time.Sleep(pollEvery) {
		left, err := process.Mentioning(dir)
		if err != nil || len(left) == 0 || time.Now().After(deadline) {
			return left, err
		}
	}
}

// watch has an interrupt, which ends the tests, stop the servers first. It returns
// what ends the watch, to be called without mu.
func (w *workspace) watch() (unwatch func()) {
	interrupts, quit := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		select {
		case <-quit:
		case <-interrupts:
			w.mu.Lock()
			if w.dir != "" {
				if err := w.clear(); err != nil {
					fmt.Fprintf(os.Stderr, "interrupted, close the real servers: %v\n", err)
				}
			}
			os.Exit(1)
		}
	})
	return func() {
		signal.Stop(interrupts)
		close(quit)
		watcher.Wait()
	}
}
