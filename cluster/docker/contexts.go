package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// contextStore is the folder in which the docker command keeps contexts: in
// meta/ID/meta.json what one is, in tls/ID/docker its certificates. The ID is the
// SHA-256 of its name.
type contextStore string

// storedContext is a meta.json, as far as it is of use here.
type storedContext struct {
	Name      string
	Endpoints struct{ Docker *storedEndpoint }
}

// storedEndpoint is how the daemon of a context is reached.
type storedEndpoint struct {
	Host          string
	SkipTLSVerify bool

	// hasTLS is set if there is a folder for certificates, of which each is nil if
	// it is absent.
	hasTLS        bool
	ca, cert, key []byte
}

func contextID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// get returns a context by its name. An error is an fs.ErrNotExist if there is none.
func (s contextStore) get(name string) (*storedContext, error) { return s.read(contextID(name)) }

func (s contextStore) read(id string) (*storedContext, error) {
	data, err := localfile.ReadRegular(filepath.Join(string(s), "meta", id, "meta.json"))
	if err != nil {
		return nil, err
	}
	var c storedContext
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// names are those of the contexts that can be read.
func (s contextStore) names() []string {
	entries, _ := os.ReadDir(filepath.Join(string(s), "meta")) // absent without contexts
	var names []string
	for _, e := range entries {
		if c, err := s.read(e.Name()); err == nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// loadTLS reads the certificates of a context.
func (s contextStore) loadTLS(name string, e *storedEndpoint) error {
	dir := filepath.Join(string(s), "tls", contextID(name), "docker")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	e.hasTLS = true
	for file, into := range map[string]*[]byte{"ca.pem": &e.ca, "cert.pem": &e.cert, "key.pem": &e.key} {
		data, err := localfile.ReadRegular(filepath.Join(dir, file))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", file, unreadable(err))
		}
		*into = data
	}
	return nil
}

// nearest lists the contexts, those like name first.
func (s contextStore) nearest(name string) string {
	names := append([]string{defaultContext}, s.names()...)
	return "use one that is there: " + strings.Join(suggest.Names(name, names, 3), ", ") + " (`docker context ls` lists them all)"
}

// findContext returns the endpoint of a stored context.
func findContext(env environ.List, name, said string) (*endpoint, *cluster.PhaseError) {
	contexts := contextStore(filepath.Join(configDir(env), "contexts"))
	fail := func(cause error, advice string) (*endpoint, *cluster.PhaseError) {
		return nil, &cluster.PhaseError{Phase: cluster.PhaseConfig, Endpoint: string(contexts), Cause: cause, Advice: advice}
	}
	stored, err := contexts.get(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fail(fmt.Errorf("there is no docker context %q, which %s names", name, said), contexts.nearest(name))
	}
	recreate := fmt.Sprintf("make it again with `docker context rm %[1]s` and `docker context create %[1]s`", name)
	if err != nil {
		return fail(fmt.Errorf("docker context %q: %w", name, unreadable(err)), recreate)
	}
	ep := stored.Endpoints.Docker
	if ep == nil {
		return fail(fmt.Errorf("docker context %q has no docker endpoint", name), recreate)
	}
	if err := contexts.loadTLS(name, ep); err != nil {
		return fail(fmt.Errorf("docker context %q: TLS files: %w", name, err), recreate)
	}
	host := ep.Host
	if host == "" {
		host = platformHost
	}
	source := fmt.Sprintf("docker context %q", name)
	return newEndpoint(host, source, func() (*tlsSetup, *cluster.PhaseError) { return contextTLS(source, ep) })
}
