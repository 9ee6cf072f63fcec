package docker

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/docker/docker/client"
)

// platformHost is where the docker command looks when nothing says otherwise.
const platformHost = client.DefaultDockerHost

// answer is what the daemon said of itself.
type answer struct {
	version, arch string
	at            time.Time
}

// errNotDaemon is the cause where something answers that is no daemon.
var errNotDaemon = errors.New("the answer is none that a Docker daemon gives")

// ask agrees on an API version with the daemon and asks for its version.
// apiVersion overrides the agreement where it is not empty.
//
// The ping is made here, not left to the client, because the client goes on
// after a ping that failed and so would try a dead daemon twice as often.
func ask(ctx context.Context, ep *endpoint, t http.RoundTripper, apiVersion string) (answer, error) {
	// WithHost comes first: it configures the transport that WithHTTPClient
	// then replaces. Only the transport knows how the daemon is reached.
	c, err := client.NewClientWithOpts(
		client.WithHost("tcp://"+ep.httpHost()+ep.basePath),
		client.WithScheme(ep.httpScheme()),
		client.WithHTTPClient(&http.Client{
			Transport:     t,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		client.WithVersion(apiVersion),
		client.WithUserAgent("sextant"),
	)
	if err != nil {
		return answer{}, err
	}
	ping, err := c.Ping(ctx)
	if err != nil {
		return answer{}, err
	}
	c.NegotiateAPIVersionPing(ping)
	v, err := c.ServerVersion(ctx)
	if err != nil {
		return answer{}, err
	}
	if v.Version == "" {
		return answer{}, errNotDaemon
	}
	return answer{version: v.Version, arch: v.Arch, at: time.Now()}, nil
}
