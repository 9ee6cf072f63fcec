package builtins

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// imageMethods name images for a cluster.
func imageMethods() []Function {
	return []Function{
		{
			Name: "Cluster.image",
			Params: []Param{
				{"ref", typeStr, nil, "The image, as a Dockerfile or a manifest names it."},
				{"tag", typeStr, sl.String(""), "A tag in place of the tag and digest of ref."},
				{"digest", typeStr, sl.String(""), "A digest in place of the tag and digest of ref."},
			},
			Returns: "Image",
			Doc:     "Declares an image on the cluster and names it: what to push and what the cluster pulls.",
			call: func(c *call) (sl.Value, error) {
				names, err := c.recv.(*clusterValue).declareImage(c.str("ref"), c.str("tag"), c.str("digest"))
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				return &imageValue{names}, nil
			},
		},
	}
}

func imageAttributes() []Attribute {
	row := func(name, typ, doc string) Attribute {
		return Attribute{Of: "Image", Name: name, Type: typ, Doc: doc}
	}
	return []Attribute{
		row("local", "str", "The name to push, as seen from this machine."),
		row("cluster", "str", "The name to pull, as seen from the container runtime; str() gives it too."),
		row("network", "str | None", "The name as seen from pods, None where they have none."),
		row("ref", "str", "The reference as it was given, in its familiar form."),
		row("name", "str", "The familiar name without tag and digest."),
		row("tag", "str", "The tag asked for, or empty."),
		row("digest", "str", "The digest asked for, or empty."),
	}
}

// imageNames is the part of a cluster that names images. It is made when the
// first image is named: the registry is settled from then on.
type imageNames struct {
	namer    *image.Namer
	declared image.Declared
	found    image.Declared // in manifests
}

// names returns the cluster's imageNames, waiting for the cluster. what is the
// reading that settles the registry.
func (c *clusterValue) names(what string) (*imageNames, error) {
	if c.images != nil {
		return c.images, nil
	}
	chosen, err := c.effectiveRegistry(what)
	if err != nil {
		return nil, err
	}
	namer, err := image.NewNamer(imageRegistry(chosen), c.naming)
	if err != nil {
		return nil, err
	}
	c.images = &imageNames{namer: namer}
	return c.images, nil
}

func imageRegistry(chosen cluster.ChosenRegistry) *image.Registry {
	h := chosen.Hosting
	if h == nil {
		return nil
	}
	return &image.Registry{
		Host:       h.Host,
		Runtime:    h.HostFromContainerRuntime,
		Network:    h.HostFromClusterNetwork,
		SingleName: h.SingleName,
		Source:     chosen.Source,
	}
}

// declareImage names an image and notes it as declared on the cluster.
func (c *clusterValue) declareImage(ref, tag, digest string) (image.Names, error) {
	names, err := c.names(fmt.Sprintf("the name of image %q on cluster %s", ref, c.decl.Name))
	if err != nil {
		return image.Names{}, err
	}
	if err := c.guard(c.obs); err != nil {
		return image.Names{}, err
	}
	made, err := names.namer.Names(ref, tag, digest)
	if err != nil {
		return image.Names{}, err
	}
	place := c.run.here()
	if err := names.declared.Add(made, place.String()); err != nil {
		return image.Names{}, err
	}
	c.want(newWanted(made, place))
	c.warnUnpushed(ref, made, place)
	return made, nil
}

// warnUnpushed warns of a name that a cluster would look for on Docker Hub,
// since there is no registry to push it to and no way to it from this machine.
func (c *clusterValue) warnUnpushed(ref string, made image.Names, place diag.Position) {
	if made.Rule != image.RuleUnchanged || made.Digest != "" || strings.HasPrefix(ref, "docker.io/") ||
		c.decl.Prefer == cluster.PreferNone || cluster.SharesImages(&c.decl, *c.obs) {
		return
	}
	parsed, err := image.Parse(ref)
	if err != nil || parsed.Domain != "docker.io" {
		return
	}
	c.run.warnf(place, "cluster %q has no registry: it would pull %s from Docker Hub; declare one with default_registry(), or write docker.io/%s if that is meant",
		c.decl.Name, made.Cluster, made.Name)
}

// Explanation says how the names of one image on one cluster came to be.
type Explanation struct {
	// Cluster is the cluster's name.
	Cluster string
	// Ref is the reference as it was asked for.
	Ref string
	image.Explanation
}

