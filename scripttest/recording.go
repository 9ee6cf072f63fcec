package scripttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/execlog"
)

// programs is the exec.yaml of a place, nil if there is none.
type programs struct {
	once   sync.Once
	err    error
	replay *execlog.Replay
}

// load reads the recording the first time it is called.
func (p *programs) load(s store) error {
	p.once.Do(func() {
		data, err := s.read(programsName)
		if err == nil {
			var recorded *execlog.Recording
			if recorded, err = execlog.Parse(programsName, data); err == nil {
				p.replay = execlog.NewReplay(programsName, recorded)
				p.replay.Extensions = "/@ext" // below the root of a test, as its scripts see it
			}
		}
		if !errors.Is(err, fs.ErrNotExist) {
			p.err = err
		}
	})
	return p.err
}

// executor answers one run, whose programs print to stderr.
func (p *programs) executor(stderr io.Writer) builtins.Executor {
	if p.replay == nil {
		return nil
	}
	return p.replay.Executor("/", stderr)
}

// recording is the clusters.yaml of a place. It answers the scripts and notes
// which clusters they read. It is safe for concurrent use once loaded.
type recording struct {
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

// load reads the recording the first time it is called. A place without one
// has an empty one.
func (r *recording) load(s store) error {
	r.once.Do(func() {
		r.list, r.read = cluster.NewList(nil), map[string]bool{}
		data, err := s.read(recordingName)
		switch {
		case err == nil:
			if r.list, err = cluster.ParseList(recordingName, data); err != nil {
				r.err = err
				return
			}
		case !errors.Is(err, fs.ErrNotExist):
			r.err = err
			return
		}
		r.replay = cluster.NewReplay(recordingName, r.list)
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

// unread names the recorded clusters that nothing read, in their order.
func (r *recording) unread() []string {
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
	return names
}
