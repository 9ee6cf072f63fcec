package realcluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// Site holds servers that were started on one machine, in one folder, with one
// set of certificates. Its methods may be called by several tests at once.
type Site struct {
	workspace
	tools   func() (*Tools, error)
	started map[string]started
	shown   map[string]bool // tests that show a server's log
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
	s.started = make(map[string]started)
	s.mu.Unlock()
	unwatch()
	return err
}

// Certificates are the ones that every server of the Site uses.
func (s *Site) Certificates(t testing.TB) *certs.Set {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	check(t, s.open())
	return s.certs
}

// Etcd returns the Site's etcd.
func (s *Site) Etcd(t testing.TB) *Etcd {
	t.Helper()
	return ask(t, s, "etcd", startEtcd)
}

// APIServer returns the API server of a name, the only one on its own data.
// Flags are added to its command line when it starts: --version=v1.36.3-gke.1
// makes it report that it is another distribution's.
func (s *Site) APIServer(t testing.TB, name string, flags ...string) *APIServer {
	t.Helper()
	etcd := s.Etcd(t)
	return ask(t, s, "API server "+name, func(at place) (*APIServer, []*Server, error) {
		return startAPIServer(at, name, etcd, flags)
	})
}

// Kubelet returns the one node of an API server that runs pods.
func (s *Site) Kubelet(t testing.TB, api *APIServer) *Kubelet {
	t.Helper()
	registry := s.Registry(t)
	return ask(t, s, "kubelet of "+api.Name, func(at place) (*Kubelet, []*Server, error) {
		return startKubelet(at, api, registry)
	})
}

// Registry returns the Site's registry, empty at first.
func (s *Site) Registry(t testing.TB) *Registry {
	t.Helper()
	return ask(t, s, "registry", startRegistry)
}

// Dockerd returns the Docker daemon of a name: no network, no images, a unix
// socket, and TCP with mutual TLS.
func (s *Site) Dockerd(t testing.TB, name string) *Docker {
	t.Helper()
	return ask(t, s, "dockerd "+name, func(at place) (*Docker, []*Server, error) {
		return startDockerd(at, name)
	})
}

// Podman returns Podman's service of the Docker API, on a unix socket, with
// storage of its own.
func (s *Site) Podman(t testing.TB) *Docker {
	t.Helper()
	return ask(t, s, "podman", startPodman)
}

// SSH returns the SSH server in front of a daemon. Commands that it runs have
// DOCKER_HOST set to the daemon's socket.
func (s *Site) SSH(t testing.TB, daemon *Docker) *SSH {
	t.Helper()
	return ask(t, s, "sshd for "+daemon.Name, func(at place) (*SSH, []*Server, error) {
		return startSSH(at, daemon)
	})
}

// ServerAttr is the attribute of a test that has asked for a server; its value
// is the server's name. It is how the command realcluster knows such tests.
const ServerAttr = "realserver"

// place is where a server starts.
type place struct {
	dir   string // its own folder
	certs *certs.Set
	tools func() (*Tools, error)
}

// file returns the path of a file in the server's folder.
func (p place) file(name string) string { return filepath.Join(p.dir, name) }

// ask returns the handle of a name, starting it the first time. A failed start fails
// every test that asks.
func ask[H interface{ server() *Server }](t testing.TB, s *Site, name string, start func(place) (H, []*Server, error)) H {
	t.Helper()
	t.Attr(ServerAttr, strings.ReplaceAll(name, " ", "-"))
	s.mu.Lock()
	defer s.mu.Unlock()
	check(t, s.open())
	one, known := s.started[name]
	if !known {
		one.handle, one.err = s.start(name, func(dir string) (any, []*Server, error) {
			return start(place{dir: dir, certs: s.certs, tools: s.tools})
		})
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
