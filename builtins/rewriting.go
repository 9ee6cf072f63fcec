package builtins

import (
	"fmt"
	"maps"
	"slices"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/internal/nearest"
)

// wanted is an image that manifests are searched for.
type wanted struct {
	ref image.Ref
	// tag and digest replace those found; both are empty for an image of which
	// only the registry changes.
	tag, digest string
	place       string
	used        bool
}

// newWanted makes a wanted image of one that was named.
func newWanted(made image.Names, place string) *wanted {
	ref, err := image.Parse(made.Ref)
	if err != nil {
		panic(err) // it was made of a reference that parsed
	}
	w := &wanted{ref: ref, place: place}
	if made.Tag != ref.Tag || made.Digest != ref.Digest || ref.Digest != "" {
		w.tag, w.digest = made.Tag, made.Digest
	}
	return w
}

// want adds an image to look for in manifests, in place of an earlier one of
// the same reference.
func (c *clusterValue) want(w *wanted) {
	for i, other := range c.wanted {
		if other.ref == w.ref {
			w.used = other.used
			c.wanted[i] = w
			return
		}
	}
	c.wanted = append(c.wanted, w)
}

// rewriting is how the images of some manifests change.
type rewriting struct {
	cluster *clusterValue
	// all is images="all"; only is the images= list, nil for the images that
	// are declared on the cluster.
	all    bool
	only   []*wanted
	env    bool
	policy manifest.PullPolicy
}

func isImages(v sl.Value) bool {
	if v == sl.None {
		return true
	}
	if s, ok := sl.AsString(v); ok {
		return s == "all"
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

// rewriting reads the arguments that say which images change, and how.
func (c *call) rewriting(cl *clusterValue) (*rewriting, error) {
	policy, err := manifest.ParsePullPolicy(c.str("pull_policy"))
	if err != nil {
		return nil, c.errorf("for parameter %q: %w", "pull_policy", err)
	}
	rw := &rewriting{cluster: cl, env: c.bool("env"), policy: policy}
	switch v := c.value("images").(type) {
	case sl.String:
		rw.all = true
	case sl.Sequence:
		rw.only = []*wanted{}
		for e := range sl.Elements(v) {
			w, err := c.wanted(cl, e)
			if err != nil {
				return nil, c.errorf("for parameter %q: %w", "images", err)
			}
			rw.only = append(rw.only, w)
		}
	}
	return rw, nil
}

// wanted makes a wanted image of an element of images=: an Image, or a name
// that takes tag and digest from a declared image of that name.
func (c *call) wanted(cl *clusterValue, v sl.Value) (*wanted, error) {
	if i, ok := v.(*imageValue); ok {
		w := newWanted(i.Names, c.run.here())
		for _, own := range cl.wanted {
			if own.ref == w.ref && own.tag == w.tag && own.digest == w.digest {
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
	for _, w := range cl.wanted {
		if w.ref == ref {
			return w, nil
		}
	}
	w := &wanted{ref: ref, place: c.run.here()}
	cl.want(w)
	return w, nil
}

// options are the manifest package's options for one text.
func (rw *rewriting) options(file string) manifest.Options {
	rw.cluster.received = true
	return manifest.Options{
		File:       file,
		Env:        rw.env,
		Locators:   rw.cluster.run.locators,
		PullPolicy: rw.policy,
		Replace:    rw.replace,
		OnImage:    rw.onImage(),
	}
}

// replace says what an image found becomes. One that is named already as it should
// be stays as it is written. Two that would become one are an error, as declared
// ones are.
func (rw *rewriting) replace(found *manifest.Image) (string, bool, error) {
	made, matched, err := rw.names(found)
	if err != nil || !matched {
		return found.Text, false, err
	}
	if err := rw.cluster.images.found.Add(made, found.Position.String()); err != nil {
		return found.Text, false, err
	}
	if after, err := image.Parse(made.Cluster); err == nil && after.String() == made.Ref {
		return found.Text, true, nil
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
	w := rw.find(ref)
	if w == nil && !rw.all {
		c.undeclared(ref, found)
		return made, false, nil
	}
	tag, digest := "", ""
	if w != nil {
		w.used = true
		tag, digest = w.tag, w.digest
	}
	made, err = names.namer.Names(found.Text, tag, digest)
	return made, true, err
}

// find returns the wanted image that one found is, nil for none. One with a tag
// is nearer than one without.
func (rw *rewriting) find(found image.Ref) *wanted {
	list := rw.only
	if list == nil {
		list = rw.cluster.wanted
	}
	var match *wanted
	for _, w := range list {
		if w.ref.Match(found) && (match == nil || w.ref.Tag != "") {
			match = w
		}
	}
	return match
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
	if near := nearest.Name(name, c.wantedNames()); near != "" && near != name {
		c.run.warnf(found.Position.String(), "image %q is declared nowhere on cluster %q (did you mean %q?)", name, c.decl.Name, near)
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
		if n := nearest.Names(w.ref.Familiar(), found, 1); len(n) > 0 {
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
	// Matched tells that the image was the script's to change. Then Local is the
	// name to push, and Becomes what now stands in the manifest.
	Matched        bool
	Local, Becomes string
}

// onImage tells the run's options of each image found, nil where nobody asks.
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
