package builtins

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/convert"
)

// imageMethods name images for a cluster.
func imageMethods() []method {
	return []method{{
		Name: "Cluster.image", Returns: "Image",
		Doc: "Declares an image on the cluster and names it: what to push and what the cluster pulls.",
		Define: func(p *params) table.Body[*clusterValue] {
			ref := table.Required(p, "ref", table.Str, "The image, as a Dockerfile or a manifest names it.")
			tag := table.Optional(p, "tag", table.Str, sl.String(""), "A tag in place of the tag and digest of ref.")
			digest := table.Optional(p, "digest", table.Str, sl.String(""), "A digest in place of the tag and digest of ref.")
			named := table.Optional(p, "named", table.Str, sl.String(""), "Where the image goes in place of what naming chooses: a path below the registry's host, or a full name such as mirror.example.com/api.")
			return func(cl *clusterValue, c *call) (sl.Value, error) {
				req := image.Request{Ref: ref.Of(c), Tag: tag.Of(c), Digest: digest.Of(c), Named: named.Of(c)}
				names, err := cl.declareImage(req)
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return &imageValue{names, req}, nil
			}
		},
	}, {
		Name: "Cluster.repositories", Returns: "list[str]",
		Doc: "Lists the repositories that must exist before the images declared so far are pushed, as registries such as ECR want it; sorted.",
		Define: table.Plain(func(cl *clusterValue, c *call) (sl.Value, error) {
			if _, err := cl.names("the repositories of cluster " + cl.decl.Name); err != nil {
				return nil, c.Errorf("%w", err)
			}
			return stringList(cl.images.sortedRepositories()), nil
		}),
	}}
}

// viewOf accepts who sees an image.
var viewOf = table.OneOf(table.Parsed(image.ParseView), "", string(image.ViewCluster), string(image.ViewLocal), string(image.ViewNetwork))

// imageFunctions are the methods of an Image.
var imageFunctions = sync.OnceValue(func() *table.Table[*imageValue] {
	return table.New(table.Row[*imageValue]{
		Name: "Image.parts", Returns: "Parts | None",
		Doc: "Takes the name of one view apart: cluster, local or network. It is None for the network if pods have no name.",
		Define: func(p *params) table.Body[*imageValue] {
			view := table.Optional(p, "view", viewOf, sl.String("cluster"), "The view.")
			return func(i *imageValue, c *call) (sl.Value, error) {
				parts := i.Parts(view.Of(c))
				if parts == (image.Parts{}) {
					return sl.None, nil
				}
				return recordOf(&parts)
			}
		},
	})
})

// partsAttributes are the attributes of the record that Image.parts returns.
var partsAttributes = sync.OnceValue(func() *table.Attributes[*convert.Record] {
	return recordsOf[image.Parts](
		recordRow("registry", "str", "The registry's host with its port; docker.io for a name that has none."),
		recordRow("path", "str", "The path below the registry, in full: library/busybox for busybox."),
		recordRow("repository", "str", "The name without tag and digest: registry and path."),
		recordRow("tag", "str", "The tag of the name, or empty."),
		recordRow("digest", "str", "The digest of the name, or empty."),
	)
})

var imageAttributes = sync.OnceValue(func() *table.Attributes[*imageValue] {
	row := func(name, doc string, text func(*imageValue) string) table.Getter[*imageValue] {
		return table.Getter[*imageValue]{Name: name, Type: "str", Doc: doc, Get: table.Text(text)}
	}
	return table.NewAttributes("Image",
		row("local", "The name to push, as seen from this machine.", func(i *imageValue) string { return i.Local }),
		row("cluster", "The name to pull, as seen from the container runtime; str() returns it too.", func(i *imageValue) string { return i.Cluster }),
		table.Getter[*imageValue]{
			Name: "network", Type: "str | None", Doc: "The name as seen from pods, None if they have none.",
			Get: (*imageValue).network,
		},
		row("ref", "The reference as it was given, in its familiar form.", func(i *imageValue) string { return i.Ref }),
		row("name", "The familiar name without tag and digest.", func(i *imageValue) string { return i.Name }),
		row("tag", "The tag asked for, or empty.", func(i *imageValue) string { return i.Tag }),
		row("digest", "The digest asked for, or empty.", func(i *imageValue) string { return i.Digest }),
		row("repository", "The name to pull without tag and digest, as image.repository of a Helm chart; see parts() for the other views.", func(i *imageValue) string { return i.Parts(image.ViewCluster).Repository }),
		row("registry", "The registry's host in the name to pull.", func(i *imageValue) string { return i.Parts(image.ViewCluster).Registry }),
		row("path", "The path below the registry in the name to pull.", func(i *imageValue) string { return i.Parts(image.ViewCluster).Path }),
		row("result_tag", "The tag of the name to pull, as image.tag of a Helm chart; with single_name it is not the tag asked for.", func(i *imageValue) string { return i.Parts(image.ViewCluster).Tag }),
	)
})

