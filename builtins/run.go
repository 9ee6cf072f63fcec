package builtins

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"

	slmath "go.starlark.net/lib/math"
	sltime "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/builtins/internal/settings"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
)

// Run is the builtins' part of one run of one script. It serves as a plugin of
// the engine, once. It joins what the functions of each noun keep.
type Run struct {
	options Options
	ctx     context.Context
	script
	files files
	began bool
	ended bool // the script has

	// futures is written once by Begin and read by Pending from any goroutine.
	mu      sync.Mutex
	futures *cluster.Futures

	clusters clusters
	images   image.Declared // on any of the clusters, or found in their manifests
	registry defaultRegistry
	contexts contexts
	outputs  outputs
	warned   int // how many warnings came but those of warn(), shown or not
	config   settings.Set
	locators locators

	deliveries deliveries
	scanned    int64 // bytes of manifests
	explained  []Explanation
	result     *cluster.ClusterList
}

// New returns a plugin for one run.
func New(o Options) *Run {
	o.fill()
	return &Run{
		options: o, outputs: outputs{limit: o.Limits.Output}, contexts: contexts{catalog: o.Catalog},
	}
}

// Begin starts the run: it returns the names that scripts see. ctx ends every
// wait of the run; fsys is where scripts read.
func (r *Run) Begin(ctx context.Context, fsys fs.FS) (sl.StringDict, error) {
	if r.began {
		return nil, errors.New("builtins: a Run serves one run of an engine: make a new one")
	}
	r.began = true
	r.ctx = ctx
	r.files = files{fsys: fsys, ctx: ctx, script: &r.script, root: r.options.Dir, limit: r.options.Limits.FileSize}
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
		if err := r.clusters.check(r.options.Cluster); err != nil {
			return err
		}
	}
	list, err := r.list()
	if err != nil {
		return err
	}
	if len(r.options.Explain) > 0 {
		if err := r.clusters.check(""); err != nil {
			return err
		}
	}
	if r.explained, err = explainAll(r.concerned(), r.options.Explain); err != nil {
		return err
	}
	if err := r.deliveries.scan(&r.clusters, r.options.Cluster); err != nil {
		return err
	}
	for _, w := range clusterWarnings(r.concerned()) {
		r.warnf(w.Position, "%s", w.Text)
	}
	for _, c := range r.concerned() {
		for _, w := range c.wanted.unused() {
			r.warnf(w.Position, "no manifest of cluster %q uses %s", c.decl.Name, w.Text)
		}
	}
	if len(r.options.Args) > 0 && r.config.Parsed.IsZero() { // one may be a secret, so they are not shown
		r.warnf(diag.Position{}, "the values after -- have no effect: the script does not call config.parse()")
	}
	r.result = list
	return nil
}

// list waits for the clusters that the result is about.
func (r *Run) list() (*cluster.ClusterList, error) {
	list := cluster.NewList(nil)
	if read := &r.contexts.read; read.Contexts != nil || read.Current != nil {
		list.Kubeconfig = read
	}
	concerned := r.concerned()
	list.Items = make([]cluster.Cluster, 0, len(concerned))
	for _, c := range concerned {
		object, err := c.object()
		if err != nil {
			return nil, c.site.fault(err)
		}
		list.Items = append(list.Items, object)
	}
	return list, nil
}

// concerned returns the clusters that the result is about.
func (r *Run) concerned() []*clusterValue { return r.clusters.selected(r.options.Cluster) }

// Clusters returns the declared clusters that the result is about with their statuses,
// in the order of declaration. It is nil until the run has ended well, or with
// Options.KeepClusters until it has ended.
func (r *Run) Clusters() *cluster.ClusterList { return r.result }

// Declarations returns what the script declared of its clusters, in order. The run
// must have ended.
func (r *Run) Declarations() []cluster.Declaration {
	all := make([]cluster.Declaration, len(r.clusters.all))
	for i, c := range r.clusters.all {
		all[i] = *c.final()
	}
	return all
}

// Observed returns the names of the clusters of which the script read something
// that was observed: if that changes, the script may declare something else.
func (r *Run) Observed() []string {
	var names []string
	for _, c := range r.clusters.all {
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

// Outputs returns what the script declared with output(), in order.
func (r *Run) Outputs() []Output { return r.outputs.all }

// Explanations returns an explanation for each image of Options.Explain on each
// cluster that is connected, in the order of declaration.
func (r *Run) Explanations() []Explanation { return r.explained }

// Repositories returns the repositories that the images of the result are pushed to,
// declared, found in manifests or asked about, sorted. The run must have ended well.
func (r *Run) Repositories() []string {
	all := map[string]bool{}
	for _, c := range r.concerned() {
		if c.images != nil {
			maps.Copy(all, c.images.repositories)
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Render writes the manifests of the named cluster, "" for the only one that
// has any. It fails with a [NotReadyError] if that is not connected. The run
// must have ended well, and its files must still be open.
func (r *Run) Render(w io.Writer, name string) error {
	chosen, err := r.deliveries.of(name, &r.clusters)
	if err != nil {
		return err
	}
	return chosen.render(w)
}

// Changed reports whether rendering the named cluster changes any byte.
func (r *Run) Changed(name string) (bool, error) {
	chosen, err := r.deliveries.of(name, &r.clusters)
	return chosen.changed(), err
}

// Rendered returns the names of the clusters that there are manifests for, in the
// order in which they were given.
func (r *Run) Rendered() []string { return r.deliveries.clusters() }

// Target returns the cluster of a name as a program may reach it, and fails if it is
// not connected or if the guard holds it; "" is the only one that manifests are for.
// The run must have ended well.
func (r *Run) Target(name string) (*cluster.Cluster, error) {
	if name == "" {
		deliveries, err := r.deliveries.of("", &r.clusters)
		if err != nil {
			return nil, err
		}
		if len(deliveries) == 0 {
			return nil, errors.New("the script has no manifests: add k8s_yaml()")
		}
		name = deliveries[0].cluster.decl.Name
	}
	if err := r.clusters.check(name); err != nil {
		return nil, err
	}
	c := r.clusters.named(name)
	if _, err := c.ready(); err != nil {
		return nil, err
	}
	if err := c.mayReach(); err != nil {
		return nil, err
	}
	object, err := c.object()
	return &object, err
}

// enter begins a call.
func (r *Run) enter(c *call) error {
	r.thread = c.Thread
	if c.Declares() && r.ended {
		return c.Errorf("too late: the script has ended, and only a function that it gave is still called; call this at the top of the script")
	}
	return nil
}
