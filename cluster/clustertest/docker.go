package clustertest

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// DockerFacts are what a fake Docker daemon answers, and how it behaves.
type DockerFacts struct {
	// Version is the daemon's version; "" is 28.5.2.
	Version string
	// Arch is the machine's architecture in GOARCH terms; "" is amd64.
	Arch string
	// ID is the daemon's ID; "" is test-daemon.
	ID string
	// APIVersion and MinAPIVersion are the newest and the oldest version of
	// the Engine API that the daemon speaks; "" is 1.51 and 1.24.
	APIVersion, MinAPIVersion string

	// Socket is the path of a Unix socket to listen on; "" is TCP on loopback.
	Socket string
	// TLS has the daemon speak TLS and let in only clients that show a
	// certificate of CertDir's authority, as `dockerd --tlsverify` does.
	TLS bool
	// Status answers a path, without the API version, with that code, such as
	// 500 for /version.
	Status map[string]int
	// Latency passes before each answer.
	Latency time.Duration
	// Fault, if set, sees each request first, and answers it if it returns
	// true. See [Hang].
	Fault func(http.ResponseWriter, *http.Request) bool
}

// Docker is a fake Docker daemon in this process. It knows /_ping,
// /version and /info.
type Docker struct {
	server   *httptest.Server
	host     string
	certDir  string
	mu       sync.Mutex
	requests []string
}

// NewDocker starts a daemon that ends with the test.
func NewDocker(t testing.TB, facts DockerFacts) *Docker {
	t.Helper()
	d, err := StartDocker(facts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// StartDocker starts a daemon, to be closed by the caller.
func StartDocker(facts DockerFacts) (*Docker, error) {
	fail := func(err error) (*Docker, error) { return nil, fmt.Errorf("start a test Docker daemon: %w", err) }
	network, address := "tcp", "127.0.0.1:0"
	if facts.Socket != "" {
		network, address = "unix", facts.Socket
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return fail(err)
	}
	d := &Docker{host: network + "://" + l.Addr().String()}
	handler := DockerHandler(facts)
	d.server = &httptest.Server{Listener: l, Config: &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			d.mu.Lock()
			d.requests = append(d.requests, r.URL.Path)
			d.mu.Unlock()
			handler.ServeHTTP(w, r)
		}),
		ErrorLog: log.New(io.Discard, "", 0),
	}}
	if !facts.TLS {
		d.server.Start()
		return d, nil
	}
	if err := d.certify(); err != nil {
		l.Close()
		return fail(err)
	}
	d.server.StartTLS()
	return d, nil
}

// certify has the server ask for certificates, and writes a client's.
func (d *Docker) certify() error {
	set, err := certs.Shared()
	if err != nil {
		return err
	}
	pair, err := set.Server.TLS()
	if err != nil {
		return err
	}
	d.server.TLS = &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    set.CA.Pool(),
	}
	if d.certDir, err = os.MkdirTemp("", "clustertest-docker-"); err != nil {
		return err
	}
	err = errors.Join(
		set.Admin.Write(d.certDir, "cert.pem", "key.pem"),
		os.WriteFile(filepath.Join(d.certDir, "ca.pem"), set.CA.PEM, 0o600),
	)
	if err != nil {
		os.RemoveAll(d.certDir)
	}
	return err
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

// Requests are the paths asked for until now, in order of arrival.
func (d *Docker) Requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.requests)
}

// Close ends the daemon and every connection to it, and removes CertDir.
func (d *Docker) Close() {
	d.server.CloseClientConnections()
	d.server.Close()
	if d.certDir != "" {
		os.RemoveAll(d.certDir)
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
	routes.HandleFunc("GET /{api}/info", func(w http.ResponseWriter, _ *http.Request) {
		writeDocker(w, http.StatusOK, map[string]string{"ID": cmp.Or(facts.ID, "test-daemon")})
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
		delay(r, facts.Latency)
		if facts.Fault != nil && facts.Fault(w, r) {
			return
		}
		if code, ok := facts.Status[unversioned(r.URL.Path)]; ok {
			writeDocker(w, code, map[string]string{"message": fmt.Sprintf("the test daemon answers %d", code)})
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
