package kube

import (
	"context"

	"github.com/sextant-dev/sextant/cluster"
)

// Session is a connection to the API server of one context, for reading what is
// kept there. Its requests are bound and retried as those of a resolution are.
type Session struct {
	client *client
}

// Open connects to the API server of a context; "" is the current one. Every
// error is a *[cluster.PhaseError]. Close the session after use.
func (r *Resolver) Open(ctx context.Context, kubeContext string) (*Session, error) {
	t, err := r.kubeconfig.target(ctx, kubeContext, "")
	if err != nil {
		return nil, err
	}
	if err := r.credentials.add(ctx, t); err != nil {
		return nil, err
	}
	c, err := newClient(t, r.trust)
	if err != nil {
		return nil, err
	}
	if err := c.connect(ctx); err != nil {
		c.close()
		return nil, c.problem(err)
	}
	return &Session{c}, nil
}

// Namespace returns the namespace of the context.
func (s *Session) Namespace() string { return s.client.target.namespace }

// Get returns the JSON that the server answers to path, which may have a query.
// [StatusCode] returns the HTTP status of an error.
func (s *Session) Get(ctx context.Context, path string) ([]byte, error) {
	body, err := s.client.get(ctx, path, acceptJSON)
	if err != nil {
		return nil, s.client.problem(err)
	}
	return body, nil
}

// StatusCode is the HTTP status that an error is about, 0 for none.
func StatusCode(err error) int { return status(err) }

// Close ends the connection.
func (s *Session) Close() { s.client.close() }

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
