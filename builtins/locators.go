package builtins

import (
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

// locatorFunctions add places where custom resources hold images.
func locatorFunctions() []Function {
	selector := func(name, doc string) Param { return Param{name, typeStr, sl.String(""), doc} }
	return []Function{
		{
			Name:     "k8s_kind",
			declares: true,
			Params: []Param{
				{"kind", typeStr, nil, "The kind, as a regular expression that matches anywhere and ignores case: ^Pod$ is Pod alone."},
				selector("api_version", "The apiVersion, as such a regular expression; empty is any."),
				{"image_json_path", typeStrOrStrs, sl.String(""), "JSONPaths to fields that are images."},
				{"image_object", typeImageObject, sl.None, "An object of which two fields are an image: json_path, repo_field and tag_field."},
			},
			Returns: "None",
			Doc:     "Tells where a kind of custom resource holds images.",
			call: func(c *call) (sl.Value, error) {
				return sl.None, c.locate(manifest.Locator{
					Kind:       c.str("kind"),
					APIVersion: c.str("api_version"),
					Paths:      c.paths("image_json_path"),
					Object:     imageObject(c.stringMap("image_object")),
				})
			},
		},
		{
			Name:     "k8s_image_json_path",
			declares: true,
			Params: []Param{
				{"paths", typeStrOrStrs, nil, "JSONPaths to fields that are images."},
				selector("kind", "The kind, as a regular expression that matches anywhere and ignores case; empty is any."),
				selector("name", "The object's name, as such a regular expression; empty is any."),
				selector("namespace", "The object's namespace, as such a regular expression; empty is any."),
				selector("api_version", "The apiVersion, as such a regular expression; empty is any."),
			},
			Returns: "None",
			Doc:     "Tells where chosen objects hold images.",
			call: func(c *call) (sl.Value, error) {
				l := manifest.Locator{
					Kind: c.str("kind"), Name: c.str("name"),
					Namespace: c.str("namespace"), APIVersion: c.str("api_version"),
					Paths: c.paths("paths"),
				}
				if l.Kind == "" && l.Name == "" && l.Namespace == "" && l.APIVersion == "" {
					return nil, c.errorf("choose objects with kind, name, namespace or api_version")
				}
				return sl.None, c.locate(l)
			},
		},
	}
}

// typeImageObject is a dict of the three keys of image_object.
var typeImageObject = Type{"dict[str, str] | None", func(v sl.Value) bool { return v == sl.None || isStringDict(v) }}

func imageObject(m map[string]string) *manifest.ImageObject {
	if m == nil {
		return nil
	}
	return &manifest.ImageObject{Path: m["json_path"], RepoField: m["repo_field"], TagField: m["tag_field"]}
}

// paths returns the JSONPaths of an argument; an empty text is none.
func (c *call) paths(name string) []string {
	if s, ok := sl.AsString(c.value(name)); ok && s == "" {
		return nil
	}
	return c.strs(name)
}

// locate adds a locator for every manifest of the run. It must come before the
// first of them is read.
func (c *call) locate(l manifest.Locator) error {
	for _, key := range []string{"json_path", "repo_field", "tag_field"} {
		if l.Object != nil && c.stringMap("image_object")[key] == "" {
			return c.errorf("for parameter %q: it lacks %q", "image_object", key)
		}
	}
	for _, cl := range c.run.clusters {
		if cl.received {
			return c.errorf("too late: manifests for cluster %q were rewritten already", cl.decl.Name)
		}
	}
	all := append(c.run.locatorRows, l)
	locators, err := manifest.NewLocators(all...)
	if err != nil {
		return c.errorf("%w", err)
	}
	c.run.locatorRows, c.run.locators = all, locators
	return nil
}
