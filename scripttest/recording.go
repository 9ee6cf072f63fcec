package scripttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/sextant-dev/sextant/cluster"
)

// recording is a clusters.yaml. It answers the scripts and notes which clusters
// they read. It is safe for concurrent use once loaded.
type recording struct {
	path   string      // in the store
	users  []*testCase // those that it answers
	once   sync.Once
	err    error
	list   *cluster.ClusterList
	replay *cluster.Replay

	mu   sync.Mutex
	read map[string]bool
}

var (
	_ cluster.Resolver = (*recording)(nil)
	_ cluster.Catalog  = (*recording)(nil)
)

// load reads the recording the first time it is called. Without a file it is
// empty.
func (r *recording) load(s store) error {
	r.once.Do(func() {
		r.list, r.read = cluster.NewList(nil), map[string]bool{}
		data, err := s.read(r.path)
		switch {
		case err == nil:
			if r.list, err = cluster.ParseList(r.path, data); err != nil {
				r.err = err
				return
			}
		case !errors.Is(err, fs.ErrNotExist):
			r.err = err
			return
		}
		r.replay = cluster.NewReplay(r.path, r.list)
	})
	return r.err
}

// Resolve answers from the recording.
func (r *recording) Resolve(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	obs, err := r.replay.Resolve(ctx, req)
	if err == nil {
		r.note(func(c *cluster.Cluster) bool { return c.Name == req.Name })
	}
	return obs, err
}

// Knows reports whether the recording has a cluster. That reads nothing of it.
func (r *recording) Knows(req cluster.Request) error { return r.replay.Knows(req) }

// CurrentContext reads the clusters that were declared without a context.
func (r *recording) CurrentContext() (name, namespace string, err error) {
	r.note(func(c *cluster.Cluster) bool {
		k := c.Spec.Connection.Kubernetes
		return k != nil && k.Context == ""
	})
	return r.replay.CurrentContext()
}

// Contexts reads every Kubernetes cluster.
func (r *recording) Contexts() ([]string, error) {
	r.note(func(c *cluster.Cluster) bool { return c.Spec.Connection.Kubernetes != nil })
	return r.replay.Contexts()
}

func (r *recording) note(read func(*cluster.Cluster) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.list.Items {
		if c := &r.list.Items[i]; read(c) {
			r.read[c.Name] = true
		}
	}
}

// unread reports the recorded clusters that nothing read, in their order.
func (r *recording) unread() error {
	if r.list == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for i := range r.list.Items {
		if name := r.list.Items[i].Name; !r.read[name] {
			names = append(names, fmt.Sprintf("cluster %q", name))
		}
	}
	if names == nil {
		return nil
	}
	return errors.New(r.path + " records what no test reads: " + strings.Join(names, ", ") + "; remove it there, or declare it in the script")
}
