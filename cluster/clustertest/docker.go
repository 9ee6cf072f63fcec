package clustertest

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sextant-dev/sextant/internal/realcluster/certs"
)

// DockerFacts is what a fake Docker daemon says and how it behaves.
type DockerFacts struct {
	// Version is the daemon's version; "" is 28.5.2.
	Version string
	// Arch is the machine's architecture in GOARCH terms; "" is amd64.
	Arch string
	// APIVersion and MinAPIVersion are the newest and the oldest version of
	// the Engine API that the daemon speaks; "" is 1.51 and 1.24.
	APIVersion, MinAPIVersion string

	// Socket is the path of a Unix socket to listen on; "" is TCP on loopback.
	Socket string
	// TLS has the daemon speak TLS and let in only clients that show a
	// certificate of its own authority, as `dockerd --tlsverify` does.
	TLS bool
	// Latency passes before each answer.
	Latency time.Duration
	// Fault, where set, sees each request first, and reports whether it has
	// answered. It may wait for the request's context.
	Fault func(http.ResponseWriter, *http.Request) bool
}

// Docker is a fake Docker daemon in this process. It knows /_ping and /version.
type Docker struct {
	server   *httptest.Server
	host     string
	certDir  string
	requests atomic.Int64
}

// NewDocker starts a daemon. Like httptest.NewServer it panics where it cannot
// listen. The caller closes it.
func NewDocker(facts DockerFacts) *Docker {
	d := new(Docker)
	handler := DockerHandler(facts)
	d.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.requests.Add(1)
		handler.ServeHTTP(w, r)
	}))
	d.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	d.host = "tcp://" + d.server.Listener.Addr().String()
	if facts.Socket != "" {
		d.server.Listener.Close()
		d.server.Listener = must(net.Listen("unix", facts.Socket))
		d.host = "unix://" + facts.Socket
	}
	if !facts.TLS {
		d.server.Start()
		return d
	}
	authority := must(certs.NewAuthority("clustertest-docker"))
	server := must(must(authority.Issue(certs.Leaf{CommonName: "docker", Hosts: []string{"127.0.0.1", "::1", "localhost"}})).TLS())
	d.server.TLS = &tls.Config{
		Certificates: []tls.Certificate{server},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    authority.Pool(),
	}
	d.certDir = must(os.MkdirTemp("", "clustertest-docker"))
	client := must(authority.Issue(certs.Leaf{CommonName: "client"}))
	check(client.Write(d.certDir, "cert.pem", "key.pem"))
	check(os.WriteFile(filepath.Join(d.certDir, "ca.pem"), authority.PEM, 0o600))
	d.server.StartTLS()
	return d
}

// Host is the daemon's address, as DOCKER_HOST takes it.
func (d *Docker) Host() string { return d.host }

// CertDir is a folder that holds ca.pem, cert.pem and key.pem for a client, as
// DOCKER_CERT_PATH takes it; "" without TLS.
func (d *Docker) CertDir() string { return d.certDir }

// Env is the environment in which a Docker client reaches this daemon.
func (d *Docker) Env() []string {
	env := []string{"DOCKER_HOST=" + d.host}
	if d.certDir != "" {
		env = append(env, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+d.certDir)
	}
	return env
}

// Requests is how many requests came until now.
func (d *Docker) Requests() int { return int(d.requests.Load()) }

// Close ends the daemon and every connection to it.
func (d *Docker) Close() {
	d.server.CloseClientConnections()
	d.server.Close()
	if d.certDir != "" {
		check(os.RemoveAll(d.certDir))
	}
}

// DockerHandler is what NewDocker serves, for a test with a listener of its own.
// Socket and TLS do not count.
func DockerHandler(facts DockerFacts) http.Handler {
	newest, oldest := cmp.Or(facts.APIVersion, "1.51"), cmp.Or(facts.MinAPIVersion, "1.24")
	version := map[string]string{
		"Version":       cmp.Or(facts.Version, "28.5.2"),
		"Arch":          cmp.Or(facts.Arch, "amd64"),
		"Os":            "linux",
		"ApiVersion":    newest,
		"MinAPIVersion": oldest,
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/_ping", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", newest)
		w.Header().Set("Ostype", "linux")
		io.WriteString(w, "OK")
	})
	answer := func(w http.ResponseWriter, _ *http.Request) { writeDocker(w, http.StatusOK, version) }
	routes.HandleFunc("GET /version", answer)
	routes.HandleFunc("GET /{api}/version", func(w http.ResponseWriter, r *http.Request) {
		api := strings.TrimPrefix(r.PathValue("api"), "v")
		refuse := func(format string, args ...any) {
			writeDocker(w, http.StatusBadRequest, map[string]string{"message": fmt.Sprintf(format, args...)})
		}
		switch {
		case olderAPI(newest, api):
			refuse("client version %s is too new. Maximum supported API version is %s", api, newest)
		case olderAPI(api, oldest):
			refuse("client version %s is too old. Minimum supported API version is %s", api, oldest)
		default:
			answer(w, r)
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if facts.Latency > 0 {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(facts.Latency):
			}
		}
		if facts.Fault != nil && facts.Fault(w, r) {
			return
		}
		routes.ServeHTTP(w, r)
	})
}

func writeDocker(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// olderAPI compares versions of the Engine API, such as 1.41.
func olderAPI(a, b string) bool {
	number := func(v string) int {
		major, minor, _ := strings.Cut(v, ".")
		m, _ := strconv.Atoi(major)
		n, _ := strconv.Atoi(minor)
		return m<<16 | n
	}
	return number(a) < number(b)
}

func check(err error) {
	if err != nil {
		panic(fmt.Sprintf("clustertest: %v", err))
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}
