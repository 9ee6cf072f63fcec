package builtins

import (
	"io"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/data"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

var (
	imagesOf = table.OneOf(table.Matching("", isImages), "list[str | Image] | None", "all", "undeclared")
	policyOf = table.OneOf(table.Parsed(manifest.ParsePullPolicy), "",
		string(manifest.PullKeep), string(manifest.PullIfNotPresent), string(manifest.PullNever), string(manifest.PullAlways))
	manifestsOf = table.Matching("str | Blob | dict | list of them", isManifests)
	objectsOf   = table.Matching("Blob | dict | list[dict]", isObjects)
)

// clusterOf accepts a Cluster, or None, which is nil.
var clusterOf = table.OrNone(table.Type[*clusterValue]{Name: "Cluster", Convert: func(v sl.Value) (*clusterValue, error) {
	c, ok := v.(*clusterValue)
	if !ok {
		return nil, table.ErrType
	}
	return c, nil
}})

// manifestFunctions rewrite the images of manifests.
func manifestFunctions() []row {
	return []row{{
		Name: "k8s_yaml", Returns: "None", Declares: true,
		Doc:    "Adds manifests to what render prints, their images named for the cluster.",
		Define: k8sYAML,
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

// sources returns the manifests of an argument, in order. Objects are written as at most
// so many bytes.
func (f *files) sources(v sl.Value, most int64) ([]source, error) {
	switch v := v.(type) {
	case sl.String:
		name, err := f.resolve(string(v))
		if err != nil {
			return nil, err
		}
		return []source{{name, func() (io.ReadCloser, error) { return f.fsys.Open(name) }}}, nil
	case *blob:
		return []source{textSource(v)}, nil
	case *sl.Dict:
		data, err := encodeYAML(v, most)
		if err != nil {
			return nil, err
		}
		return []source{textSource(&blob{text: string(data)})}, nil
	}
	var all []source
	for e := range sl.Elements(v.(sl.Iterable)) {
		more, err := f.sources(e, most)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

func k8sYAML(p *params) body {
	var args rewriteArgs
	yaml := table.Required(p, "yaml", manifestsOf, "Manifests: a path, a Blob, decoded objects, or a list of them.")
	in := table.Optional(p, "cluster", clusterOf, sl.None, "The cluster they are for; None is the script's only one, or the one named default.")
	args.which(p)
	duplicates := table.Optional(p, "allow_duplicates", table.Bool, sl.False, "Whether one object may be in them twice.")
	args.how(p)
	return func(r *Run, c *call) (sl.Value, error) {
		d := &delivery{site: r.site(), allowDuplicates: duplicates.Of(c)}
		var err error
		if d.cluster, d.implied, err = r.clusters.forManifests(c, in.Of(c)); err != nil {
			return nil, err
		}
		if err := d.cluster.mayReceive(); err != nil {
			return nil, c.Errorf("%w", err)
		}
		if d.rewriting, err = newRewriting(d.cluster, c, &args); err != nil {
			return nil, err
		}
		if d.sources, err = r.files.sources(yaml.Of(c), r.options.Limits.Output); err != nil {
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
