package docker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/connhelper/ssh"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// Networks of an endpoint.
const (
	networkUnix = "unix"
	networkPipe = "npipe"
	networkTCP  = "tcp"
	networkSSH  = "ssh"
)

// defaultPorts are those of a tcp:// address that has none, without and with TLS.
type defaultPorts struct{ plain, tls string }

var (
	dockerPorts = defaultPorts{plain: "2375", tls: "2376"}
	// The docker command leaves the port of a stored context's address to HTTP.
	contextPorts = defaultPorts{plain: "80", tls: "443"}
)

// endpoint is how one daemon is reached.
type endpoint struct {
	// network is one of the constants above.
	network string
	// address is the path of a socket or pipe, or host:port.
	address string
	// ssh is set for networkSSH only.
	ssh *ssh.Spec
	// source is the setting that the address comes from, for messages.
	source string
	// tls is nil if the daemon is spoken to in the clear.
	tls *tlsSetup
}

// String is the address as it may be shown: without user info, but for the
// user's name that ssh logs in with.
func (e *endpoint) String() string { return e.network + "://" + e.address }

// httpScheme is the scheme of requests.
func (e *endpoint) httpScheme() string {
	if e.tls != nil {
		return "https"
	}
	return "http"
}

// httpHost is the authority of requests. If there is no host, a name is
// in that resolves nowhere (RFC 6761, section 6.3).
func (e *endpoint) httpHost() string {
	if e.network == networkTCP {
		return e.address
	}
	return "docker.localhost"
}

// unchecked reports whether the daemon may be anybody.
func (e *endpoint) unchecked() bool { return e.tls != nil && e.tls.config.InsecureSkipVerify }

// localTLS is where the docker command looks in place of the platform's default
// if the environment asks for TLS. Its port is that of TLS, then.
const localTLS = "tcp://localhost"

// resolveEndpoint returns the endpoint of a declared host, which may be empty. The
// order is the docker command's: host, DOCKER_HOST, DOCKER_CONTEXT, currentContext of
// config.json, the platform's default.
func resolveEndpoint(env environ.List, host string) (*endpoint, *cluster.PhaseError) {
	source := "spec.connection.docker.host"
	if host == "" {
		host, source = env.Get("DOCKER_HOST"), "DOCKER_HOST"
	}
	if host == "" {
		name, chosenBy, failure := contextName(env)
		if failure != nil {
			return nil, failure
		}
		if name != defaultContext {
			return findContext(env, name, chosenBy)
		}
		host, source = platformHost, "the platform's default"
		if wantsTLS(env) {
			host, source = localTLS, "the default with DOCKER_TLS_VERIFY or DOCKER_TLS"
		}
	}
	return newEndpoint(host, source, dockerPorts, func() (*tlsSetup, *cluster.PhaseError) { return environmentTLS(env) })
}

// newEndpoint reads an address. material is called for tcp addresses only: the
// others have no use for TLS.
func newEndpoint(host, source string, ports defaultPorts, material func() (*tlsSetup, *cluster.PhaseError)) (*endpoint, *cluster.PhaseError) {
	ep, u, err := parseHost(host)
	if err != nil {
		return nil, &cluster.PhaseError{
			Phase: cluster.PhaseConfig, Endpoint: source, Cause: err,
			Advice: "write an address such as " + platformHost + ", tcp://host:2376 or ssh://user@host",
		}
	}
	ep.source = source
	if ep.network != networkTCP {
		return ep, nil
	}
	var failure *cluster.PhaseError
	if ep.tls, failure = material(); failure != nil {
		return nil, failure
	}
	port := ports.plain
	if ep.tls != nil {
		port = ports.tls
	}
	ep.address = withDefault(u, "localhost", port)
	return ep, nil
}

