package builtins

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/data"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

var (
	imagesOf = table.OneOf(table.Matching("", isImages), "list[str | Image] | None", "all", "undeclared")
	policyOf = table.OneOf(table.Parsed(manifest.ParsePullPolicy), "",
		string(manifest.PullKeep), string(manifest.PullIfNotPresent), string(manifest.PullNever), string(manifest.PullAlways))
	manifestsOf = table.Matching("str | Blob | dict | list of them", isManifests)
	objectsOf   = table.Matching("Blob | dict | list[dict]", isObjects)
)

// clusterOf accepts a Cluster; None is none, nil.
var clusterOf = table.OrNone(table.Type[*clusterValue]{Name: "Cluster", Convert: func(v sl.Value) (*clusterValue, error) {
	c, ok := v.(*clusterValue)
	if !ok {
		return nil, table.ErrType
	}
	return c, nil
}})

// rewriteArgs are what k8s_yaml and Cluster.rewrite have in common.
type rewriteArgs struct {
	images table.Arg[sl.Value]
	env    table.Arg[bool]
	policy table.Arg[manifest.PullPolicy]
}

func (a *rewriteArgs) which(p *params) {
	a.images = table.Optional(p, "images", imagesOf, sl.None, `Which images change: None for those declared with image(), a list of them, "all", or "undeclared" for all but the declared.`)
}

func (a *rewriteArgs) how(p *params) {
	a.env = table.Optional(p, "env", table.Bool, sl.False, "Whether env values and args that are image names change too.")
	a.policy = table.Optional(p, "pull_policy", policyOf, sl.String("keep"), "The imagePullPolicy of the containers that change.")
}

// manifestFunctions rewrite the images of manifests.
func manifestFunctions() []row {
	return []row{{
		Name: "k8s_yaml", Returns: "None", Declares: true,
		Doc:    "Adds manifests to what render prints, their images named for the cluster.",
		Define: k8sYAML,
	}}
}

func rewriteMethods() []method {
	return []method{{
		Name: "Cluster.rewrite", Returns: "Blob",
		Doc:    "Names the images of manifests for the cluster; nothing else of them changes.",
		Define: rewrite,
	}}
}

func isManifests(v sl.Value) bool {
	left := data.MaxNodes
	return areManifests(v, 0, &left)
}

// areManifests looks into lists, as deep and as long as left lasts: a list may
// hold itself.
func areManifests(v sl.Value, depth int, left *int) bool {
	if *left--; depth > data.MaxDepth || *left < 0 {
		return false
	}
	if list, ok := v.(sl.Sequence); ok && !is[*sl.Dict](v) {
		for e := range sl.Elements(list) {
			if !areManifests(e, depth+1, left) {
				return false
			}
		}
		return true
	}
	return is[sl.String](v) || isObjects(v)
}

func isObjects(v sl.Value) bool {
	switch v := v.(type) {
	case *blob, *sl.Dict:
		return true
	case *sl.List:
		for e := range sl.Elements(v) {
			if !is[*sl.Dict](e) {
				return false
			}
		}
		return true
	}
	return false
}

// source is one input of manifests: a file, opened when it is needed, or text
// in memory.
type source struct {
	// name is the file's, or the name of the string in messages.
	name string
	open func() (io.ReadCloser, error)
}

