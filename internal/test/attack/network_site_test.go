package attack

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// member is one fake server of a site. What it says is no other one's.
type member struct {
	kube   *clustertest.Kube   // nil for a daemon
	docker *clustertest.Docker // nil for an API server

	name, version, arch, registry, token string
}

func (m *member) addr() string {
	if m.kube != nil {
		return strings.TrimPrefix(m.kube.URL, "https://")
	}
	return strings.TrimPrefix(m.docker.Host(), "tcp://")
}

// site is a handful of servers that many schedules share. Answers go wrong for
// the connections of one schedule only.
type site struct {
	members []*member
	// proxy tunnels by CONNECT to any port.
	proxy *faults.Server
	// answers has an answer for each address that a schedule connects from.
	answers sync.Map
	// leaks are requests that held another server's credentials.
	mu    sync.Mutex
	leaks []string
}

// newSite starts three API servers and two daemons.
func newSite(t *testing.T) *site {
	s := &site{proxy: faults.Proxy(t)}
	for i := range 3 {
		m := &member{
			name: fmt.Sprintf("kube-%d", i), version: fmt.Sprintf("v1.36.%d", i), arch: []string{"amd64", "arm64", "s390x"}[i],
			registry: fmt.Sprintf("registry-%d.test:5000", i), token: fmt.Sprintf("credential-of-kube-%d", i),
		}
		m.kube = clustertest.NewKube(t, clustertest.KubeFacts{
			Name: m.name, Version: m.version, Token: m.token,
			Nodes:      []clustertest.Node{clustertest.ArchNode("n", m.arch)},
			ConfigMaps: clustertest.LocalRegistry("host: " + m.registry),
			Fault:      s.answer(m.token),
		})
		s.members = append(s.members, m)
	}
	for i := range 2 {
		m := &member{name: fmt.Sprintf("docker-%d", i), version: fmt.Sprintf("28.5.%d", i), arch: []string{"riscv64", "ppc64le"}[i]}
		m.docker = clustertest.NewDocker(t, clustertest.DockerFacts{Version: m.version, Arch: m.arch, Fault: s.answer("")})
		s.members = append(s.members, m)
	}
	return s
}

// answer is the Fault of a server that knows the token.
func (s *site) answer(token string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if got := r.Header.Get("Authorization"); got != "" && got != "Bearer "+token {
			s.mu.Lock()
			s.leaks = append(s.leaks, r.RemoteAddr+" sent "+got+" to the server of "+token)
			s.mu.Unlock()
		}
		answer, ok := s.answers.Load(r.RemoteAddr)
		if !ok {
			return false
		}
		h := answer.(*wrong).next(r.URL.Path)
		if h == nil {
			return false
		}
		h.ServeHTTP(w, r)
		return true
	}
}

// wrong is what is wrong with the answers to one cluster of a schedule.
type wrong struct {
	name    string
	path    string // "" for every path
	handler http.Handler

	mu   sync.Mutex
	left int
}

func (w *wrong) next(path string) http.Handler {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left == 0 || !strings.Contains(path, w.path) {
		return nil
	}
	w.left--
	return w.handler
}

func (w *wrong) String() string {
	if w == nil {
		return "right answers"
	}
	return fmt.Sprintf("%s to *%s*", w.name, w.path)
}

// randomWrong is nil for most. other is where redirects lead.
func randomWrong(r *rand.Rand, other *member) *wrong {
	base := "https://" + other.addr()
	if other.docker != nil {
		base = "http://" + other.addr()
	}
	busy := func(code int, after string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(code)
		})
	}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { r.Header.Write(w) })
	garbage := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"kind":"`) })
	all := []wrong{
		{name: "429 without pause", handler: busy(429, "0")},
		{name: "429 and a second", handler: busy(429, "1")},
		{name: "429 and an hour", handler: busy(429, "3600")},
		{name: "503 without pause", handler: busy(503, "0")},
		{name: "503 and a date", handler: busy(503, "Fri, 01 Jan 2100 00:00:00 GMT")},
		{name: "500", handler: faults.Status(500)},
		{name: "403", handler: faults.Status(403)},
		{name: "401", handler: faults.Status(401)},
		{name: "a redirect to " + other.name, handler: faults.Redirect(base)},
		{name: "HTML", handler: faults.HTML()},
		{name: "half an answer", handler: faults.Short()},
		{name: "no answer", handler: faults.NoAnswer()},
		{name: "a cut", handler: faults.Cut()},
		{name: "an echo", handler: echo},
		{name: "garbage", handler: garbage},
	}
	if r.IntN(3) > 0 {
		return nil
	}
	w := &all[r.IntN(len(all))]
	w.path = []string{"", "version", "nodes", "configmaps", "_ping"}[r.IntN(5)]
	w.left = 1 + r.IntN(4)
	return w
}
