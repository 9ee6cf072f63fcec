package watch

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"reflect"
	"sync"
	"time"

	"github.com/sextant-dev/sextant/cluster"
)

// A Source opens connections to clusters. It is safe for concurrent use.
type Source interface {
	// Key is equal for as long as the configuration of a request is. When it
	// changes, its connection is closed and another opened.
	Key(req cluster.Request) string
	// Open returns a connection for a request, with nothing connected yet.
	Open(req cluster.Request) Conn
	// Changed returns a channel that is closed when a Key may have changed.
	Changed() <-chan struct{}
}

// A Conn observes one cluster with one configuration and one set of credentials.
type Conn interface {
	// Resolve observes everything.
	Resolve(ctx context.Context, req cluster.Request) (cluster.Observation, error)
	// Probe observes whether the cluster answers, and of its facts only those
	// that are cheap: the version and the identity.
	Probe(ctx context.Context, req cluster.Request) (cluster.Observation, error)
	Close()
}

// Options configure a Watcher. Zero fields take the defaults.
type Options struct {
	// Source is required.
	Source Source
	// Interval is the time between two probes of a cluster that answers; 15 s.
	Interval time.Duration
	// Doubt is the time between two probes of a cluster whose last one failed,
	// until it counts as down; 3 s.
	Doubt time.Duration
	// MaxBackoff is the most time between two probes of a cluster that is down.
	// It begins with Doubt and doubles; 30 s.
	MaxBackoff time.Duration
	// Refresh is the time after which everything of a cluster is observed again;
	// 5 min.
	Refresh time.Duration
	// Timeout is the deadline of one resolution; [cluster.DefaultTimeout]. A
	// probe has half of it.
	Timeout time.Duration
	// Limit is how many clusters are observed at the same time;
	// [cluster.DefaultLimit].
	Limit int
	// Policy is when a cluster counts as down.
	Policy cluster.MergePolicy
}

// Event is a change of one cluster.
type Event struct {
	// Type is Added, Modified or Deleted.
	Type EventType `json:"type"`
	// Reason is why: a [cluster.Change], or [ReasonDeclared] or [ReasonRemoved].
	Reason string `json:"reason"`
	// Object is the cluster as it is now, of a deleted one as it was.
	Object cluster.Cluster `json:"object"`
}

// EventType is the type of an event, in the words of the Kubernetes API.
type EventType string

// The types of events.
const (
	Added    EventType = "ADDED"
	Modified EventType = "MODIFIED"
	Deleted  EventType = "DELETED"
)

// Reasons of events that no observation made.
const (
	// ReasonDeclared: the declaration changed, and not what was observed.
	ReasonDeclared = "Declared"
	// ReasonRemoved: the cluster is no longer declared.
	ReasonRemoved = "Removed"
)

// Watcher keeps the statuses of declared clusters up to date while Run runs. It is safe
// for concurrent use.
type Watcher struct {
	options Options
	turns   chan struct{}

	mu      sync.Mutex
	entries []*entry
	known   map[string]*entry // the entries by the key of their requests
	running context.Context   // nil before Run and after
	loops   sync.WaitGroup
	pending []*entry
	wake    chan struct{} // closed when there is something to deliver
}

// New returns a Watcher of no clusters.
func New(o Options) *Watcher {
	o.Interval = cmp.Or(o.Interval, 15*time.Second)
	o.Doubt = cmp.Or(o.Doubt, 3*time.Second)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, 30*time.Second)
	o.Refresh = cmp.Or(o.Refresh, 5*time.Minute)
	o.Timeout = cmp.Or(o.Timeout, cluster.DefaultTimeout)
	o.Limit = cmp.Or(o.Limit, cluster.DefaultLimit)
	return &Watcher{options: o, turns: make(chan struct{}, o.Limit), known: map[string]*entry{}, wake: make(chan struct{})}
}

// entry is one cluster. The watcher's mutex guards it.
type entry struct {
	decl cluster.Declaration
	kept cluster.Kept
	// ready is closed after the first observation.
	ready chan struct{}
	first sync.Once
	// reason is of the last change.
	reason string
	// invalid has an element if the cluster is to be resolved now.
	invalid chan struct{}
	stop    context.CancelFunc
	// delivered is the object of the last event, nil before the first one.
	delivered *cluster.Cluster
	// declared is set once Set had it: an event is only of such a cluster.
	declared bool
	queued   bool
	// removed is closed when Set was called without it.
	removed chan struct{}
}

func (e *entry) isRemoved() bool {
	select {
	case <-e.removed:
		return true
	default:
		return false
	}
}

// observed reports whether there is a status.
func (e *entry) observed() bool { return len(e.kept.Status.Conditions) > 0 }

// Run keeps the statuses up to date until ctx is done. Nothing of it runs when it
// returns. It runs once.
func (w *Watcher) Run(ctx context.Context) {
	w.mu.Lock()
	w.running = ctx
	for _, e := range w.entries {
		w.start(e)
	}
	w.mu.Unlock()
	<-ctx.Done()
	w.mu.Lock()
	w.running = nil
	w.mu.Unlock()
	w.loops.Wait()
}

// start begins to observe an entry, if the watcher runs. The mutex is held.
func (w *Watcher) start(e *entry) {
	if w.running == nil || w.running.Err() != nil {
		return
	}
	ctx, cancel := context.WithCancel(w.running)
	e.stop = cancel
	l := &loop{watcher: w, entry: e, req: e.decl.Request()}
	w.loops.Go(func() {
		defer cancel()
		l.run(ctx)
	})
}