// sources returns the manifests of an argument, in order.
func (r *Run) sources(v sl.Value) ([]source, error) {
	switch v := v.(type) {
	case sl.String:
		name, err := r.resolve(string(v))
		if err != nil {
			return nil, err
		}
		return []source{{name, func() (io.ReadCloser, error) { return r.files.Open(name) }}}, nil
	case *blob:
		return []source{textSource(v)}, nil
	case *sl.Dict:
		data, err := encodeYAML(v, r.options.Limits.Output)
		if err != nil {
			return nil, err
		}
		return []source{textSource(&blob{text: string(data)})}, nil
	}
	var all []source
	for e := range sl.Elements(v.(sl.Iterable)) {
		more, err := r.sources(e)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

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

func k8sYAML(p *params) body {
	var args rewriteArgs
	yaml := table.Required(p, "yaml", manifestsOf, "Manifests: a path, a Blob, decoded objects, or a list of them.")
	in := table.Optional(p, "cluster", clusterOf, sl.None, "The cluster they are for; None is the script's only one, or the one named default.")
	args.which(p)
	duplicates := table.Optional(p, "allow_duplicates", table.Bool, sl.False, "Whether one object may stand in them twice.")
	args.how(p)
	return func(r *Run, c *call) (sl.Value, error) {
		d := &delivery{site: r.site(), allowDuplicates: duplicates.Of(c)}
		var err error
		if d.cluster, d.implied, err = r.manifestCluster(c, in.Of(c)); err != nil {
			return nil, err
		}
		if err := d.cluster.mayReceive(); err != nil {
			return nil, c.Errorf("%w", err)
		}
		if d.rewriting, err = d.cluster.rewriting(c, &args); err != nil {
			return nil, err
		}
		if d.sources, err = r.sources(yaml.Of(c)); err != nil {
			return nil, c.Errorf("%w", err)
		}
		for _, s := range d.sources {
			f, err := s.open() // a file that is not there fails at this line
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			f.Close()
		}
		r.deliveries = append(r.deliveries, d)
		return sl.None, nil
	}
}

// manifestCluster returns the given cluster, or the one named default, or the only
// one so far, or the only one of Kubernetes beside Docker daemons.
func (r *Run) manifestCluster(c *call, given *clusterValue) (meant *clusterValue, implied bool, err error) {
	if given != nil {
		return given, false, nil
	}
	if v := r.named(cluster.DefaultName); v != nil {
		return v, false, nil
	}
	candidates := r.kubernetesClusters()
	if len(candidates) == 0 {
		candidates = r.clusters
	}
	switch len(candidates) {
	case 0:
		return nil, false, c.Errorf("the script declares no cluster yet: call k8s_cluster() before, or give cluster=")
	case 1:
		return candidates[0], true, nil
	}
	return nil, false, c.Errorf("no cluster is named %q: give cluster=, one of %s", cluster.DefaultName, suggest.Quoted(r.clusterNames()))
}

// kubernetesClusters returns the clusters of Kubernetes declared so far.
func (r *Run) kubernetesClusters() []*clusterValue {
	var out []*clusterValue
	for _, cl := range r.clusters {
		if cl.decl.Spec.Connection.Kubernetes != nil {
			out = append(out, cl)
		}
	}
	return out
}

func (r *Run) clusterNames() []string {
	names := make([]string, len(r.clusters))
	for i, c := range r.clusters {
		names[i] = c.decl.Name
	}
	return names
}

func rewrite(p *params) table.Body[*clusterValue] {
	var args rewriteArgs
	yaml := table.Required(p, "yaml", objectsOf, "Manifests: a Blob, or decoded objects.")
	args.which(p)
	args.how(p)
	return func(cl *clusterValue, c *call) (sl.Value, error) {
		obs, err := cl.ready()
		if err == nil {
			err = cl.guard(obs)
		}
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		if _, err := cl.names("the name of an image in manifests for cluster " + cl.decl.Name); err != nil {
			return nil, c.Errorf("%w", err)
		}
		rw, err := cl.rewriting(c, &args)
		if err != nil {
			return nil, err
		}
		text, err := objectText(yaml.Of(c), cl.run.options.Limits.Output)
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		out, plan, err := manifest.Rewrite([]byte(text.text), rw.options(text.name()))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		cl.run.warnManifest(plan)
		return &blob{text: string(out), source: text.source}, nil
	}
}

// objectText returns the string of a Blob, or writes decoded objects of at most so
// many bytes.
func objectText(v sl.Value, most int64) (*blob, error) {
	if text, ok := v.(*blob); ok {
		return text, nil
	}
	encode := encodeYAML
	if is[*sl.List](v) {
		encode = encodeYAMLStream
	}
	data, err := encode(v, most)
	return &blob{text: string(data)}, err
}

// scan plans the edits of every delivery, the first half of rendering. One to a
// cluster whose names cannot be known is blocked; the others are not affected.
func (r *Run) scan() error {
	for _, d := range r.deliveries {
		if r.options.Cluster != "" && r.options.Cluster != d.cluster.decl.Name {
			continue
		}
		if others := r.kubernetesClusters(); d.implied && (len(others) > 1 || len(others) == 1 && others[0] != d.cluster) {
			return d.site.fault(fmt.Errorf("k8s_yaml: cluster %q was the only one here, and others were declared later: give cluster=, one of %s",
				d.cluster.decl.Name, suggest.Quoted(r.clusterNames())))
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

func (d *delivery) scan() error {
	// Even if no image changes, the cluster must be ready: its namespace
	// identifies which objects are the same.
	used := d.cluster.usedRegistry
	if _, err := d.cluster.names("the name of an image in manifests for cluster " + d.cluster.decl.Name); err != nil {
		return err
	}
	if len(d.cluster.wanted) == 0 && d.rewriting.rest == leaveRest {
		d.cluster.usedRegistry = used // no image is named for it
	}
	for _, s := range d.sources {
		plan, err := d.plan(s)
		if err != nil {
			return err
		}
		d.cluster.run.warnManifest(plan)
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

// index knows the objects of the cluster's manifests; the cluster is ready.
func (c *clusterValue) index() *manifest.Index {
	if c.objects == nil {
		namespace := ""
		if conn := c.obs.Status.Connection; conn != nil && conn.Kubernetes != nil {
			namespace = conn.Kubernetes.Namespace
		}
		c.objects = manifest.NewIndex(namespace)
	}
	return c.objects
}

func (r *Run) warnManifest(plan *manifest.Plan) {
	for _, w := range plan.Warnings {
		r.warnf(w.Position, "%s", w.Reason)
	}
}

// Render writes the manifests of the named cluster, "" for the only one that
// has any. It fails with a [NotReadyError] if that is not connected. The run
// must have ended well, and its files must still be open.
func (r *Run) Render(w io.Writer, name string) error {
	deliveries, err := r.deliveriesOf(name)
	if err != nil {
		return err
	}
	first, ended := true, true
	for _, d := range deliveries {
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

// Changed reports whether rendering the named cluster changes any byte.
func (r *Run) Changed(name string) (bool, error) {
	deliveries, err := r.deliveriesOf(name)
	for _, d := range deliveries {
		if slices.ContainsFunc(d.plans, (*manifest.Plan).Changed) {
			return true, err
		}
	}
	return false, err
}

// Rendered returns the names of the clusters that there are manifests for, in the
// order in which they were given.
func (r *Run) Rendered() []string {
	var names []string
	for _, d := range r.deliveries {
		if own := d.cluster.decl.Name; !slices.Contains(names, own) {
			names = append(names, own)
		}
	}
	return names
}

// SeveralClustersError reports manifests for several clusters where those of one
// are wanted.
type SeveralClustersError struct{ Names []string }

func (e *SeveralClustersError) Error() string {
	return fmt.Sprintf("there are manifests for clusters %s: choose one", suggest.Quoted(e.Names))
}

func (r *Run) deliveriesOf(name string) ([]*delivery, error) {
	var out []*delivery
	names := r.Rendered()
	for _, d := range r.deliveries {
		if name == "" || name == d.cluster.decl.Name {
			out = append(out, d)
		}
	}
	switch {
	case name == "" && len(names) > 1:
		return nil, &SeveralClustersError{Names: names}
	case name != "" && len(out) == 0:
		if err := r.has(name); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("k8s_yaml gives cluster %q no manifests%s", name, suggest.OrOneOf(name, names))
	}
	for _, d := range out {
		if d.blocked != nil {
			return nil, d.blocked
		}
	}
	return out, nil
}

// wanted is an image that manifests are searched for.
type wanted struct {
	req   image.Request
	ref   image.Ref // of req.Ref
	place diag.Position
	used  bool
	// notInEnv leaves env values and arguments alone.
	notInEnv bool
}

// newWanted makes a wanted image of one that was named.
func newWanted(req image.Request, place diag.Position) *wanted {
	ref, err := image.Parse(req.Ref)
	if err != nil {
		panic(err) // it was named, so it parsed
	}
	return &wanted{req: req, ref: ref, place: place}
}

// want adds an image to look for in manifests, in place of an earlier one of
// the same reference.
func (c *clusterValue) want(w *wanted) {
	c.matchers = wantedMatchers{}
	for i, other := range c.wanted {
		if other.ref == w.ref {
			w.used = other.used
			c.wanted[i] = w
			return
		}
	}
	c.wanted = append(c.wanted, w)
}

// wantedMatcher finds which wanted image one of a manifest is, by whichever of its
// names it is written.
type wantedMatcher struct {
	*image.Matcher
	images []*wanted // by the index that the Matcher has for each
}

// wantedMatchers are the matchers of one list of images; nil if one is to be made.
type wantedMatchers struct{ all, inEnv *wantedMatcher }

func newWantedMatcher(namer *image.Namer, images []*wanted) (*wantedMatcher, error) {
	m := &wantedMatcher{Matcher: namer.NewMatcher()}
	for _, w := range images {
		index, err := m.Add(w.req)
		if err != nil {
			return nil, err
		}
		if index == len(m.images) {
			m.images = append(m.images, w)
		} else {
			m.images[index] = w
		}
	}
	return m, nil
}

// rewriting is how the images of some manifests change.
type rewriting struct {
	cluster *clusterValue
	// rest is what happens to images that are not wanted; only is the images= list,
	// nil for the images that are declared on the cluster, and matchers are of that list.
	rest     rest
	only     []*wanted
	matchers wantedMatchers
	env      bool
	policy   manifest.PullPolicy
	// duplicateKeys accepts them: who delivers has warned of them.
	duplicateKeys bool
}

// rest is what images= says of images that are not declared.
type rest uint8

const (
	leaveRest rest = iota
	nameRest       // "all"
	onlyRest       // "undeclared": and those that are declared are left alone
)

var rests = map[string]rest{"all": nameRest, "undeclared": onlyRest}

func isImages(v sl.Value) bool {
	if v == sl.None {
		return true
	}
	if s, ok := sl.AsString(v); ok {
		return rests[s] != leaveRest
	}
	list, ok := v.(sl.Sequence)
	if !ok || is[*sl.Dict](v) {
		return false
	}
	for e := range sl.Elements(list) {
		if !is[sl.String](e) && !is[*imageValue](e) {
			return false
		}
	}
	return true
}

// rewriting reads the arguments that select which images change, and how.
func (c *clusterValue) rewriting(in *call, args *rewriteArgs) (*rewriting, error) {
	rw := &rewriting{cluster: c, env: args.env.Of(in), policy: args.policy.Of(in)}
	switch v := args.images.Of(in).(type) {
	case sl.String:
		rw.rest = rests[string(v)]
	case sl.Sequence:
		rw.only = []*wanted{}
		for e := range sl.Elements(v) {
			w, err := c.wantedOf(e)
			if err != nil {
				return nil, args.images.Errorf(in, "%w", err)
			}
			rw.only = append(rw.only, w)
		}
	}
	return rw, nil
}

// wantedOf makes a wanted image of an element of images=: an Image, or a name
// that takes tag and digest from a declared image of that name.
func (c *clusterValue) wantedOf(v sl.Value) (*wanted, error) {
	if i, ok := v.(*imageValue); ok {
		w := newWanted(i.req, c.run.here())
		for _, own := range c.wanted {
			if own.req == w.req {
				return own, nil
			}
		}
		return w, nil
	}
	text, _ := sl.AsString(v)
	ref, err := image.Parse(text)
	if err != nil {
		return nil, err
	}
	for _, w := range c.wanted {
		if w.ref == ref {
			return w, nil
		}
	}
	w := newWanted(image.Request{Ref: text}, c.run.here())
	c.want(w)
	return w, nil
}

// options are the manifest package's options for one input.
func (rw *rewriting) options(file string) manifest.Options {
	rw.cluster.received = true
	return manifest.Options{
		File:        file,
		Env:         rw.env,
		Locators:    rw.cluster.run.locators,
		PullPolicy:  rw.policy,
		Replace:     rw.replace,
		OnImage:     rw.onImage(),
		OnUncovered: rw.onUncovered(),

		DuplicateKeys: rw.duplicateKeys,
	}
}

// replace returns what an image found becomes. One that is named already as it should
// be stays as it is written. Two that would become one are an error, as declared
// ones are.
func (rw *rewriting) replace(found *manifest.Image) (string, bool, error) {
	made, matched, err := rw.names(found)
	if err != nil || !matched {
		return found.Text, false, err
	}
	if err := rw.cluster.claim(made, found.Position); err != nil {
		return found.Text, false, err
	}
	if before, err := image.Parse(found.Text); err == nil {
		if after, err := image.Parse(made.Cluster); err == nil && after == before {
			return found.Text, true, nil
		}
	}
	return made.Cluster, true, nil
}

// names names an image found, if it is the script's to change.
func (rw *rewriting) names(found *manifest.Image) (made image.Names, matched bool, err error) {
	c := rw.cluster
	names, err := c.names("the name of an image in manifests for cluster " + c.decl.Name)
	if err != nil {
		return made, false, err
	}
	ref, err := image.Parse(found.Text)
	if err != nil {
		return made, false, err
	}
	matcher, err := rw.wantedMatcher(names.namer, found.Source == manifest.FromEnv)
	if err != nil {
		return made, false, err
	}
	index, as, ok, err := rw.match(matcher, ref)
	switch {
	case rw.rest == onlyRest && errors.As(err, new(*image.AmbiguousError)):
		return made, false, nil // each of those that it can be is left alone
	case err != nil:
		return made, false, err
	case ok:
		matcher.images[index].used = true
		if rw.rest == onlyRest {
			return made, false, nil
		}
		made, err = matcher.Names(index, as)
		return made, true, err
	case rw.rest == leaveRest:
		c.undeclared(ref, found)
		return made, false, nil
	}
	made, err = names.namer.Names(image.Request{Ref: found.Text})
	return made, true, err
}

// match finds which wanted image a reference means, and what to name for it.
func (rw *rewriting) match(m *wantedMatcher, ref image.Ref) (index int, as image.Ref, ok bool, err error) {
	if rw.rest == nameRest {
		return m.MatchNamed(ref)
	}
	index, ok, err = m.Match(ref)
	return index, ref, ok, err
}

// wantedMatcher returns the matcher of the wanted images, or of those of them that
// may be in env values and arguments. It is made when the first image is found, since
// images may be declared after the manifests.
func (rw *rewriting) wantedMatcher(namer *image.Namer, inEnv bool) (*wantedMatcher, error) {
	kept, images := &rw.matchers, rw.only
	if images == nil {
		kept, images = &rw.cluster.matchers, rw.cluster.wanted
	}
	one := &kept.all
	if inEnv {
		one = &kept.inEnv
	}
	if *one == nil {
		if inEnv {
			images = slices.DeleteFunc(slices.Clone(images), func(w *wanted) bool { return w.notInEnv })
		}
		var err error
		if *one, err = newWantedMatcher(namer, images); err != nil {
			return nil, err
		}
	}
	return *one, nil
}

// undeclared notes a found image that no declaration matches, and warns where
// one nearly does.
func (c *clusterValue) undeclared(ref image.Ref, found *manifest.Image) {
	name := ref.Familiar()
	if c.others[name] {
		return
	}
	if c.others == nil {
		c.others = map[string]bool{}
	}
	c.others[name] = true
	if near := suggest.Name(name, c.wantedNames()); near != "" && near != name {
		c.run.warnf(found.Position, "image %q is declared nowhere on cluster %q (did you mean %q?)", name, c.decl.Name, near)
	}
}

func (c *clusterValue) wantedNames() []string {
	names := make([]string, len(c.wanted))
	for i, w := range c.wanted {
		names[i] = w.ref.Familiar()
	}
	return names
}

// warnUnused warns of each declared image that no manifest uses, where the
// cluster received any manifests.
func (c *clusterValue) warnUnused() {
	if !c.received {
		return
	}
	found := slices.Sorted(maps.Keys(c.others))
	for _, w := range c.wanted {
		if w.used {
			continue
		}
		name := w.ref.String()
		near := ""
		if n := suggest.Names(w.ref.Familiar(), found, 1); len(n) > 0 {
			near = fmt.Sprintf("; the nearest image found is %q", n[0])
		}
		c.run.warnf(w.place, "no manifest of cluster %q uses image %q%s", c.decl.Name, name, near)
	}
}

// FoundImage is one image in a manifest, for explanations.
type FoundImage struct {
	// Cluster is the cluster that the manifest is for.
	Cluster string
	manifest.Image
	// Matched reports whether the image was the script's to change. Then Local is the
	// name to push, and Becomes what the manifest has now.
	Matched        bool
	Local, Becomes string
	// Uncovered is true for a string that looks like an image and that no rule for
	// places of images covers.
	Uncovered bool
}

// onUncovered reports what only looks like an image to the run's options, nil if
// nobody asks.
func (rw *rewriting) onUncovered() func(*manifest.Image) {
	tell := rw.cluster.run.options.OnImage
	if tell == nil {
		return nil
	}
	return func(found *manifest.Image) {
		tell(FoundImage{Cluster: rw.cluster.decl.Name, Image: *found, Becomes: found.Text, Uncovered: true})
	}
}

// onImage reports each image found to the run's options, nil if nobody asks.
func (rw *rewriting) onImage() func(*manifest.Image, string, bool) {
	tell := rw.cluster.run.options.OnImage
	if tell == nil {
		return nil
	}
	return func(found *manifest.Image, becomes string, matched bool) {
		f := FoundImage{Cluster: rw.cluster.decl.Name, Image: *found, Matched: matched, Becomes: becomes}
		if matched {
			if made, _, err := rw.names(found); err == nil {
				f.Local = made.Local
			}
		}
		tell(f)
	}
}

// locatorFunctions add places where custom resources hold images.
func locatorFunctions() []row {
	return []row{
		{Name: "k8s_kind", Returns: "None", Declares: true, Doc: "Tells where a kind of custom resource holds images.", Define: k8sKind},
		{Name: "k8s_image_json_path", Returns: "None", Declares: true, Doc: "Tells where chosen objects hold images.", Define: k8sImageJSONPath},
	}
}

// selector declares a parameter that chooses objects, "" for any.
func selector(p *params, name, doc string) table.Arg[string] {
	return table.Optional(p, name, table.Str, sl.String(""), doc)
}

// pathsOf accepts JSONPaths; an empty string is none.
var pathsOf = table.Type[[]string]{Name: table.OneOrMore.Name, Convert: func(v sl.Value) ([]string, error) {
	if v == sl.String("") {
		return nil, nil
	}
	return table.OneOrMore.Convert(v)
}}

// imageObjectOf accepts a dict that names the two fields of an object that are an
// image.
var imageObjectOf = table.OrNone(table.Type[*manifest.ImageObject]{Name: table.StrDict.Name, Convert: func(v sl.Value) (*manifest.ImageObject, error) {
	pairs, err := table.StrDict.Convert(v)
	if err != nil {
		return nil, err
	}
	keys := pairs.Map()
	for _, key := range []string{"json_path", "repo_field", "tag_field"} {
		if keys[key] == "" {
			return nil, fmt.Errorf("it lacks %q", key)
		}
	}
	return &manifest.ImageObject{Path: keys["json_path"], RepoField: keys["repo_field"], TagField: keys["tag_field"]}, nil
}})

func k8sKind(p *params) body {
	kind := table.Required(p, "kind", table.Str, "The kind, as a regular expression that matches anywhere and ignores case: ^Pod$ is Pod alone.")
	apiVersion := selector(p, "api_version", "The apiVersion, as such a regular expression; empty is any.")
	paths := table.Optional(p, "image_json_path", pathsOf, sl.String(""), "JSONPaths to fields that are images.")
	object := table.Optional(p, "image_object", imageObjectOf, sl.None, "An object of which two fields are an image: json_path, repo_field and tag_field.")
	return func(r *Run, c *call) (sl.Value, error) {
		return sl.None, r.locate(c, manifest.Locator{Kind: kind.Of(c), APIVersion: apiVersion.Of(c), Paths: paths.Of(c), Object: object.Of(c)})
	}
}

func k8sImageJSONPath(p *params) body {
	paths := table.Required(p, "paths", pathsOf, "JSONPaths to fields that are images.")
	kind := selector(p, "kind", "The kind, as a regular expression that matches anywhere and ignores case; empty is any.")
	name := selector(p, "name", "The object's name, as such a regular expression; empty is any.")
	namespace := selector(p, "namespace", "The object's namespace, as such a regular expression; empty is any.")
	apiVersion := selector(p, "api_version", "The apiVersion, as such a regular expression; empty is any.")
	return func(r *Run, c *call) (sl.Value, error) {
		l := manifest.Locator{
			Kind: kind.Of(c), Name: name.Of(c), Namespace: namespace.Of(c), APIVersion: apiVersion.Of(c),
			Paths: paths.Of(c),
		}
		if l.Kind == "" && l.Name == "" && l.Namespace == "" && l.APIVersion == "" {
			return nil, c.Errorf("choose objects with kind, name, namespace or api_version")
		}
		return sl.None, r.locate(c, l)
	}
}

// locate adds a locator for every manifest of the run. It must come before the
// first of them is read.
func (r *Run) locate(c *call, l manifest.Locator) error {
	for _, cl := range r.clusters {
		if cl.received {
			return c.Errorf("too late: manifests for cluster %q were rewritten already", cl.decl.Name)
		}
	}
	all := append(r.locatorRows, l)
	locators, err := manifest.NewLocators(all...)
	if err != nil {
		return c.Errorf("%w", err)
	}
	r.locatorRows, r.locators = all, locators
	return nil
}
