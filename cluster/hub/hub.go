package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/suggest"
)

const (
	// Namespace is where sextant-controller runs and keeps its Leases.
	Namespace = "sextant-system"
	// LeaseName is the name of the Lease that describes how fresh the statuses of the
	// whole fleet are, LeaseDuration how long it holds.
	LeaseName     = "sextant-fleet"
	LeaseDuration = time.Minute

	// page is how many clusters are asked for at once: a thousand are 1.9 to 3.4 MB.
	page = 500
	// maxPages is how many pages are read, those of an earlier beginning included.
	maxPages = 1000
	// maxToken is how long the token for the next page may be; an API server's has
	// less than 1 KiB.
	maxToken = 16 << 10
)

// Hub is the clusters of one namespace as they were when Open read them.
type Hub struct {
	ref      Ref
	clusters []*kept // sorted by name
	warnings []string
}

var (
	_ cluster.Immediate = (*Hub)(nil)
	_ cluster.Fleet     = (*Hub)(nil)
)

// Open reads the clusters of a hub. ctx should have a deadline.
func Open(ctx context.Context, k *kube.Resolver, ref Ref) (*Hub, error) {
	fail := func(err error) (*Hub, error) {
		err = fmt.Errorf("read the clusters of %s: %w", ref, err)
		return nil, wire.Reword(cluster.CleanString(err.Error()), err) // safe to print
	}
	session, err := k.Open(ctx, ref.Context)
	if err != nil {
		return fail(err)
	}
	defer session.Close()
	if ref.Namespace == "" {
		ref.Namespace = session.Namespace()
	}
	h := &Hub{ref: ref}
	fresh := make(chan string, 1)
	go func() { fresh <- freshness(ctx, session, time.Now) }()
	err = h.read(ctx, session)
	if warning := <-fresh; warning != "" {
		h.warnings = append(h.warnings, cluster.CleanString(warning))
	}
	if err != nil {
		return fail(err)
	}
	return h, nil
}

// read reads all pages.
func (h *Hub) read(ctx context.Context, session *kube.Session) error {
	path := fmt.Sprintf("/apis/%s/namespaces/%s/clusters", cluster.GroupVersion, url.PathEscape(h.ref.Namespace))
	pages := newDecoding(h.ref.Namespace)
	defer func() { pages.wait() }()
	seen := map[string]bool{} // the tokens since the beginning
	for token, n := "", 0; ; n++ {
		if n == maxPages || len(token) > maxToken || seen[token] {
			return notList(errors.New("its pages do not end"))
		}
		seen[token] = true
		query := url.Values{"limit": {fmt.Sprint(page)}}
		if token != "" {
			query.Set("continue", token)
		}
		body, err := session.Get(ctx, path+"?"+query.Encode())
		switch code := kube.StatusCode(err); {
		case code == http.StatusGone && token != "":
			// The list changed for longer than the API server remembers: begin again.
			pages.wait()
			pages, token = newDecoding(h.ref.Namespace), ""
			clear(seen)
			continue
		case code == http.StatusNotFound:
			return fmt.Errorf("it keeps no clusters: apply what sextant-controller manifests prints (%w)", err)
		case code == http.StatusForbidden:
			return fmt.Errorf("you may not list clusters in namespace %s: ask for the Role sextant-reader there (%w)", h.ref.Namespace, err)
		case err != nil:
			return err
		}
		meta, err := pages.page(body)
		if err != nil {
			return err
		}
		if token = meta.Continue; token == "" {
			break
		}
	}
	var err error
	h.clusters, err = pages.wait()
	return err
}

// freshness returns a warning if nobody keeps the statuses up to date, or if that
// cannot be determined.
func freshness(ctx context.Context, session *kube.Session, now func() time.Time) string {
	body, err := session.Get(ctx, fmt.Sprintf("/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s", Namespace, LeaseName))
	switch code := kube.StatusCode(err); {
	case code == http.StatusNotFound:
		return "the statuses of this hub may be old: sextant-controller has never checked all of its clusters"
	case err != nil:
		return fmt.Sprintf("the statuses of this hub may be old: its lease %s/%s could not be read: %v", Namespace, LeaseName, err)
	}
	var lease struct {
		Spec struct {
			RenewTime            metav1.MicroTime `json:"renewTime"`
			LeaseDurationSeconds int32            `json:"leaseDurationSeconds"`
		} `json:"spec"`
	}
	if err := wire.DecodeJSON(body, &lease); err != nil || lease.Spec.RenewTime.IsZero() {
		return fmt.Sprintf("the statuses of this hub may be old: its lease %s/%s is not a Lease", Namespace, LeaseName)
	}
	age := now().Sub(lease.Spec.RenewTime.Time)
	if age < -LeaseDuration {
		return fmt.Sprintf("the statuses of this hub may be old: its lease %s/%s was renewed in the future; check this machine's clock", Namespace, LeaseName)
	}
	if age <= time.Duration(lease.Spec.LeaseDurationSeconds)*time.Second {
		return ""
	}
	return fmt.Sprintf("the statuses of this hub are old: not all of its clusters were checked in the last %s; see whether sextant-controller runs", age.Round(time.Second))
}