// Set replaces the declarations. A cluster whose name, connection and product are
// those of one before keeps its status. One of a name before and with another
// connection is Modified when it was observed.
func (w *Watcher) Set(declarations []cluster.Declaration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.entries
	var entries []*entry
	declared := map[*entry]bool{}
	successors := map[string]*entry{}
	for _, d := range declarations {
		e := w.known[key(d.Request())]
		if e == nil {
			e = w.add(d)
		}
		if e.delivered != nil && !reflect.DeepEqual(e.decl, d) {
			e.reason = ReasonDeclared
		}
		e.decl, e.declared = d, true
		entries = append(entries, e)
		declared[e], successors[d.Name] = true, e
	}
	for _, e := range before {
		if declared[e] {
			continue
		}
		if next := successors[e.decl.Name]; next != nil && next.delivered == nil && e.delivered != nil {
			next.delivered, next.reason = e.delivered, ReasonDeclared
			e.delivered = nil
		}
		w.remove(e)
	}
	for _, e := range entries {
		w.queue(e)
	}
	w.entries = entries
}

// remove ends an entry. The mutex is held.
func (w *Watcher) remove(e *entry) {
	close(e.removed)
	e.reason = ReasonRemoved
	delete(w.known, key(e.decl.Request()))
	if e.stop != nil {
		e.stop()
	}
	w.queue(e)
}

// add adds an entry. The mutex is held.
func (w *Watcher) add(d cluster.Declaration) *entry {
	e := &entry{decl: d, ready: make(chan struct{}), invalid: make(chan struct{}, 1), removed: make(chan struct{})}
	w.entries = append(w.entries, e)
	w.known[key(d.Request())] = e
	w.start(e)
	return e
}

// Resolve returns the status that is kept for a request, after the first
// observation. A cluster that is not watched yet is watched from now on, until Set,
// but has no events before. With it, a script can run on what is watched.
func (w *Watcher) Resolve(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	for {
		w.mu.Lock()
		e := w.known[key(req)]
		if e == nil {
			e = w.add(cluster.Declaration{Name: req.Name, Spec: cluster.ClusterSpec{Connection: req.Connection}, Product: req.Product})
		}
		w.mu.Unlock()
		select {
		case <-e.ready:
			kept := w.state(e)
			return cluster.Observation{Status: *kept.Status.DeepCopy()}, nil
		case <-e.removed: // by a Set of somebody else: watch it again
		case <-ctx.Done():
			return cluster.Observation{}, context.Cause(ctx)
		}
	}
}

// Invalidate has the clusters of a name resolved now, with credentials obtained
// again.
func (w *Watcher) Invalidate(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.entries {
		if e.decl.Name != name {
			continue
		}
		select {
		case e.invalid <- struct{}{}:
		default: // it is, already
		}
	}
}

// List returns the clusters that were observed, in the order of declaration.
func (w *Watcher) List() *cluster.ClusterList {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := cluster.NewList(nil)
	for _, e := range w.entries {
		if e.observed() {
			list.Items = append(list.Items, e.object())
		}
	}
	return list
}

// object is the API object of an entry. The mutex is held.
func (e *entry) object() cluster.Cluster {
	return e.decl.Object(e.decl.Apply(cluster.Observation{Status: e.kept.Status}))
}

// Events returns the events from now on, until ctx is done; for all clusters that
// are known, it begins with Added. There is one reader. One that is slow gets the
// latest state of each cluster, and not every state between.
func (w *Watcher) Events(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for {
			event, wake := w.next()
			if event != nil {
				if !yield(*event) {
					return
				}
				continue
			}
			select {
			case <-wake:
			case <-ctx.Done():
				return
			}
		}
	}
}

// next returns the next event, or what to wait for.
func (w *Watcher) next() (*Event, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) > 0 {
		e := w.pending[0]
		w.pending = w.pending[1:]
		e.queued = false
		switch {
		case e.isRemoved() && e.delivered == nil:
		case e.isRemoved():
			return &Event{Deleted, ReasonRemoved, *e.delivered}, nil
		default:
			object := e.object()
			event := Event{Modified, e.reason, object}
			if e.delivered == nil {
				event.Type = Added
			} else if reflect.DeepEqual(*e.delivered, object) {
				continue // it was back before anybody looked
			}
			e.delivered = object.DeepCopy()
			return &event, nil
		}
	}
	return nil, w.wake
}

// queue notes that there may be something to deliver about an entry. The mutex is
// held.
func (w *Watcher) queue(e *entry) {
	if e.queued || !e.declared || !e.observed() && !e.isRemoved() {
		return
	}
	e.queued = true
	w.pending = append(w.pending, e)
	close(w.wake)
	w.wake = make(chan struct{})
}

// publish merges an observation into an entry, and returns what is kept.
func (w *Watcher) publish(e *entry, obs cluster.Observation, policy cluster.MergePolicy) cluster.Kept {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.isRemoved() {
		return e.kept // it is too late
	}
	redeclared := !e.observed() && e.delivered != nil
	var change cluster.Change
	e.kept, change = cluster.Merge(e.kept, obs, policy, time.Now())
	if change != cluster.ChangeNone {
		if !redeclared {
			e.reason = string(change)
		}
		w.queue(e)
	}
	e.first.Do(func() { close(e.ready) })
	return e.kept
}

// state returns what is kept of an entry.
func (w *Watcher) state(e *entry) cluster.Kept {
	w.mu.Lock()
	defer w.mu.Unlock()
	return e.kept
}

// key makes a request comparable.
func key(req cluster.Request) string {
	text, err := json.Marshal(req)
	if err != nil {
		panic(err) // a struct of strings has a JSON form
	}
	return string(text)
}
