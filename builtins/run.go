package builtins

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	slmath "go.starlark.net/lib/math"
	sltime "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/builtins/internal/settings"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
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
	// Dir is what os.getcwd() says; "" is "/".
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
	DefaultFileSize  = 64 << 20
	DefaultClusters  = 10_000
	DefaultOutput    = 64 << 20
	DefaultManifests = 1 << 30
)

// Warning is one line for the user, with the place in the script it is about.
type Warning struct {
	// Position is in a script or a manifest, zero if no line is to blame.
	diag.Position
	// Text is one line.
	Text string
}

// String returns "position: warning: text".
func (w Warning) String() string {
	if w.IsZero() {
		return "warning: " + w.Text
	}
	return w.Position.String() + ": warning: " + w.Text
}

// Run is the builtins' part of one run of one script. It serves as a plugin of
// the engine, once.
type Run struct {
	options Options
	ctx     context.Context
	files   fs.FS
	thread  *sl.Thread
	began   bool
	ended   bool // the script has

	// futures is written once by Begin and read by Pending from any goroutine.
	mu      sync.Mutex
	futures *cluster.Futures

	clusters []*clusterValue // in the order of their declaration
	byName   map[string]*clusterValue
	// images are those on any of them, and found in their manifests.
	images   image.Declared
	registry defaultRegistry
	outputs  []Output
	places   map[string]diag.Position
	allowed  []string
	// kubeconfig is what the script has read of the kubeconfig itself.
	kubeconfig  cluster.KubeconfigFacts
	config      settings.Set
	deliveries  []*delivery
	locators    *manifest.Locators
	locatorRows []manifest.Locator
	explained   []Explanation
	told        int64 // bytes of outputs and warnings
	scanned     int64 // bytes of manifests
	result      *cluster.ClusterList
}

// New returns a plugin for one run.
func New(o Options) *Run {
	if o.Limits.FileSize == 0 {
		o.Limits.FileSize = DefaultFileSize
	}
	if o.Limits.Clusters == 0 {
		o.Limits.Clusters = DefaultClusters
	}
	if o.Limits.Output == 0 {
		o.Limits.Output = DefaultOutput
	}
	if o.Limits.Manifests == 0 {
		o.Limits.Manifests = DefaultManifests
	}
	if o.Dir == "" {
		o.Dir = "/"
	}
	if o.Resolver == nil {
		o.Resolver = cluster.ByKind{}
	}
	return &Run{options: o, places: map[string]diag.Position{}}
}

// Begin starts the run: it returns the names that scripts see. ctx ends every
// wait of the run; files is where scripts read.
func (r *Run) Begin(ctx context.Context, files fs.FS) (sl.StringDict, error) {
	if r.began {
		return nil, errors.New("builtins: a Run serves one run of an engine: make a new one")
	}
	r.began = true
	r.ctx, r.files = ctx, files
	r.mu.Lock()
	r.futures = cluster.NewFutures(ctx, r.options.Resolver)
	r.mu.Unlock()

	names := sl.StringDict{
		"math":   slmath.Module,
		"time":   sltime.Module,
		"struct": sl.NewBuiltin("struct", starlarkstruct.Make),
	}
	runFunctions().Declare(names, r, r.enter)
	if !r.options.Fakes.IsZero() {
		testFunctions().Declare(names, r, r.enter)
	}
	if err := osAttributes().Declare(names, r); err != nil {
		return nil, err
	}
	return names, nil
}

// End waits for every cluster that the result is about and settles the result. If
// the script failed, it cancels what still runs instead, or keeps the clusters if
// that is asked for. Nothing runs when it returns.
func (r *Run) End(err error) error {
	defer r.futures.Close()
	r.ended = true
	if err != nil {
		if r.options.KeepClusters {
			r.result, _ = r.list() // the failure of the script counts
		}
		return nil
	}
	if r.options.Cluster != "" {
		if err := r.has(r.options.Cluster); err != nil {
			return err
		}
	}
	list, err := r.list()
	if err != nil {
		return err
	}
	if err := r.explain(); err != nil {
		return err
	}
	if err := r.scan(); err != nil {
		return err
	}
	r.warnClusters()
	for _, c := range r.concerned() {
		c.warnUnused()
	}
	r.warnUnread()
	r.result = list
	return nil
}

