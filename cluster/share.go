package cluster

import (
	"context"
	"errors"
	"sync"
)

var errPanicked = errors.New("the resolver of an equal connection panicked")

// Share lets requests for equal connections have one observation between them.
// The namespace does not count: it is no part of how a cluster is reached.
//
// It remembers every observation, so one run has one Share. The first request
// makes the observation under its own context; the others wait for that one,
// or until their own context is done.
func Share(r Resolver) Resolver {
	return &shared{inner: r, calls: map[string]*sharedCall{}}
}

type shared struct {
	inner Resolver
	mu    sync.Mutex
	calls map[string]*sharedCall
}

// sharedCall is one observation for all who ask for it.
type sharedCall struct {
	Future
	// abandoned says that who made it went away before it was done. The next one
	// who asks makes it again. It may be read once the call is done.
	abandoned bool
}

func (s *shared) Resolve(ctx context.Context, req Request) (Observation, error) {
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
		return "kubernetes/" + req.Product + "/" + c.Kubernetes.Context
	case c.Docker != nil:
		return "docker/" + c.Docker.Host
	}
	return ""
}

func withoutNamespace(req Request) Request {
	if k := req.Connection.Kubernetes; k != nil {
		req.Connection.Kubernetes = &KubernetesClusterConnection{Context: k.Context}
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
