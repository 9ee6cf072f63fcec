package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Request asks for one cluster.
type Request struct {
	// Name is the declared name of the cluster.
	Name string
	// Connection is how to reach it.
	Connection ClusterConnection
	// Product is the declared product, if the script declares one: some
	// distributions are asked more than others. "" leaves it to be found out.
	Product string
}

// A Resolver observes clusters. It is safe for concurrent use.
//
// Resolve returns soon after ctx is done. A cluster that cannot be reached is
// not a Go error: see Observation.Status.Error. An error means that this
// resolver cannot answer the request at all, as [Replay] does for a cluster it
// has no record of, and fails the run.
type Resolver interface {
	Resolve(ctx context.Context, req Request) (Observation, error)
}

// ResolverFunc makes a Resolver of a function.
type ResolverFunc func(ctx context.Context, req Request) (Observation, error)

// Resolve calls f.
func (f ResolverFunc) Resolve(ctx context.Context, req Request) (Observation, error) {
	return f(ctx, req)
}

// A Catalog answers what needs no connection: the kubeconfig of a live run, or
// the recording of a replayed one.
type Catalog interface {
	// CurrentContext returns the context that an empty context name means and
	// its namespace. Both are empty if there is none.
	CurrentContext() (context, namespace string, err error)
	// Contexts returns every context's name, sorted.
	Contexts() ([]string, error)
	// Knows returns an error where the request can never be answered, so that
	// a script fails at the declaration. A context that is merely missing from
	// a kubeconfig is not one of them: it becomes status.error.
	Knows(req Request) error
}

// ByKind sends each request to the resolver of its kind of connection.
type ByKind struct {
	Kubernetes Resolver
	Docker     Resolver
}

var _ Resolver = ByKind{}

// Resolve asks the resolver of the request's kind.
func (k ByKind) Resolve(ctx context.Context, req Request) (Observation, error) {
	switch {
	case req.Connection.Kubernetes != nil && k.Kubernetes != nil:
		return k.Kubernetes.Resolve(ctx, req)
	case req.Connection.Docker != nil && k.Docker != nil:
		return k.Docker.Resolve(ctx, req)
	}
	return Observation{}, fmt.Errorf("cluster %q: no resolver for %s", req.Name, req.Connection)
}

// DefaultTimeout is the deadline of one cluster.
const DefaultTimeout = 10 * time.Second

// Timeout sets on every request its own deadline of d from the moment it starts;
// d of 0 or less is [DefaultTimeout].
func Timeout(r Resolver, d time.Duration) Resolver {
	if d <= 0 {
		d = DefaultTimeout
	}
	return ResolverFunc(func(ctx context.Context, req Request) (Observation, error) {
		ctx, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		return r.Resolve(ctx, req)
	})
}

// DefaultLimit is how many clusters are observed at the same time.
const DefaultLimit = 64

// Limit lets at most n requests run at the same time; n of 0 or less is
// [DefaultLimit]. Put it outside Timeout, so that waiting for a turn does not
// use up a cluster's deadline.
func Limit(r Resolver, n int) Resolver {
	if n <= 0 {
		n = DefaultLimit
	}
	turns := make(chan struct{}, n)
	return ResolverFunc(func(ctx context.Context, req Request) (Observation, error) {
		select {
		case turns <- struct{}{}:
			defer func() { <-turns }()
			return r.Resolve(ctx, req)
		case <-ctx.Done():
			return Observation{}, context.Cause(ctx)
		}
	})
}

var errPanicked = errors.New("the resolver of an equal connection panicked")

// Share lets requests for equal connections have one observation between them.
// The namespace does not count: it is not part of how a cluster is reached.
//
// named, if set, names what a request leaves to the configuration, as
// cluster/kube's Resolver.Named does: then the current context and the context of
// that name are one connection too.
//
// It remembers every observation, so one run has one Share. The first request
// makes the observation under its own context; the others wait for that one,
// or until their own context is done.
func Share(r Resolver, named func(context.Context, Request) Request) Resolver {
	return &shared{inner: r, named: named, calls: map[string]*sharedCall{}}
}

type shared struct {
	inner Resolver
	named func(context.Context, Request) Request
	mu    sync.Mutex
	calls map[string]*sharedCall
}