// list waits for the clusters that the result is about.
func (r *Run) list() (*cluster.ClusterList, error) {
	list := cluster.NewList(nil)
	if r.kubeconfig.Contexts != nil || r.kubeconfig.Current != nil {
		list.Kubeconfig = &r.kubeconfig
	}
	for _, c := range r.concerned() {
		object, err := c.object()
		if err != nil {
			return nil, c.site.fault(err)
		}
		list.Items = append(list.Items, object)
	}
	return list, nil
}

// concerned returns the clusters that the result is about.
func (r *Run) concerned() []*clusterValue {
	if r.options.Cluster == "" {
		return r.clusters
	}
	if c := r.named(r.options.Cluster); c != nil {
		return []*clusterValue{c}
	}
	return nil
}

// named returns the cluster of a name, nil if there is none.
func (r *Run) named(name string) *clusterValue { return r.byName[name] }

// add adds a cluster whose name no other has.
func (r *Run) add(c *clusterValue) {
	r.clusters = append(r.clusters, c)
	if r.byName == nil {
		r.byName = map[string]*clusterValue{}
	}
	r.byName[c.decl.Name] = c
}

// Clusters returns the declared clusters that the result is about with their statuses, in the order of
// declaration. It is nil until the run has ended well, or with Options.KeepClusters until
// it has ended.
func (r *Run) Clusters() *cluster.ClusterList { return r.result }

// Declarations returns what the script declared of its clusters, in order. The run
// must have ended.
func (r *Run) Declarations() []cluster.Declaration {
	all := make([]cluster.Declaration, len(r.clusters))
	for i, c := range r.clusters {
		all[i] = *c.final()
	}
	return all
}

// Observed returns the names of the clusters of which the script read something
// that was observed: if that changes, the script may declare something else.
func (r *Run) Observed() []string {
	var names []string
	for _, c := range r.clusters {
		if c.read {
			names = append(names, c.decl.Name)
		}
	}
	return names
}

// Pending names the clusters still being resolved. Unlike everything else
// here, it may be called while the script runs.
func (r *Run) Pending() []string {
	r.mu.Lock()
	futures := r.futures
	r.mu.Unlock()
	if futures == nil {
		return nil
	}
	return futures.Pending()
}

func (r *Run) warnf(at diag.Position, format string, args ...any) {
	if r.options.Warn != nil {
		r.options.Warn(Warning{Position: at, Text: diag.Shortened(fmt.Sprintf(format, args...))})
	}
}

// here returns the place in the script that is being executed.
func (r *Run) here() diag.Position {
	for i := range r.thread.CallStackDepth() {
		if pos := r.thread.CallFrame(i).Pos; pos.Line > 0 {
			return diag.Position{File: pos.Filename(), Line: int(pos.Line), Column: int(pos.Col)}
		}
	}
	return diag.Position{}
}

// file returns the name of the script file that is being executed.
func (r *Run) file() string {
	for i := range r.thread.CallStackDepth() {
		if pos := r.thread.CallFrame(i).Pos; pos.Line > 0 {
			return pos.Filename()
		}
	}
	return ""
}

// site is a call in the script, for errors that show when the script is done.
type site struct {
	at    diag.Position
	stack sl.CallStack
}

// site returns the call that is being executed.
func (r *Run) site() site { return site{at: r.here(), stack: r.thread.CallStack()} }

// fault makes an error about the call, which the interpreter reports as the call's.
func (s site) fault(err error) error { return &siteError{stack: s.stack, err: err} }

type siteError struct {
	stack sl.CallStack
	err   error
}

func (e *siteError) Error() string           { return e.err.Error() }
func (e *siteError) Unwrap() error           { return e.err }
func (e *siteError) CallStack() sl.CallStack { return e.stack }
