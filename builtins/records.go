package builtins

import (
	"fmt"
	"reflect"
	"sync"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark/convert"
)

// recordRow is the row of a field of an API type: its name is the JSON name in
// snake case.
func recordRow(name, typ, doc string) table.Getter[*convert.Record] {
	return table.Getter[*convert.Record]{
		Name: name, Type: typ, Doc: doc,
		Get: func(r *convert.Record) (sl.Value, error) { return r.Attr(name) },
	}
}

// recordsOf makes the attributes of the API type T.
func recordsOf[T any](rows ...table.Getter[*convert.Record]) *table.Attributes[*convert.Record] {
	return table.NewAttributes(reflect.TypeFor[T]().Name(), rows...)
}

// recordAttributes are the attributes of the records that cluster.spec and
// cluster.status are made of.
var recordAttributes = sync.OnceValue(func() []*table.Attributes[*convert.Record] {
	return []*table.Attributes[*convert.Record]{
		recordsOf[cluster.ClusterSpec](
			recordRow("connection", "ClusterConnection", "How the cluster is reached."),
			recordRow("default_registry", "Registry | None", "The declared registry: the cluster's own, else that of default_registry()."),
		),
		recordsOf[cluster.ClusterConnection](
			recordRow("kubernetes", "KubernetesClusterConnection | None", "The connection of a Kubernetes cluster."),
			recordRow("docker", "DockerClusterConnection | None", "The connection of a Docker daemon."),
		),
		recordsOf[cluster.KubernetesClusterConnection](
			recordRow("context", "str", "The declared context; empty is the kubeconfig's current one."),
			recordRow("namespace", "str", "The declared namespace; empty is the context's."),
			recordRow("secret_ref", "SecretReference | None", "The Secret with the kubeconfig, of a cluster kept on a hub."),
			recordRow("cluster_profile_ref", "ClusterProfileReference | None", "The ClusterProfile, of a cluster kept on a hub."),
		),
		recordsOf[cluster.SecretReference](
			recordRow("name", "str", "The Secret's name."),
			recordRow("key", "str", "The key of the kubeconfig in the Secret's data."),
		),
		recordsOf[cluster.ClusterProfileReference](
			recordRow("name", "str", "The ClusterProfile's name."),
		),
		recordsOf[cluster.DockerClusterConnection](
			recordRow("host", "str", "The declared host; empty is that of the environment."),
		),
		recordsOf[cluster.ClusterStatus](
			recordRow("arch", "str", "The architecture most nodes have, as GOARCH names it, or unknown."),
			recordRow("architectures", "list[str]", "The architectures of the nodes that pods run on, sorted."),
			recordRow("arch_reason", "str", "What qualifies arch: forbidden, no-nodes, mixed, or unreadable and the cause."),
			recordRow("conditions", "list[Condition]", "The conditions of a status that is kept up to date; empty if it was read once."),
			recordRow("connected_at", "time.time | None", "When the first answer came; None if the cluster is not connected."),
			recordRow("connection", "ClusterConnectionStatus", "What the connection turned out to be."),
			recordRow("endpoint", "str", "The address that was asked."),
			recordRow("error", "str", "Why the cluster is not connected; empty if it is."),
			recordRow("identity", "str", "The UID of namespace kube-system, or the Docker daemon's ID; empty if it could not be read."),
			recordRow("observed_generation", "int", "The metadata.generation that the status is about, or 0."),
			recordRow("product_reason", "str", "The rule that named the product: declared, kubeconfig, server-version or no-rule."),
			recordRow("registry", "RegistryHosting | None", "The registry that the cluster advertises, with the attributes of Registry; Cluster.registry is the one in effect."),
			recordRow("registry_reason", "str", "What qualifies registry_source: forbidden, or why it is unknown, or empty."),
			recordRow("registry_source", "str", "Where the advertised registry comes from, or unknown; Cluster.registry_source is that of the one in effect."),
			recordRow("version", "str", "The server's own version."),
			recordRow("warnings", "list[str]", "Lines for the user: what was found and could not be used, or is not safe."),
		),
		table.NewAttributes("Condition",
			recordRow("type", "str", "What the condition is about: Connected."),
			recordRow("status", "str", "True, False or Unknown."),
			recordRow("observed_generation", "int", "The metadata.generation that the condition is about, or 0."),
			recordRow("last_transition_time", "time.time | None", "When the status last changed."),
			recordRow("reason", "str", "The cause in one word."),
			recordRow("message", "str", "The cause in one line."),
		),
		recordsOf[cluster.ClusterConnectionStatus](
			recordRow("kubernetes", "KubernetesClusterConnectionStatus | None", "What the kubeconfig has of a Kubernetes cluster."),
		),
		recordsOf[cluster.KubernetesClusterConnectionStatus](
			recordRow("cluster", "str", "The context's cluster entry."),
			recordRow("context", "str", "The context that was used."),
			recordRow("namespace", "str", "The declared namespace, else the context's, else default."),
			recordRow("product", "str", "The distribution, as kind, eks or unknown."),
		),
	}
})

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

// Object makes a spec encode as the API's.
func (s *specValue) Object() (any, error) { return s.whole(), nil }

// String shows the spec as it is. Printing alone settles nothing.
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

// Object makes a status encode as the API's.
func (s *statusValue) Object() (any, error) { return s.status, nil }

// CompareSameType makes equal observations equal.
func (s *statusValue) CompareSameType(op syntax.Token, other sl.Value, depth int) (bool, error) {
	return s.Record.CompareSameType(op, other.(*statusValue).Record, depth)
}
