package builtins

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// delivery is one k8s_yaml call: manifests for a cluster. They are read when
// the script is done, so that images may be declared after it.
type delivery struct {
	site    site
	cluster *clusterValue
	// implied is set if the cluster is meant because there is no other.
	implied         bool
	sources         []source
	rewriting       *rewriting
	allowDuplicates bool

	plans []*manifest.Plan
	// blocked is why there are no plans: a [NotReadyError], or a
	// [cluster.UnknownRegistryError].
	blocked error
}

// deliveries are the manifests of a run, in the order of the calls that added them.
type deliveries []*delivery

// scan plans the edits of each delivery to the selected cluster, the first half of
// rendering. One to a cluster whose names cannot be known is blocked; the others are
// not affected.
func (ds deliveries) scan(declared *clusters, selected string) error {
	for _, d := range ds {
		if selected != "" && selected != d.cluster.decl.Name {
			continue
		}
		if others := declared.kubernetes(); d.implied && (len(others) > 1 || len(others) == 1 && others[0] != d.cluster) {
			return d.site.fault(fmt.Errorf("k8s_yaml: cluster %q was the only one here, and others were declared later: give cluster=, one of %s",
				d.cluster.decl.Name, suggest.Quoted(declared.names())))
		}
		err := d.scan()
		if errors.As(err, new(*NotReadyError)) || errors.As(err, new(*cluster.UnknownRegistryError)) {
			d.blocked = err
		} else if err != nil {
			return d.site.fault(fmt.Errorf("k8s_yaml: %w", err))
		}
	}
	return nil
}

// clusters returns the names of the clusters that there are manifests for, in the
// order in which they were given.
func (ds deliveries) clusters() []string {
	var names []string
	for _, d := range ds {
		if own := d.cluster.decl.Name; !slices.Contains(names, own) {
			names = append(names, own)
		}
	}
	return names
}

// of returns what is for one declared cluster, "" for the only one that has any. It
// fails if that is not connected.
func (ds deliveries) of(name string, declared *clusters) (deliveries, error) {
	var out deliveries
	names := ds.clusters()
	for _, d := range ds {
		if name == "" || name == d.cluster.decl.Name {
			out = append(out, d)
		}
	}
	switch {
	case name == "" && len(names) > 1:
		return nil, &SeveralClustersError{Names: names}
	case name != "" && len(out) == 0:
		if err := declared.check(name); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("the script passes no manifests to k8s_yaml() for cluster %q%s", name, suggest.OrOneOf(name, names))
	}
	for _, d := range out {
		if d.blocked != nil {
			return nil, d.blocked
		}
	}
	return out, nil
}

// render writes all as one stream.
func (ds deliveries) render(w io.Writer) error {
	first, ended := true, true
	for _, d := range ds {
		for i, plan := range d.plans {
			if plan.Size == 0 {
				continue
			}
			if err := separate(w, first, ended, plan); err != nil {
				return err
			}
			if !first {
				plan = plan.WithoutBOM()
			}
			if err := d.sources[i].copy(w, plan); err != nil {
				return err
			}
			first, ended = false, plan.NewlineAtEnd
		}
	}
	return nil
}

// changed reports whether rendering changes any byte.
func (ds deliveries) changed() bool {
	return slices.ContainsFunc(ds, func(d *delivery) bool { return slices.ContainsFunc(d.plans, (*manifest.Plan).Changed) })
}

func (d *delivery) scan() error {
	// Even if no image changes, the cluster must be ready: its namespace
	// identifies which objects are the same.
	used := d.cluster.usedRegistry
	if _, err := d.cluster.namesForManifests(); err != nil {
		return err
	}
	if len(d.cluster.wanted.all) == 0 && d.rewriting.rest == leaveRest {
		d.cluster.usedRegistry = used // no image is named for it
	}
	for _, s := range d.sources {
		plan, err := d.plan(s)
		if err != nil {
			return err
		}
		d.cluster.run.warnPlan(plan)
		d.plans = append(d.plans, plan)
	}
	return nil
}

func (d *delivery) plan(s source) (*manifest.Plan, error) {
	options := d.rewriting.options(s.name)
	options.Index = d.cluster.index()
	if !d.allowDuplicates {
		options.OnDuplicate = func(o manifest.Object, first diag.Position) error {
			if o.Position == first {
				return fmt.Errorf("duplicate %s %q: k8s_yaml got %s before; allow_duplicates=True permits it", o.Kind, o.Name, s.name)
			}
			return fmt.Errorf("duplicate %s %q: the first is at %s; allow_duplicates=True permits it", o.Kind, o.Name, first)
		}
	}
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return manifest.Scan(&scanned{f, d.cluster.run, s.name}, options)
}

// scanned reads manifests while the run lasts, up to its limit.
type scanned struct {
	io.Reader
	run  *Run
	name string
}

func (s *scanned) Read(p []byte) (int, error) {
	if err := s.run.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.Reader.Read(p)
	s.run.scanned += int64(n)
	if most := s.run.options.Limits.Manifests; s.run.scanned > most {
		return n, &diag.LimitError{Limit: diag.LimitManifests, Max: uint64(most), Where: s.name}
	}
	return n, err
}

// separate writes what two inputs need between them to be one stream.
func separate(w io.Writer, first, ended bool, next *manifest.Plan) error {
	between := ""
	if !ended {
		between = "\n"
	}
	switch {
	case first:
	case next.Directives:
		between += "...\n" // a directive needs the end of the document before it
	case !next.Marked:
		between += "---\n"
	}
	_, err := io.WriteString(w, between)
	return err
}

func (s source) copy(w io.Writer, plan *manifest.Plan) error {
	f, err := s.open()
	if err != nil {
		return err
	}
	defer f.Close()
	return plan.Copy(w, f)
}

// SeveralClustersError reports manifests for several clusters where those of one
// are wanted.
type SeveralClustersError struct{ Names []string }

func (e *SeveralClustersError) Error() string {
	return fmt.Sprintf("there are manifests for clusters %s: choose one", suggest.Quoted(e.Names))
}
