package tiltfile

import (
	"fmt"
	"regexp"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

func k8sKind(p *params) body {
	kind := table.Required(p, "kind", typeStr, "A pattern of the kind, which ignores case.")
	p.NamedOnly()
	paths := optional(p, "image_json_path", typeStrs, "JSONPaths to fields that are images.")
	apiVersion := optional(p, "api_version", typeStr, "A pattern of the API version.")
	object := optional(p, "image_object", typeDict, "An object of which two fields are an image: json_path, repo_field and tag_field.")
	readiness := optional(p, "pod_readiness", typeReadiness, "Whether Tilt waits for pods.")
	return func(r *Run, c *call) (sl.Value, error) {
		_ = readiness.Of(c)
		var pattern objectPattern
		var err error
		if pattern.kind, err = typePattern.Convert(sl.String(kind.Of(c))); err != nil {
			return nil, kind.Errorf(c, "%w", err)
		}
		if pattern.apiVersion, err = typePattern.Convert(sl.String(apiVersion.Of(c))); err != nil {
			return nil, apiVersion.Errorf(c, "%w", err)
		}
		locator := manifest.Locator{Kind: kind.Of(c), APIVersion: apiVersion.Of(c), Paths: nonBlank(paths.Of(c))}
		if object.Given(c) {
			m := object.Of(c).Map()
			for _, key := range []string{"json_path", "repo_field", "tag_field"} {
				if m[key] == "" {
					return nil, object.Errorf(c, "it lacks %q", key)
				}
			}
			if len(locator.Paths) > 0 {
				return nil, c.Errorf("got both image_json_path and image_object: give one")
			}
			locator.Object = &manifest.ImageObject{Path: m["json_path"], RepoField: m["repo_field"], TagField: m["tag_field"]}
		}
		r.kube.kinds = append(r.kube.kinds, pattern)
		if len(locator.Paths) == 0 && locator.Object == nil {
			return sl.None, nil
		}
		return sl.None, r.host.Locate(c, locator)
	}
}

func imageJSONPath(p *params) body {
	paths := table.Required(p, "paths", typeStrs, "JSONPaths to fields that are images.")
	apiVersion := optional(p, "api_version", typeStr, "A pattern of the API version.")
	kind := optional(p, "kind", typeStr, "A pattern of the kind.")
	name := optional(p, "name", typeStr, "A pattern of the name.")
	namespace := optional(p, "namespace", typeStr, "A pattern of the namespace.")
	return func(r *Run, c *call) (sl.Value, error) {
		l := manifest.Locator{Paths: paths.Of(c), APIVersion: apiVersion.Of(c), Kind: kind.Of(c), Name: name.Of(c), Namespace: namespace.Of(c)}
		if l.Kind == "" && l.Name == "" && l.Namespace == "" {
			return nil, c.Errorf("choose objects with at least one of kind, name and namespace")
		}
		return sl.None, r.host.Locate(c, l)
	}
}

// maxPattern is how many bytes a regular expression may have: compiling one of
// 800 KB takes ten seconds.
const maxPattern = 10_000

// typePattern is a regular expression that ignores case and may match a part.
var typePattern = parsed(func(s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil
	}
	if len(s) > maxPattern {
		return nil, fmt.Errorf("a regular expression of %d bytes: the limit is %d", len(s), maxPattern)
	}
	return regexp.Compile("(?i)" + s)
})

func matchesPattern(p *regexp.Regexp, s string) bool { return p == nil || p.MatchString(s) }

// objectPattern chooses objects by kind and API version.
type objectPattern struct{ kind, apiVersion *regexp.Regexp }

func (o objectPattern) matches(e *entity) bool {
	return matchesPattern(o.kind, e.Kind) && matchesPattern(o.apiVersion, e.APIVersion)
}

func nonBlank(items []string) []string {
	var out []string
	for _, s := range items {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