// sharedCall is one observation for all who ask for it.
type sharedCall struct {
	Future
	// abandoned reports that the caller who made it went away before it was done.
	// The next one to ask makes it again. It may be read once the call is done.
	abandoned bool
}

func (s *shared) Resolve(ctx context.Context, req Request) (Observation, error) {
	if s.named != nil {
		req = s.named(ctx, req)
	}
	for {
		call := s.call(ctx, req)
		obs, err := call.Wait(ctx)
		if ctx.Err() == nil && call.abandoned {
			continue
		}
		if err != nil {
			return Observation{}, err
		}
		obs = obs.DeepCopy()
		setNamespace(&obs, req.Connection)
		return obs, nil
	}
}

// call returns the observation that answers req, and makes it if it is the first
// to ask for it.
func (s *shared) call(ctx context.Context, req Request) *sharedCall {
	key := sharingKey(req)
	s.mu.Lock()
	call, found := s.calls[key]
	if !found {
		call = &sharedCall{Future: Future{name: req.Name, done: make(chan struct{})}}
		s.calls[key] = call
	}
	s.mu.Unlock()
	if found {
		return call
	}
	defer close(call.done)
	call.err = errPanicked // stays only where Resolve never returns
	call.obs, call.err = s.inner.Resolve(ctx, withoutNamespace(req))
	if ctx.Err() != nil && (call.err != nil || !call.obs.Status.Connected()) {
		call.abandoned = true
		s.mu.Lock()
		delete(s.calls, key)
		s.mu.Unlock()
	}
	return call
}

// sharingKey is equal for requests that one observation answers.
func sharingKey(req Request) string {
	switch c := req.Connection; {
	case c.Kubernetes != nil:
		key := "kubernetes/" + req.Product + "/" + c.Kubernetes.Context
		if ref := c.Kubernetes.SecretRef; ref != nil {
			key += "\x00secret/" + ref.Name + "/" + ref.Key
		}
		if ref := c.Kubernetes.ClusterProfileRef; ref != nil {
			key += "\x00profile/" + ref.Name
		}
		return key
	case c.Docker != nil:
		return "docker/" + c.Docker.Host
	}
	return ""
}

func withoutNamespace(req Request) Request {
	if k := req.Connection.Kubernetes; k != nil {
		req.Connection.Kubernetes = k.DeepCopy()
		req.Connection.Kubernetes.Namespace = ""
	}
	return req
}

func setNamespace(obs *Observation, c ClusterConnection) {
	if c.Kubernetes == nil || c.Kubernetes.Namespace == "" {
		return
	}
	if conn := obs.Status.Connection; conn != nil && conn.Kubernetes != nil {
		conn.Kubernetes.Namespace = c.Kubernetes.Namespace
	}
}

// Log writes to logger, at debug level, when each request starts and how it ended.
// It passes on only what a user is shown anyway: names, the redacted endpoint,
// the version, the error. Inside [Share] it reports resolutions, outside of
// requests.
func Log(r Resolver, logger *slog.Logger) Resolver {
	return ResolverFunc(func(ctx context.Context, req Request) (Observation, error) {
		logger := logger.With("cluster", req.Name)
		logger.DebugContext(ctx, "resolving", connectionAttr(req.Connection))
		start := time.Now()
		obs, err := r.Resolve(ctx, req)
		elapsed := slog.Duration("elapsed", time.Since(start))
		switch {
		case err != nil:
			logger.DebugContext(ctx, "cannot resolve", elapsed, "error", err)
		case !obs.Status.Connected():
			logger.DebugContext(ctx, "not connected", elapsed, "error", obs.Status.Error)
		default:
			logger.DebugContext(ctx, "connected", elapsed, "endpoint", obs.Status.Endpoint,
				"version", obs.Status.Version, "arch", obs.Status.Arch)
		}
		return obs, err
	})
}

// connectionAttr leaves out a Docker host, which may hold a password.
func connectionAttr(c ClusterConnection) slog.Attr {
	switch {
	case c.Kubernetes != nil:
		return slog.Group("kubernetes", "context", c.Kubernetes.Context)
	case c.Docker != nil:
		return slog.Bool("docker", true)
	}
	return slog.Attr{}
}
