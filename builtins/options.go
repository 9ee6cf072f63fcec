package builtins

import (
	"cmp"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
)

// Options configure one run. The zero value runs scripts that declare no
// cluster.
type Options struct {
	// Resolver observes the clusters. Nil fails the declaration of any.
	Resolver cluster.Resolver
	// Catalog answers what needs no connection. Nil knows no context.
	Catalog cluster.Catalog
	// Env is the environment that scripts see, KEY=VALUE each.
	Env []string
	// Args are the values for config.parse().
	Args []string
	// Dir is what os.getcwd() returns; "" is "/".
	Dir string
	// Exec runs programs for local(), kustomize() and helm(). Nil fails them.
	Exec Executor
	// Cluster, if not empty, names the one cluster that the result is about. The end
	// of the script waits for no other, and no other can fail it.
	Cluster string
	// KeepClusters keeps the clusters that a script declared before it failed, for
	// one that looks for the reason: [Run.Clusters] returns them.
	KeepClusters bool
	// Explain are images to name on each cluster when the script is done; see
	// [Run.Explanations].
	Explain []string
	// OnImage receives each image that manifests hold, in order. Nil costs
	// nothing.
	OnImage func(FoundImage)
	// OnName receives each image that the script names: where, and on which
	// cluster. Nil costs nothing.
	OnName func(at diag.Position, cluster string, names image.Names)
	// Warn takes each warning, in the order of the script. Nil drops them.
	Warn func(Warning)
	// Limits bound what a script may ask for.
	Limits Limits
	// Fakes, if not zero, adds fake_cluster, for tests of scripts: it is when those
	// clusters answered.
	Fakes time.Time
}

// fill sets the fields that have a default and are zero.
func (o *Options) fill() {
	l := &o.Limits
	l.FileSize = cmp.Or(l.FileSize, DefaultFileSize)
	l.Clusters = cmp.Or(l.Clusters, DefaultClusters)
	l.Output = cmp.Or(l.Output, DefaultOutput)
	l.Manifests = cmp.Or(l.Manifests, DefaultManifests)
	o.Dir = cmp.Or(o.Dir, "/")
	if o.Resolver == nil {
		o.Resolver = cluster.ByKind{}
	}
}

// Limits bound what one run may ask for. Zero fields take the defaults.
type Limits struct {
	// FileSize is the most bytes that one file may have; [DefaultFileSize].
	FileSize int64
	// Clusters is the most clusters one script may declare; [DefaultClusters].
	Clusters int
	// Output is the most bytes that output() and warn() may take together, and
	// the most that one value may have when it is encoded; [DefaultOutput].
	Output int64
	// Manifests is the most bytes of manifests that k8s_yaml() may be given in
	// all; [DefaultManifests].
	Manifests int64
}

// Defaults of [Limits].
const (
	DefaultFileSize  = 64 << 20 // 64 MiB
	DefaultClusters  = 10_000
	DefaultOutput    = 64 << 20 // 64 MiB
	DefaultManifests = 1 << 30  // 1 GiB
)
