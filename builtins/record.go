package builtins

import (
	"fmt"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark/convert"
)

// recordAttributes documents the records that cluster.spec and cluster.status are.
// What they hold is the API types'.
func recordAttributes() []Attribute {
	row := func(of, name, typ, doc string) Attribute { return Attribute{Of: of, Name: name, Type: typ, Doc: doc} }
	return []Attribute{
		row("ClusterSpec", "connection", "ClusterConnection", "How the cluster is reached."),
		row("ClusterSpec", "default_registry", "Registry | None", "The declared registry: the cluster's own, else that of default_registry()."),
		row("ClusterConnection", "kubernetes", "KubernetesClusterConnection | None", "The connection of a Kubernetes cluster."),
		row("ClusterConnection", "docker", "DockerClusterConnection | None", "The connection of a Docker daemon."),
		row("KubernetesClusterConnection", "context", "str", "The declared context; empty is the kubeconfig's current one."),
		row("KubernetesClusterConnection", "namespace", "str", "The declared namespace; empty is the context's."),
		row("DockerClusterConnection", "host", "str", "The declared host; empty is that of the environment."),
		row("ClusterStatus", "arch", "str", "The architecture most nodes have, as GOARCH names it, or unknown."),
		row("ClusterStatus", "connected_at", "time.time | None", "When the first answer came; None where the cluster is not connected."),
		row("ClusterStatus", "connection", "ClusterConnectionStatus", "What the connection turned out to be."),
		row("ClusterStatus", "error", "str", "Why the cluster is not connected, empty where it is."),
		row("ClusterStatus", "registry", "RegistryHosting | None", "The registry that the cluster advertises, with the attributes of Registry; Cluster.registry is the one in effect."),
		row("ClusterStatus", "version", "str", "The server's own version."),
		row("ClusterConnectionStatus", "kubernetes", "KubernetesClusterConnectionStatus | None", "What the kubeconfig says of a Kubernetes cluster."),
		row("KubernetesClusterConnectionStatus", "cluster", "str", "The context's cluster entry."),
		row("KubernetesClusterConnectionStatus", "context", "str", "The context that was used."),
		row("KubernetesClusterConnectionStatus", "namespace", "str", "The declared namespace, else the context's, else default."),
		row("KubernetesClusterConnectionStatus", "product", "str", "The distribution, as kind, eks or unknown."),
	}
}

// recordOf makes the record of a pointer to a struct.
func recordOf(v any) (*convert.Record, error) {
	value, err := convert.FromGo(v)
	if err != nil {
		return nil, err
	}
	record, ok := value.(*convert.Record)
	if !ok {
		return nil, fmt.Errorf("%T makes a %s, not a record", v, value.Type())
	}
	return record, nil
}

// specValue is the spec record of a cluster, but for default_registry: that
// one may come from default_registry(), which may yet be called.
type specValue struct {
	*convert.Record
	cluster *clusterValue
}

// statusValue is the status record of a cluster. Scripts may read more of it
// than the API object has, which encoding leaves out.
type statusValue struct {
	*convert.Record
	status *cluster.ClusterStatus
}

var (
	_ sl.HasAttrs   = (*specValue)(nil)
	_ sl.Comparable = (*specValue)(nil)
	_ sl.HasAttrs   = (*statusValue)(nil)
	_ sl.Comparable = (*statusValue)(nil)
)

// Attr reads an attribute of the declaration.
func (s *specValue) Attr(name string) (sl.Value, error) {
	if name != "default_registry" {
		return s.Record.Attr(name)
	}
	return registryOrNone(s.cluster.declaration("the declared registry of cluster " + s.cluster.decl.Name).Spec.DefaultRegistry), nil
}

// whole is the spec with its registry, which is settled by that.
func (s *specValue) whole() *cluster.ClusterSpec {
	return &s.cluster.declaration("the spec of cluster " + s.cluster.decl.Name).Spec
}

// apiObject makes a spec encode as the API's.
func (s *specValue) apiObject() (any, error) { return s.whole(), nil }

// String shows the spec as it stands. Printing alone settles nothing.
func (s *specValue) String() string {
	record, err := recordOf(&s.cluster.final().Spec)
	if err != nil {
		return s.Record.String()
	}
	return record.String()
}

// CompareSameType makes equal declarations equal.
func (s *specValue) CompareSameType(op syntax.Token, other sl.Value, depth int) (bool, error) {
	own, err := recordOf(s.whole())
	if err != nil {
		return false, err
	}
	others, err := recordOf(other.(*specValue).whole())
	if err != nil {
		return false, err
	}
	return own.CompareSameType(op, others, depth)
}

// apiObject makes a status encode as the API's.
func (s *statusValue) apiObject() (any, error) { return s.status, nil }

// CompareSameType makes equal observations equal.
func (s *statusValue) CompareSameType(op syntax.Token, other sl.Value, depth int) (bool, error) {
	return s.Record.CompareSameType(op, other.(*statusValue).Record, depth)
}
