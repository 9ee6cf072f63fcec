//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 object crd paths=. output:crd:dir=../controller/internal/manifests

// Package cluster holds what Sextant knows of clusters: the API types of
// tilt.dev/v1alpha1, the Resolver that observes a cluster, the Future of an
// observation under way, and the rule that picks a cluster's registry.
//
// The way of the data: a [Request] (a name and a connection) goes to a
// [Resolver], which answers with an [Observation] (a status, and when the
// credentials expire). [Futures] starts resolutions and
// owns their goroutines. [Declaration.Object] joins what was declared and what
// was observed into the [Cluster] that is printed.
//
// # Resolvers
//
// Resolvers compose. A live run uses
//
//	cluster.Share(cluster.Limit(cluster.Timeout(live, 10*time.Second), 64), nil)
//
// where live is a [ByKind] of cluster/kube and cluster/docker. [Record] keeps
// the answers of any resolver and [Replay] returns them again; [Log] writes
// them to a log/slog logger; a [ResolverFunc] is a fake. All fit in the same
// places. A [Catalog] answers what needs no connection, such as the current
// context; the live Kubernetes resolver and Replay are both.
//
// A cluster that cannot be reached is not a Go error: Status.Error is why. A Go
// error, such as [*NotRecordedError], fails the run.
//
// # What it does not do
//
// It never connects to anything, reads no file, and knows nothing of Starlark.
//
// +groupName=tilt.dev
// +versionName=v1alpha1
package cluster