// Warnings are lines for the user about the hub as a whole.
func (h *Hub) Warnings() []string { return slices.Clone(h.warnings) }

// Fleet returns a declaration of every cluster, sorted by name. One that leaves
// its Secret to the convention gets an empty reference, which means the same: its
// kubeconfig is never the one of whoever runs the script.
func (h *Hub) Fleet() ([]cluster.Declaration, error) {
	all := make([]cluster.Declaration, len(h.clusters))
	for i, c := range h.clusters {
		all[i] = cluster.Declaration{Name: c.name, Labels: maps.Clone(c.labels), Spec: *c.spec.DeepCopy()}
		if k := all[i].Spec.Connection.Kubernetes; k != nil && k.SecretRef == nil && k.ClusterProfileRef == nil {
			k.SecretRef = &cluster.SecretReference{}
		}
	}
	return all, nil
}

// MissingError is a cluster that the hub does not keep.
type MissingError struct {
	Name string
	Ref  Ref
	// Known are the clusters that it keeps.
	Known []string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("cluster %q not found on the hub %s%s", e.Name, e.Ref, suggest.OrOneOf(e.Name, e.Known))
}

// Resolve returns the status that the hub keeps of the cluster with the request's
// name, or a *[MissingError].
func (h *Hub) Resolve(_ context.Context, req cluster.Request) (cluster.Observation, error) {
	c, err := h.find(req)
	if err != nil {
		return cluster.Observation{}, err
	}
	obs := cluster.Restored(c.status)
	switch s := &obs.Status; {
	case s.Error != "":
	case !s.Connected():
		s.Error = "the hub has not checked it yet: see whether sextant-controller runs"
	case s.ObservedGeneration != 0 && s.ObservedGeneration < c.generation:
		// What was observed may be another cluster.
		s.Error = "the hub has not checked it since its spec was changed: see whether sextant-controller runs"
	}
	return obs, nil
}

// Immediate reports that Resolve returns at once: the hub was read by Open.
func (h *Hub) Immediate() bool { return true }

// Knows returns a *[MissingError] for a cluster that the hub does not keep.
func (h *Hub) Knows(req cluster.Request) error {
	_, err := h.find(req)
	return err
}

func (h *Hub) find(req cluster.Request) (*kept, error) {
	if req.Connection.Docker != nil {
		return nil, fmt.Errorf("cluster %q: a hub keeps no Docker daemons: leave --clusters-from out for a script that declares one", req.Name)
	}
	i := h.index(req.Name)
	if i < 0 {
		known, _ := h.Contexts() // never an error
		return nil, &MissingError{Name: req.Name, Ref: h.ref, Known: known}
	}
	if k := req.Connection.Kubernetes; k != nil && k.Context != "" && k.SecretRef == nil && k.ClusterProfileRef == nil {
		if other := cluster.NameFromContext(k.Context); other != req.Name && h.index(other) >= 0 {
			return nil, fmt.Errorf("cluster %q is declared for context %q, and the hub %s keeps a cluster of either name: leave the context or the name out", req.Name, k.Context, h.ref)
		}
	}
	return h.clusters[i], nil
}

// index returns the index of the cluster of a name, -1 if there is none.
func (h *Hub) index(name string) int {
	i, found := slices.BinarySearchFunc(h.clusters, name, func(c *kept, name string) int { return strings.Compare(c.name, name) })
	if !found {
		return -1
	}
	return i
}

// CurrentContext fails: a hub has clusters, and none of them is the current one.
func (h *Hub) CurrentContext() (name, namespace string, err error) {
	return "", "", fmt.Errorf("the hub %s has no current context: name the cluster in the script", h.ref)
}

// Contexts returns the names of the clusters, sorted.
func (h *Hub) Contexts() ([]string, error) {
	names := make([]string, len(h.clusters))
	for i, c := range h.clusters {
		names[i] = c.name
	}
	return names, nil
}
