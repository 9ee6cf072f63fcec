package kube

import (
	"context"

	"github.com/sextant-dev/sextant/cluster"
)

// Link is the connection that a resolution left open. Asking on it whether the
// cluster still answers costs one small request: no look-up, no handshake, no
// credentials obtained. It is for one goroutine at a time.
type Link struct {
	client  *client
	version string
}

// Link resolves a cluster as [Resolver.Resolve] does and keeps the connection. The
// Link is nil unless the cluster is connected; close it. It outlives the Resolver,
// and holds the credentials that it connected with.
func (r *Resolver) Link(ctx context.Context, req cluster.Request) (cluster.Observation, *Link, error) {
	obs, c, err := r.open(ctx, req, probe)
	if c == nil {
		return obs, nil, err
	}
	c.closeOthers()
	return obs, &Link{c, obs.Status.Version}, err
}

// Alive reports whether the cluster answers, on the same connection and in the
// same version as when it was resolved. False is a doubt, not a failure: the
// connection may have broken and the cluster not. Then close the Link and resolve
// the cluster again, which opens another.
func (l *Link) Alive(ctx context.Context) bool {
	line := l.client.current()
	if line.conn.Err() != nil {
		return false
	}
	body, _, err := l.client.once(context.WithValue(ctx, lineKey{}, line), versionPath, acceptJSON)
	if err != nil {
		return false
	}
	version, err := gitVersion(body)
	return err == nil && version == l.version
}

// Close ends the connection.
func (l *Link) Close() { l.client.close() }