// parseHost reads an address in the syntax of DOCKER_HOST, and returns the URL
// of one that has a host. No error shows the URL itself: it may hold a
// password.
func parseHost(host string) (*endpoint, *url.URL, error) {
	host = strings.TrimSpace(host) // as the docker command does: a variable is often made of a file
	if host == "" {
		return nil, nil, errors.New("the address is blank")
	}
	scheme, rest, found := strings.Cut(host, "://")
	if again, _, twice := strings.Cut(rest, "://"); twice && again != "" && !strings.ContainsAny(again, "/@:") {
		return nil, nil, fmt.Errorf("the address has two schemes, %q and %q", scheme, again)
	}
	if !found {
		if strings.HasPrefix(host, "/") {
			return nil, nil, fmt.Errorf("%q is a path; a socket is written unix://%s", host, host)
		}
		scheme, rest = networkTCP, host
	}
	switch scheme {
	case networkUnix, networkPipe:
		if rest == "" {
			return nil, nil, fmt.Errorf("the address %q has no path", host)
		}
		return &endpoint{network: scheme, address: rest}, nil, nil
	case networkTCP, networkSSH:
	default:
		return nil, nil, fmt.Errorf("the scheme %q is none of unix, npipe, tcp, ssh", scheme)
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil {
		return nil, nil, fmt.Errorf("the %s:// address is no URL", scheme)
	}
	if strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "[") {
		return nil, nil, fmt.Errorf("the %s:// address has an IPv6 address without brackets, as in [::1]", scheme)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, nil, fmt.Errorf("the %s:// address has a query or a fragment", scheme)
	}
	path := strings.TrimRight(u.Path, "/")
	if scheme == networkTCP {
		if path != "" {
			// A path could carry anything that a script can read to whoever listens.
			return nil, nil, errors.New("the tcp:// address has a path, which is not supported: write tcp://HOST:PORT")
		}
		return &endpoint{network: scheme}, u, nil
	}
	spec, err := ssh.NewSpec(u)
	if err != nil {
		return nil, nil, wire.Innermost(err)
	}
	address := u.Host
	if spec.User != "" {
		address = spec.User + "@" + address
	}
	// The path is the remote socket's: ssh.Spec holds it, requests have none.
	return &endpoint{network: scheme, address: address + path, ssh: spec}, u, nil
}

// withDefault is the URL's host:port with what it lacks filled in.
func withDefault(u *url.URL, host, port string) string {
	if h := u.Hostname(); h != "" {
		host = h
	}
	if p := u.Port(); p != "" {
		port = p
	}
	return net.JoinHostPort(host, port)
}

// defaultContext is the context that is not stored: the platform's default.
const defaultContext = "default"

// contextName returns the name of the context in use and the setting that names
// it.
func contextName(env environ.List) (name, source string, failure *cluster.PhaseError) {
	if name := env.Get("DOCKER_CONTEXT"); name != "" {
		return name, "DOCKER_CONTEXT", nil
	}
	file := configFile(env)
	text, err := localfile.ReadRegular(file)
	if errors.Is(err, fs.ErrNotExist) {
		return defaultContext, "", nil
	}
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		return "", "", &cluster.PhaseError{
			Phase: cluster.PhaseConfig, Endpoint: file, Cause: unreadable(err),
			Advice: "fix the file, or set DOCKER_HOST or DOCKER_CONTEXT, with which it is not read",
		}
	}
	if config.CurrentContext == "" {
		return defaultContext, "", nil
	}
	return config.CurrentContext, "currentContext of " + file, nil
}

// findContext returns the endpoint of a stored context.
func findContext(env environ.List, name, chosenBy string) (*endpoint, *cluster.PhaseError) {
	dir := filepath.Join(configDir(env), "contexts")
	contexts := store.New(dir, store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} }),
	))
	fail := func(cause error, advice string) (*endpoint, *cluster.PhaseError) {
		return nil, &cluster.PhaseError{Phase: cluster.PhaseConfig, Endpoint: dir, Cause: cause, Advice: advice}
	}
	meta, err := contexts.GetMetadata(name)
	if errors.Is(err, fs.ErrNotExist) {
		names := []string{defaultContext}
		if stored, err := store.Names(contexts); err == nil {
			names = append(names, stored...)
		}
		return fail(fmt.Errorf("docker context %q, which %s names, was not found%s", name, chosenBy, suggest.OrOneOf(name, names)), "list them with docker context ls")
	}
	recreate := fmt.Sprintf("create it again with `docker context rm %[1]s` and `docker context create %[1]s`", name)
	if err != nil {
		return fail(fmt.Errorf("docker context %q: %w", name, unreadable(err)), recreate)
	}
	stored, err := docker.EndpointFromContext(meta)
	if err != nil {
		return fail(fmt.Errorf("docker context %q has no docker endpoint", name), recreate)
	}
	material, err := docker.WithTLSData(contexts, name, stored)
	if err != nil {
		return fail(fmt.Errorf("docker context %q: TLS files: %w", name, unreadable(err)), recreate)
	}
	host := stored.Host
	if host == "" {
		host = platformHost
	}
	source := fmt.Sprintf("docker context %q", name)
	return newEndpoint(host, source, contextPorts, func() (*tlsSetup, *cluster.PhaseError) { return contextTLS(source, material) })
}

// unreadable keeps the part of an error that explains why a file could not be used; the
// path is shown beside it already.
func unreadable(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is not JSON: %w", e)
	}
	return err
}

// ConfigFile returns the file that names the current docker context.
func ConfigFile(o Options) string { return configFile(environ.Or(o.Env)) }

func configFile(env environ.List) string { return filepath.Join(configDir(env), "config.json") }

// configDir is where the docker command keeps its configuration: DOCKER_CONFIG,
// else .docker in the home folder.
func configDir(env environ.List) string {
	if dir := env.Get("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(env.Home(), ".docker")
}