// imageNames is the part of a cluster that names images. It is made when the
// first image is named: the registry is settled from then on.
type imageNames struct {
	namer *image.Namer
	// repositories are those that images are pushed to.
	repositories map[string]bool
}

func (n *imageNames) sortedRepositories() []string {
	return slices.Sorted(maps.Keys(n.repositories))
}

// claim notes that an image declared or found at a position has its names. It fails
// if another image of the run has the name to push, on this cluster or on another.
func (c *clusterValue) claim(made image.Names, at diag.Position) error {
	if err := c.run.images.Add(made, at); err != nil {
		return err
	}
	if made.Rule != image.RuleUnchanged && made.Rule != image.RuleLeftAlone {
		c.images.repositories[made.Parts(image.ViewLocal).Repository] = true
	}
	return nil
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
	namer, err := image.NewNamer(chosen.ForImages(), c.naming)
	if err != nil {
		return nil, err
	}
	c.images = &imageNames{namer: namer, repositories: map[string]bool{}}
	return c.images, nil
}

// namesForManifests is names for images in manifests.
func (c *clusterValue) namesForManifests() (*imageNames, error) {
	return c.names("the name of an image in manifests for cluster " + c.decl.Name)
}

// declareImage names an image and notes it as declared on the cluster.
func (c *clusterValue) declareImage(req image.Request) (image.Names, error) {
	names, err := c.names(fmt.Sprintf("the name of image %q on cluster %s", req.Ref, c.decl.Name))
	if err != nil {
		return image.Names{}, err
	}
	if err := c.guard(c.obs); err != nil {
		return image.Names{}, err
	}
	made, err := names.namer.Names(req)
	if err != nil {
		return image.Names{}, err
	}
	place := c.run.here()
	if err := c.claim(made, place); err != nil {
		return image.Names{}, err
	}
	if report := c.run.options.OnName; report != nil {
		report(place, c.decl.Name, made)
	}
	c.wanted.add(newWanted(req, place))
	c.warnUnpushed(req.Ref, made, place)
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
	why := "has no registry"
	if c.obs.Status.RegistryReason == cluster.ReasonForbidden {
		why = "has a registry that could not be read, or none"
	}
	c.run.warnf(place, "cluster %q %s: it would pull %s from Docker Hub; declare one with default_registry(), or write docker.io/%s if that is meant",
		c.decl.Name, why, made.Cluster, made.Name)
}

// Explanation describes how the names of one image on one cluster came to be.
type Explanation struct {
	// Cluster is the cluster's name.
	Cluster string
	// Ref is the reference as it was asked for.
	Ref string
	// Forbidden reports that the registry that the cluster advertises could not
	// be read.
	Forbidden bool
	image.Explanation
}

