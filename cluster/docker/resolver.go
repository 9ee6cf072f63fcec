package docker

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/environ"
)

// Options configures a Resolver. The zero value is what the command uses.
type Options struct {
	// Env is the environment as KEY=VALUE entries; nil is the process's own.
	// The variables that the docker command knows are read from it, and ssh is
	// found in its PATH and runs in it.
	Env []string
}

// Resolver observes Docker daemons. It keeps nothing between two resolutions
// and is safe for concurrent use.
type Resolver struct {
	env environ.List
}

var _ cluster.Resolver = (*Resolver)(nil)

// New returns a resolver. Nothing is read or connected to before Resolve.
func New(o Options) *Resolver {
	return &Resolver{env: environ.Or(o.Env)}
}

// Resolve asks the daemon for its version and architecture. Every connection
// and process that it starts has ended when it returns. The context's deadline
// is the only limit of time.
func (r *Resolver) Resolve(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	if req.Connection.Docker == nil {
		return cluster.Observation{}, fmt.Errorf("cluster %q: the docker resolver cannot reach %s", req.Name, req.Connection)
	}
	var obs cluster.Observation
	fail := func(e *cluster.PhaseError) (cluster.Observation, error) {
		obs.Status.Error = e.Error()
		return obs.Cleaned(), nil
	}

	ep, failure := resolveEndpoint(r.env, req.Connection.Docker.Host)
	if failure != nil {
		return fail(failure)
	}
	obs.Status.Endpoint = ep.String()
	if ep.unchecked() {
		obs.Status.Warnings = append(obs.Status.Warnings, fmt.Sprintf("the certificate of %s is not checked; %s", ep, ep.tls.check))
	}

	t := newTransport(ctx, ep, newDialer(ctx, ep, r.env), r.env)
	found, err := ask(ctx, ep, t, r.env.Get("DOCKER_API_VERSION"))
	t.close()
	if err != nil {
		return fail(explain(ctx, ep, t.outcome(), err))
	}
	at := metav1.NewMicroTime(found.at.UTC().Truncate(time.Microsecond))
	obs.Status.ConnectedAt = &at
	obs.Status.Version = found.version
	obs.Status.Identity = found.id
	obs.Status.Arch = goArch(found.arch)
	obs.Status.RegistrySource = cluster.SourceNone // no daemon advertises one
	if obs.Status.Arch != cluster.ArchUnknown {
		obs.Status.Architectures = []string{obs.Status.Arch}
	}
	return obs.Cleaned(), nil
}

// Pinned returns the resolver's environment changed so that the docker command, and
// what else reads it, reaches the daemon of a declared host, which may be empty. A
// stored context is pinned by its name if it has TLS material, and by its address
// otherwise, for which the environment's TLS is not meant.
func (r *Resolver) Pinned(host string) ([]string, error) {
	env := r.env
	ep, failure := resolveEndpoint(env, host)
	if failure != nil {
		return nil, failure
	}
	choice := "DOCKER_HOST=" + ep.String()
	if host == "" && env.Get("DOCKER_HOST") == "" && ep.tls != nil {
		name, _, failure := contextName(env)
		if failure != nil {
			return nil, failure
		}
		choice = "DOCKER_CONTEXT=" + name
	}
	if ep.tls == nil {
		env = env.Without("DOCKER_TLS_VERIFY").Without("DOCKER_TLS").Without("DOCKER_CERT_PATH")
	}
	return append(env.Without("DOCKER_HOST").Without("DOCKER_CONTEXT"), choice), nil
}

// goArch is an architecture in GOARCH terms. Daemons speak those already;
// others that mimic them may send what uname prints.
func goArch(arch string) string {
	switch arch {
	case "":
		return cluster.ArchUnknown
	case "x86_64", "x86-64":
		return "amd64"
	case "aarch64", "arm64/v8":
		return "arm64"
	case "armhf", "armel", "armv6l", "armv7l":
		return "arm"
	case "i386", "i486", "i586", "i686":
		return "386"
	case "ppc64el":
		return "ppc64le"
	}
	return arch
}
