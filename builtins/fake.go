package builtins

import (
	"cmp"
	"slices"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// testFunctions are the functions that only a run with [Options.Fakes] has.
var testFunctions = sync.OnceValue(func() *table.Table[*Run] {
	return table.New(row{
		Name: "fake_cluster", Returns: "Cluster", Declares: true, Define: fakeCluster,
		Doc: "Declares a Kubernetes cluster whose status is the one that the arguments describe. Nothing is connected to.",
	})
})

// DescribeFakes returns what package analysis knows of the functions that
// [Options.Fakes] adds.
func DescribeFakes() analysis.Rows { return table.Describe(testFunctions().Functions(), nil) }

// sourceOf accepts where a registry comes from, as a cluster reports it.
var sourceOf = table.OneOf(table.Str, "", cluster.SourceConfigMap, cluster.SourceMicroK8s, cluster.SourceNodeAnnotation, cluster.SourceNone, cluster.SourceUnknown)

// fakeArgs are the parameters of fake_cluster that are its status.
type fakeArgs struct {
	err, arch, archReason, version, product, source, reason table.Arg[string]
	architectures                                           table.Arg[[]string]
	registry                                                table.Arg[*cluster.RegistryHosting]
}

func fakeCluster(p *params) body {
	var args clusterArgs
	var f fakeArgs
	context := table.Optional(p, "context", table.Str, sl.String("fake"), "The kubeconfig context.")
	f.err = table.Optional(p, "error", table.Str, sl.String(""), "Why the cluster is not connected; empty is connected.")
	f.arch = table.Optional(p, "arch", table.Str, sl.String("amd64"), "The architecture of most nodes, or unknown.")
	f.architectures = table.Optional(p, "architectures", table.OneOrMore, sl.NewList(nil), "The architectures of all nodes; empty is arch.")
	f.archReason = table.Optional(p, "arch_reason", table.Str, sl.String(""), "What qualifies arch: forbidden, no-nodes, or unreadable and the cause.")
	f.version = table.Optional(p, "version", table.Str, sl.String("v1.34.0"), "The server's version.")
	f.product = table.Optional(p, "product", productOf, sl.String("kind"), "The distribution.")
	f.registry = table.Optional(p, "registry", registryOf, sl.None, "The registry that the cluster advertises: a Registry or a host.")
	f.source = table.Optional(p, "registry_source", sourceOf, sl.String(""), "Where the registry comes from; empty is configmap, or none without one.")
	f.reason = table.Optional(p, "registry_reason", table.Str, sl.String(""), "What qualifies registry_source: forbidden, or why it is unknown.")
	namespace := table.Optional(p, "namespace", table.Str, sl.String(""), "The namespace; empty is default.")
	name := table.Optional(p, "name", table.Str, sl.String(""), "The cluster's name; empty makes one of the context.")
	args.registry = table.Optional(p, "default_registry", registryOf, sl.None, "The declared registry.")
	prefer := table.Optional(p, "prefer_registry", preferenceOf, sl.String("discovered"), "Which registry wins.")
	args.naming = table.Optional(p, "naming", namingOf, sl.String("flat"), "How image names are made below the registry.")
	args.metadata(p)
	return func(r *Run, c *call) (sl.Value, error) {
		decl := cluster.Declaration{
			Name: cmp.Or(name.Of(c), cluster.NameFromContext(context.Of(c))),
			Spec: cluster.ClusterSpec{
				Connection:      cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{Context: context.Of(c), Namespace: namespace.Of(c)}},
				DefaultRegistry: args.registry.Of(c),
			},
			Labels: args.labels.Of(c).Map(), Annotations: args.annotations.Of(c).Map(),
			Prefer: prefer.Of(c),
		}
		status, err := f.status(c)
		if err != nil {
			return nil, err
		}
		if err := r.checkDeclaration(c, &decl); err != nil {
			return nil, err
		}
		status.Connection.Kubernetes.Cluster, status.Connection.Kubernetes.Context = decl.Name, context.Of(c)
		status.Connection.Kubernetes.Namespace = cmp.Or(namespace.Of(c), "default")
		return r.addCluster(decl, args.naming.Of(c).of(&r.script), cluster.Observed(decl.Name, *status, r.options.Fakes)), nil
	}
}

// status is the status that the arguments describe, without what the declaration
// decides.
func (f *fakeArgs) status(c *call) (*cluster.ClusterStatus, error) {
	status := &cluster.ClusterStatus{
		Connection:    &cluster.ClusterConnectionStatus{Kubernetes: &cluster.KubernetesClusterConnectionStatus{Product: f.product.Of(c)}},
		ProductReason: cluster.ProductKubeconfig,
		Error:         f.err.Of(c),
	}
	if p := status.Connection.Kubernetes; p.Product == "" || p.Product == cluster.ProductUnknown {
		p.Product, status.ProductReason = cluster.ProductUnknown, cluster.ProductNoRule
	}
	if status.Error != "" {
		for _, arg := range []interface {
			Given(*call) bool
			Name() string
		}{f.arch, f.architectures, f.archReason, f.version, f.registry, f.source, f.reason} {
			if arg.Given(c) {
				return nil, c.Errorf("a cluster with an error has no %s: it did not answer", arg.Name())
			}
		}
		return status, nil
	}
	status.Version = f.version.Of(c)
	f.nodes(c, status)
	return status, f.advertise(c, status)
}

// nodes sets what the nodes reported.
func (f *fakeArgs) nodes(c *call, status *cluster.ClusterStatus) {
	status.Arch, status.ArchReason = f.arch.Of(c), f.archReason.Of(c)
	status.Architectures = slices.Clone(f.architectures.Of(c))
	slices.Sort(status.Architectures)
	if len(status.Architectures) > 0 && !f.arch.Given(c) {
		status.Arch = status.Architectures[0]
	}
	switch {
	case status.Arch == cluster.ArchUnknown:
		status.Architectures = nil
		status.ArchReason = cmp.Or(status.ArchReason, cluster.ReasonNoNodes)
	case len(status.Architectures) == 0:
		status.Architectures = []string{status.Arch}
	case len(status.Architectures) > 1:
		status.ArchReason = cmp.Or(status.ArchReason, cluster.ReasonMixed)
	}
}

// advertise sets the registry.
func (f *fakeArgs) advertise(c *call, status *cluster.ClusterStatus) error {
	status.Registry, status.RegistrySource, status.RegistryReason = f.registry.Of(c), f.source.Of(c), f.reason.Of(c)
	none := status.RegistrySource == cluster.SourceNone || status.RegistrySource == cluster.SourceUnknown
	switch {
	case status.RegistrySource == "" && status.Registry == nil:
		status.RegistrySource = cluster.SourceNone
	case status.RegistrySource == "":
		status.RegistrySource = cluster.SourceConfigMap
	case none && status.Registry != nil:
		return f.source.Errorf(c, "a cluster whose registry is %s has none: leave %s out", status.RegistrySource, f.registry.Name())
	case !none && status.Registry == nil:
		return f.source.Errorf(c, "it needs %s", f.registry.Name())
	}
	if status.RegistrySource == cluster.SourceUnknown {
		status.RegistryReason = cmp.Or(status.RegistryReason, cluster.ReasonUnreadable+"the fake cluster does not report it")
	}
	return nil
}
