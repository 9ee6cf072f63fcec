package realcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/certs"
	"github.com/sextant-dev/sextant/internal/test/realcluster/process"
)

// Site holds servers that were started on one machine, in one folder, with one
// set of certificates. Its methods may be called by several tests at once.
type Site struct {
	mu      sync.Mutex
	dir     string // made on first use
	certs   *certs.Set
	tools   func() (*Tools, error)
	started map[string]started
	running []*Server // in the order of their start
	shown   map[string]bool
	unwatch func()
}

// started is what became of one ask for a server.
type started struct {
	handle any
	err    error
}

// New returns a Site for a whole package. Nothing starts before it is asked for.
func New() *Site {
	return &Site{
		tools:   sync.OnceValues(func() (*Tools, error) { return BuildTools(context.Background()) }),
		started: make(map[string]started),
		shown:   make(map[string]bool),
	}
}

// Start returns a Site that is closed at the end of one test.
func Start(t testing.TB) *Site {
	s := New()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Tools returns the programs that the Site's servers are.
func (s *Site) Tools(t testing.TB) *Tools {
	t.Helper()
	tools, err := s.tools()
	check(t, err)
	return tools
}

// Around is the tests of a package with the Site closed after them. Its Run
// returns the exit status; goleak.VerifyTestMain takes it in the place of m.
func (s *Site) Around(m *testing.M) *Tests { return &Tests{m, s} }

// Tests are those of one package.
type Tests struct {
	m    *testing.M
	site *Site
}

// Run runs the tests and then closes the Site.
func (r *Tests) Run() int {
	code := r.m.Run()
	if err := r.site.Close(); err != nil {
		fmt.Fprintf(os.Stderr, "close the real servers: %v\n", err)
		code = max(code, 1)
	}
	return code
}

// Close stops every server, the last one started first, and removes all that
// they left. It is an error for a server not to end when asked to.
func (s *Site) Close() error {
	s.mu.Lock()
	if s.dir == "" {
		s.mu.Unlock()
		return nil
	}
	err, unwatch := s.clear(), s.unwatch
	s.mu.Unlock()
	unwatch()
	return err
}

// clear stops the servers, removes the folder, and forgets them. The caller
// holds mu.
func (s *Site) clear() error {
	var errs []error
	for _, server := range slices.Backward(s.running) {
		errs = append(errs, server.Stop())
	}
	left, err := process.Mentioning(s.dir)
	errs = append(errs, err)
	if len(left) > 0 {
		errs = append(errs, fmt.Errorf("processes %v were left and are killed", left), endAll(left))
	}
	errs = append(errs, unmountUnder(s.dir), os.RemoveAll(s.dir))
	s.dir, s.running, s.started = "", nil, make(map[string]started)
	return errors.Join(errs...)
}

// watch has an interrupt, which ends the tests, stop the servers first. It returns
// what ends the watch, to be called without mu.
func (s *Site) watch() (unwatch func()) {
	interrupts, quit := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		select {
		case <-quit:
		case <-interrupts:
			s.mu.Lock()
			if s.dir != "" {
				if err := s.clear(); err != nil {
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

// Certificates are the ones that every server of the Site uses.
func (s *Site) Certificates(t testing.TB) *certs.Set {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	check(t, s.open())
	return s.certs
}

// open makes the folder. The caller holds mu.
func (s *Site) open() error {
	if s.dir != "" {
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
	s.dir, s.certs, s.unwatch = dir, set, s.watch()
	return nil
}

// ServerAttr is the attribute of a test that has asked for a server; its value
// is the server's name. It is how the command realcluster knows such tests.
const ServerAttr = "realserver"

// ask returns the handle of a name, starting it the first time: start gets a
// folder of its own. A failed start fails every test that asks.
func ask[H interface{ server() *Server }](t testing.TB, s *Site, name string, start func(dir string) (H, []*Server, error)) H {
	t.Helper()
	t.Attr(ServerAttr, strings.ReplaceAll(name, " ", "-"))
	s.mu.Lock()
	defer s.mu.Unlock()
	check(t, s.open())
	one, known := s.started[name]
	if !known {
		one.handle, one.err = s.start(name, func(dir string) (any, []*Server, error) { return start(dir) })
		s.started[name] = one
	}
	check(t, one.err)
	handle, ok := one.handle.(H)
	if !ok {
		t.Fatalf("%q was started as a %T before", name, one.handle)
	}
	s.showLog(t, handle.server())
	return handle
}

// showLog has a failing test show the end of what a server printed, once. The
// caller holds mu.
func (s *Site) showLog(t testing.TB, server *Server) {
	id := t.Name() + " " + server.Name
	if s.shown[id] {
		return
	}
	s.shown[id] = true
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s printed:\n%s", server.Name, server.logTail())
		}
	})
}

// start makes the folder of one name and remembers what runs, also when only
// some of it came up.
func (s *Site) start(name string, start func(dir string) (any, []*Server, error)) (any, error) {
	dir := filepath.Join(s.dir, strings.ReplaceAll(name, " ", "-"))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", name, err)
	}
	handle, servers, err := start(dir)
	s.running = append(s.running, servers...)
	return handle, err
}
