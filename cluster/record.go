package cluster

import (
	"context"
	"sort"
	"sync"
)

// Recorder passes requests to another resolver and keeps what it answers, in
// the form that [NewReplay] takes.
type Recorder struct {
	inner Resolver
	mu    sync.Mutex
	seen  map[string]Cluster
}

var _ Resolver = (*Recorder)(nil)

// Record returns a recorder around r. Put it outside of Share, which takes the
// namespace from what it passes on.
func Record(r Resolver) *Recorder {
	return &Recorder{inner: r, seen: map[string]Cluster{}}
}

// Resolve asks the inner resolver and keeps a copy of its answer.
func (r *Recorder) Resolve(ctx context.Context, req Request) (Observation, error) {
	obs, err := r.inner.Resolve(ctx, req)
	if err != nil {
		return obs, err
	}
	d := Declaration{Name: req.Name, Spec: ClusterSpec{Connection: req.Connection}}
	object := d.Object(obs)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[req.Name+"\x00"+sharingKey(req)] = object
	return obs, nil
}

// List returns what was recorded so far, sorted by name.
func (r *Recorder) List() *ClusterList {
	r.mu.Lock()
	defer r.mu.Unlock()
	items := make([]Cluster, 0, len(r.seen))
	for _, c := range r.seen {
		items = append(items, *c.DeepCopy())
	}
	sort.Slice(items, func(i, j int) bool { return items[i].Name < items[j].Name })
	return NewList(items)
}