// explainAll explains images on each of some clusters that is connected.
func explainAll(clusters []*clusterValue, refs []string) ([]Explanation, error) {
	var all []Explanation
	for _, c := range clusters {
		for i, ref := range refs {
			names, err := c.names("the explanation of " + ref)
			if errors.As(err, new(*NotReadyError)) {
				break
			}
			if err != nil {
				return all, err
			}
			e, err := c.explain(names.namer, ref)
			if err == nil {
				err = c.claim(e.Names, diag.Position{File: fmt.Sprintf("REF %d", i+1)})
			}
			if err != nil {
				err = fmt.Errorf("cluster %q: %w", c.decl.Name, err)
				if errors.As(err, new(*sl.EvalError)) { // of the naming function that was given there
					err = c.site.fault(err)
				}
				return all, err
			}
			all = append(all, Explanation{
				Cluster: c.decl.Name, Ref: ref, Explanation: e, Forbidden: c.obs.Status.RegistryReason == cluster.ReasonForbidden,
			})
		}
	}
	return all, nil
}

// explain names an image as it would be named if it were found in a manifest: one
// that is declared by its declaration.
func (c *clusterValue) explain(namer *image.Namer, text string) (image.Explanation, error) {
	matcher, err := (&rewriting{cluster: c}).wantedMatcher(namer, false)
	if err != nil {
		return image.Explanation{}, err
	}
	return matcher.Explain(text)
}

// imageValue is a named image as scripts see it. It never changes.
type imageValue struct {
	image.Names
	req image.Request
}

var (
	_ sl.HasAttrs   = (*imageValue)(nil)
	_ sl.Comparable = (*imageValue)(nil)
)

func (i *imageValue) network() (sl.Value, error) {
	if i.Network == "" {
		return sl.None, nil
	}
	return sl.String(i.Network), nil
}

// Attr reads an attribute or method by its row of the table.
func (i *imageValue) Attr(name string) (sl.Value, error) {
	if v, err := imageAttributes().Get(i, name); v != nil || err != nil {
		return v, err
	}
	if method := imageFunctions().Bind("Image."+name, i, func(*call) error { return nil }); method != nil {
		return method.BindReceiver(i), nil
	}
	return nil, nil
}

func (i *imageValue) AttrNames() []string {
	names := imageAttributes().Names()
	for _, f := range imageFunctions().Functions() {
		names = append(names, strings.TrimPrefix(f.Name, "Image."))
	}
	slices.Sort(names)
	return names
}

func (i *imageValue) String() string        { return i.Cluster }
func (i *imageValue) Type() string          { return "Image" }
func (i *imageValue) Freeze()               {}
func (i *imageValue) Truth() sl.Bool        { return true }
func (i *imageValue) Hash() (uint32, error) { return sl.String(i.Cluster).Hash() }

// CompareSameType makes images of the same names equal.
func (i *imageValue) CompareSameType(op syntax.Token, other sl.Value, _ int) (bool, error) {
	return compareEqual(op, i, other, i.Names == other.(*imageValue).Names)
}

// Object makes an image encode as the name to pull, as str() does.
func (i *imageValue) Object() (any, error) { return i.Cluster, nil }

// namingOf accepts the name of a naming scheme, or a function from an image's
// familiar name to its path below the registry, its full name, or None.
var namingOf = table.OneOf(table.Type[naming]{Convert: func(v sl.Value) (naming, error) {
	switch v := v.(type) {
	case sl.String:
		scheme, err := image.ParseNaming(string(v))
		return naming{scheme: scheme}, err
	case sl.Callable:
		return naming{function: v}, nil
	}
	return naming{}, table.ErrType
}}, "function", string(image.Flat), string(image.Nested), string(image.Hashed))

// naming is how a cluster names images: a function, else a scheme.
type naming struct {
	scheme   image.Naming
	function sl.Callable
}

// of returns the naming; a function is called as part of the script.
func (n naming) of(s *script) image.Naming {
	if n.function == nil {
		return n.scheme
	}
	return image.Func(func(familiar string) (image.Placement, error) {
		v, err := sl.Call(s.thread, n.function, sl.Tuple{sl.String(familiar)}, nil)
		if err != nil {
			return image.Placement{}, err
		}
		switch v := v.(type) {
		case sl.NoneType:
			return image.Placement{}, nil
		case sl.String:
			return image.ParsePlacement(string(v))
		}
		return image.Placement{}, fmt.Errorf("%s returned %s, want a str: a path or a full name; or None to leave the image alone", n.function.Name(), v.Type())
	})
}