// explain names the images that the options ask about on each cluster that is
// connected.
func (r *Run) explain() error {
	if err := r.has(r.options.ExplainCluster); len(r.options.Explain) > 0 && err != nil {
		return err
	}
	for _, c := range r.clusters {
		if want := r.options.ExplainCluster; want != "" && want != c.decl.Name {
			continue
		}
		for _, ref := range r.options.Explain {
			names, err := c.names("the explanation of " + ref)
			if errors.As(err, new(*NotReadyError)) {
				break
			}
			if err != nil {
				return err
			}
			e, err := names.namer.Explain(ref, "", "")
			if err != nil {
				err = fmt.Errorf("cluster %q: %w", c.decl.Name, err)
				if errors.As(err, new(*sl.EvalError)) { // of the naming function that was given there
					err = c.site.fault(err)
				}
				return err
			}
			r.explained = append(r.explained, Explanation{Cluster: c.decl.Name, Ref: ref, Explanation: e})
		}
	}
	return nil
}

// has fails where no cluster has the name; "" is any.
func (r *Run) has(name string) error {
	var names []string
	for _, c := range r.clusters {
		if name == "" || c.decl.Name == name {
			return nil
		}
		names = append(names, c.decl.Name)
	}
	if len(names) == 0 {
		return errors.New("the script declares no cluster: add k8s_cluster() or docker_cluster()")
	}
	return fmt.Errorf("the script declares no cluster %q%s", name, suggest.OrOneOf(name, names))
}

// Explanations returns an explanation for each image of Options.Explain on each
// cluster that is connected, in the order of declaration.
func (r *Run) Explanations() []Explanation { return r.explained }

// imageValue is a named image as scripts see it. It never changes.
type imageValue struct{ image.Names }

var (
	_ sl.HasAttrs   = (*imageValue)(nil)
	_ sl.Comparable = (*imageValue)(nil)
)

// Attr reads an attribute of [imageAttributes].
func (i *imageValue) Attr(name string) (sl.Value, error) {
	switch name {
	case "local":
		return sl.String(i.Local), nil
	case "cluster":
		return sl.String(i.Cluster), nil
	case "network":
		if i.Network == "" {
			return sl.None, nil
		}
		return sl.String(i.Network), nil
	case "ref":
		return sl.String(i.Ref), nil
	case "name":
		return sl.String(i.Name), nil
	case "tag":
		return sl.String(i.Tag), nil
	case "digest":
		return sl.String(i.Digest), nil
	}
	return nil, nil
}

var imageAttrNames = sync.OnceValue(func() []string { return attributeNames(imageAttributes()) })

func (i *imageValue) AttrNames() []string   { return imageAttrNames() }
func (i *imageValue) String() string        { return i.Cluster }
func (i *imageValue) Type() string          { return "Image" }
func (i *imageValue) Freeze()               {}
func (i *imageValue) Truth() sl.Bool        { return true }
func (i *imageValue) Hash() (uint32, error) { return sl.String(i.Cluster).Hash() }

// CompareSameType makes images of the same names equal.
func (i *imageValue) CompareSameType(op syntax.Token, other sl.Value, _ int) (bool, error) {
	return compareEqual(op, i, other, i.Names == other.(*imageValue).Names)
}

// apiObject makes an image encode as the name to pull, as str() does.
func (i *imageValue) apiObject() (any, error) { return i.Cluster, nil }

// attributeNames returns the names of the rows, sorted.
func attributeNames(rows []Attribute) []string {
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.Name
	}
	slices.Sort(names)
	return names
}

// typeNaming is the name of a naming scheme, or a function from an image's
// familiar name to its path below the registry.
var typeNaming = Type{"str | function", func(v sl.Value) bool { return is[sl.String](v) || is[sl.Callable](v) }}

// naming returns the naming= argument.
func (c *call) naming() (image.Naming, error) {
	fn, ok := c.value("naming").(sl.Callable)
	if !ok {
		scheme, err := image.ParseNaming(c.str("naming"))
		if err != nil {
			return nil, c.errorf("for parameter %q: %w", "naming", err)
		}
		return scheme, nil
	}
	run := c.run
	return image.Func(func(familiar string) (string, error) {
		v, err := sl.Call(run.thread, fn, sl.Tuple{sl.String(familiar)}, nil)
		if err != nil {
			return "", err
		}
		path, ok := sl.AsString(v)
		if !ok {
			return "", fmt.Errorf("%s returned %s, want str", fn.Name(), v.Type())
		}
		return path, nil
	}), nil
}
