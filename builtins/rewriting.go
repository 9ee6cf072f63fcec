package builtins

import (
	"errors"
	"slices"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

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

func rewriteMethods() []method {
	return []method{{
		Name: "Cluster.rewrite", Returns: "Blob",
		Doc:    "Names the images of manifests for the cluster; nothing else of them changes.",
		Define: rewrite,
	}}
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
		if _, err := cl.namesForManifests(); err != nil {
			return nil, c.Errorf("%w", err)
		}
		rw, err := newRewriting(cl, c, &args)
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
		cl.run.warnPlan(plan)
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

// rest is what images= has for images that are not declared.
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

// newRewriting reads the arguments that select which images change, and how.
func newRewriting(c *clusterValue, in *call, args *rewriteArgs) (*rewriting, error) {
	rw := &rewriting{cluster: c, env: args.env.Of(in), policy: args.policy.Of(in)}
	switch v := args.images.Of(in).(type) {
	case sl.String:
		rw.rest = rests[string(v)]
	case sl.Sequence:
		rw.only = []*wanted{}
		for e := range sl.Elements(v) {
			w, err := c.wanted.of(e, c.run.here())
			if err != nil {
				return nil, args.images.Errorf(in, "%w", err)
			}
			rw.only = append(rw.only, w)
		}
	}
	return rw, nil
}

// options are the manifest package's options for one input.
func (rw *rewriting) options(file string) manifest.Options {
	rw.cluster.wanted.received = true
	locators := &rw.cluster.run.locators
	locators.settle(rw.cluster.decl.Name)
	return manifest.Options{
		File:        file,
		Env:         rw.env,
		Locators:    locators.made,
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
	ref, err := image.Parse(found.Text)
	if err != nil {
		return found.Text, false, err
	}
	made, matched, err := rw.names(found, ref)
	if err != nil || !matched {
		return found.Text, false, err
	}
	if err := rw.cluster.claim(made, found.Position); err != nil {
		return found.Text, false, err
	}
	if after, err := image.Parse(made.Cluster); err == nil && after == ref {
		return found.Text, true, nil
	}
	return made.Cluster, true, nil
}

// names names an image found, whose reference is ref, if it is the script's to change.
func (rw *rewriting) names(found *manifest.Image, ref image.Ref) (made image.Names, matched bool, err error) {
	c := rw.cluster
	names, err := c.namesForManifests()
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
		if suggestion := c.wanted.undeclared(ref.Familiar()); suggestion != "" {
			c.run.warnf(found.Position, "image %q is declared nowhere on cluster %q (did you mean %q?)", ref.Familiar(), c.decl.Name, suggestion)
		}
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
		kept, images = &rw.cluster.wanted.matchers, rw.cluster.wanted.all
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
	report := rw.cluster.run.options.OnImage
	if report == nil {
		return nil
	}
	return func(found *manifest.Image) {
		report(FoundImage{Cluster: rw.cluster.decl.Name, Image: *found, Becomes: found.Text, Uncovered: true})
	}
}

// onImage reports each image found to the run's options, nil if nobody asks.
func (rw *rewriting) onImage() func(*manifest.Image, string, bool) {
	report := rw.cluster.run.options.OnImage
	if report == nil {
		return nil
	}
	return func(found *manifest.Image, becomes string, matched bool) {
		f := FoundImage{Cluster: rw.cluster.decl.Name, Image: *found, Matched: matched, Becomes: becomes}
		if matched {
			if ref, err := image.Parse(found.Text); err == nil {
				if made, _, err := rw.names(found, ref); err == nil {
					f.Local = made.Local
				}
			}
		}
		report(f)
	}
}
