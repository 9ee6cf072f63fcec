package kube

import (
	"context"
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

// Context returns the name of the context, Namespace its namespace.
func (s *Session) Context() string   { return s.client.target.name }
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
