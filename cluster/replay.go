package cluster

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Replay answers from a recorded list, as printed by `sextant eval -o yaml`.
// It touches no network, no kubeconfig and no docker configuration.
type Replay struct {
	file       string
	kubeconfig *KubeconfigFacts
	items      []Cluster
}

var (
	_ Resolver = (*Replay)(nil)
	_ Fleet    = (*Replay)(nil)
)

// NewReplay returns a resolver that answers from list. The file's name is only
// for messages.
func NewReplay(file string, list *ClusterList) *Replay {
	return &Replay{file: file, kubeconfig: list.Kubeconfig, items: list.Items}
}

// NotRecordedError reports that a recording lacks a cluster.
type NotRecordedError struct {
	Request Request
	// File is the recording.
	File string
	// Recorded names what the recording holds.
	Recorded []string
}

func (e *NotRecordedError) Error() string {
	have := "it holds none"
	if len(e.Recorded) > 0 {
		have = "it holds " + strings.Join(e.Recorded, ", ")
	}
	return fmt.Sprintf("cluster %q (%s) is not in %s: %s; record it with: sextant eval -o yaml FILE > %s",
		e.Request.Name, e.Request.Connection, e.File, have, e.File)
}

// Resolve returns the recorded observation of the cluster with the request's
// name and connection, or a *[NotRecordedError].
func (r *Replay) Resolve(_ context.Context, req Request) (Observation, error) {
	for i := range r.items {
		c := &r.items[i]
		if c.Name != req.Name || !answers(c.Spec.Connection, req.Connection) {
			continue
		}
		obs := Restored(c.Status)
		if obs.Status.Registry == nil && obs.Status.RegistrySource == SourceDeclared {
			obs.Status.RegistrySource = SourceNone // the declaration's, and not observed
		}
		if k := c.Status.Connection; k != nil && k.Kubernetes != nil && obs.Status.ProductReason == ProductDeclared {
			obs.Status.Connection.Kubernetes.Product, obs.Status.ProductReason = ProductUnknown, ProductNoRule
		}
		if obs.Status.Error == "" && !obs.Status.Connected() {
			obs.Status.Error = fmt.Sprintf("%s has neither the time of the connection nor why there is none: add status.connectedAt or status.error", r.file)
		}
		return obs, nil
	}
	return Observation{}, r.lacks(req)
}

// answers reports whether a recorded connection answers for a declared one. A
// cluster kept on a hub is reached by a reference that no script can write: its
// name decides.
func answers(recorded, declared ClusterConnection) bool {
	if k := recorded.Kubernetes; k != nil && (k.SecretRef != nil || k.ClusterProfileRef != nil) {
		return declared.Kubernetes != nil
	}
	return reflect.DeepEqual(recorded, declared)
}

// Knows returns a *[NotRecordedError] for a cluster the recording lacks.
func (r *Replay) Knows(req Request) error {
	_, err := r.Resolve(context.Background(), req)
	return err
}

func (r *Replay) lacks(req Request) error {
	e := &NotRecordedError{Request: req, File: r.file}
	for i := range r.items {
		e.Recorded = append(e.Recorded, fmt.Sprintf("%q (%s)", r.items[i].Name, r.items[i].Spec.Connection))
	}
	return e
}

// CurrentContext returns what was recorded of the kubeconfig. A recording without
// that answers from a cluster that was declared without a context, and if it can
// from one without a namespace, since a declared one hides the context's own. Two that
// differ are of two kubeconfigs.
func (r *Replay) CurrentContext() (name, namespace string, err error) {
	if r.kubeconfig != nil && r.kubeconfig.Current != nil {
		return r.kubeconfig.Current.Context, r.kubeconfig.Current.Namespace, nil
	}
	found, own := false, false
	for i := range r.items {
		k, c := r.items[i].Spec.Connection.Kubernetes, r.items[i].Status.Connection
		if k == nil || k.Context != "" || k.SecretRef != nil || k.ClusterProfileRef != nil || c == nil || c.Kubernetes == nil {
			continue
		}
		if found && c.Kubernetes.Context != name {
			return "", "", fmt.Errorf("%s has two current contexts, %q and %q: record it again with: sextant eval -o yaml FILE > %s", r.file, name, c.Kubernetes.Context, r.file)
		}
		if !found || !own && k.Namespace == "" {
			name, namespace, found, own = c.Kubernetes.Context, c.Kubernetes.Namespace, true, k.Namespace == ""
		}
	}
	if found {
		return name, namespace, nil
	}
	return "", "", fmt.Errorf("%s does not have the current context: the script that it is of did not read it; "+
		"record it again with: sextant eval -o yaml FILE > %s", r.file, r.file)
}

// Contexts returns the contexts that were recorded of the kubeconfig. A recording
// without them has those of the recorded clusters. They are sorted.
func (r *Replay) Contexts() ([]string, error) {
	if r.kubeconfig != nil && r.kubeconfig.Contexts != nil {
		return slices.Clone(r.kubeconfig.Contexts), nil
	}
	names := map[string]bool{}
	for i := range r.items {
		if c := r.items[i].Status.Connection; c != nil && c.Kubernetes != nil && c.Kubernetes.Context != "" {
			names[c.Kubernetes.Context] = true
		}
		if k := r.items[i].Spec.Connection.Kubernetes; k != nil && k.Context != "" {
			names[k.Context] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// Fleet returns the recorded clusters.
func (r *Replay) Fleet() ([]Declaration, error) {
	all := make([]Declaration, 0, len(r.items))
	for i := range r.items {
		all = append(all, DeclarationOf(&r.items[i]))
	}
	slices.SortStableFunc(all, func(a, b Declaration) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

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
