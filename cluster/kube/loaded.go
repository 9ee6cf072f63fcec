package kube

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// Loaded is a kubeconfig that was read, for several resolvers at different times:
// what one of them sees, all see, whatever happens to the files meanwhile. It
// holds the user's secrets, and is safe for concurrent use.
type Loaded struct{ kubeconfig *kubeconfig }

// Load reads the kubeconfig that a [Resolver] of these options would read. If
// that fails, it returns the failure beside a Loaded that holds no context, whose
// resolvers report it.
func Load(ctx context.Context, o Options) (*Loaded, error) {
	k := newKubeconfig(&o)
	_, err := k.load(ctx)
	return &Loaded{k}, err
}

// Files are the files that a kubeconfig of these options is read from, whether
// they are there or not.
func Files(o Options) []string {
	if o.Config != nil {
		return nil
	}
	files, _ := newKubeconfig(&o).files()
	return files
}

// Fingerprint is equal for two kubeconfigs with the same content.
func (l *Loaded) Fingerprint() string {
	c := l.kubeconfig.config
	return fingerprint(l.kubeconfig.origin, c.CurrentContext, c.Contexts, c.Clusters, c.AuthInfos)
}

// Digest is equal for two kubeconfigs that have the same entries for a context;
// "" is the current context. It is "" if the context is not there.
func (l *Loaded) Digest(name string) string {
	c := l.kubeconfig.config
	if name == "" {
		name = c.CurrentContext
	}
	entry := c.Contexts[name]
	if entry == nil {
		return ""
	}
	return fingerprint(l.kubeconfig.origin, name, entry, c.Clusters[entry.Cluster], c.AuthInfos[entry.AuthInfo])
}

// Contexts is how many contexts there are.
func (l *Loaded) Contexts() int { return len(l.kubeconfig.config.Contexts) }

// fingerprint is a hash: what it is of holds secrets.
func fingerprint(parts ...any) string {
	hash := sha256.New()
	e := json.NewEncoder(hash)
	for _, part := range parts {
		if err := e.Encode(part); err != nil {
			panic(err) // the entries of a kubeconfig were read as JSON
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// Lost returns the contexts of l of which the newer kubeconfig lacks something, be
// it a field of their user, sorted: a file that is being written lacks such things.
func (l *Loaded) Lost(newer *Loaded) []string {
	before, after := l.kubeconfig.config, newer.kubeconfig.config
	var lost []string
	for _, name := range slices.Sorted(maps.Keys(before.Contexts)) {
		old, now := before.Contexts[name], after.Contexts[name]
		if now == nil || lacks(old, now) ||
			lacks(before.Clusters[old.Cluster], after.Clusters[now.Cluster]) ||
			lacks(before.AuthInfos[old.AuthInfo], after.AuthInfos[now.AuthInfo]) {
			lost = append(lost, name)
		}
	}
	return lost
}

// lacks reports whether an entry of a kubeconfig lacks a field that another has.
func lacks[T any](before, after *T) bool {
	if before == nil || after == nil {
		return before != nil
	}
	fields, left := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for i := range fields.NumField() {
		if !fields.Field(i).IsZero() && left.Field(i).IsZero() {
			return true
		}
	}
	return false
}
