package builtins

import (
	"cmp"
	"fmt"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

// locatorFunctions add places where custom resources hold images.
func locatorFunctions() []row {
	return []row{
		{Name: "k8s_kind", Returns: "None", Declares: true, Doc: "Declares where a kind of custom resource holds images.", Define: k8sKind},
		{Name: "k8s_image_json_path", Returns: "None", Declares: true, Doc: "Declares where chosen objects hold images.", Define: k8sImageJSONPath},
	}
}

// selector declares a parameter that chooses objects, "" for any.
func selector(p *params, name, doc string) table.Arg[string] {
	return table.Optional(p, name, table.Str, sl.String(""), doc)
}

// pathsOf accepts JSONPaths; an empty string is an empty list.
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
		return sl.None, r.locators.add(c, manifest.Locator{Kind: kind.Of(c), APIVersion: apiVersion.Of(c), Paths: paths.Of(c), Object: object.Of(c)})
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
		return sl.None, r.locators.add(c, l)
	}
}

// locators are what a script added for every manifest of the run.
type locators struct {
	rows []manifest.Locator
	made *manifest.Locators // of rows, nil for none
	// usedFor is the cluster whose manifests were the first to be read: from then on the
	// locators may not change.
	usedFor string
}

func (l *locators) settle(cluster string) { l.usedFor = cmp.Or(l.usedFor, cluster) }

// add adds a locator. It must come before the first manifest is read.
func (l *locators) add(c *call, row manifest.Locator) error {
	if l.usedFor != "" {
		return c.Errorf("too late: manifests for cluster %q were rewritten already", l.usedFor)
	}
	rows := append(l.rows, row)
	made, err := manifest.NewLocators(rows...)
	if err != nil {
		return c.Errorf("%w", err)
	}
	l.rows, l.made = rows, made
	return nil
}
