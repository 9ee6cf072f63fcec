package tiltfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile/internal/kubetypes"
	"github.com/sextant-dev/sextant/starlark/convert"
)

// entity is one object of manifests.
type entity struct {
	ObjectID
	site  site
	value *sl.Dict
	// images are what its fields name as images, as written.
	images []string
	// located reports whether a path of the script found one of them.
	located bool
	// grouped reports whether it belongs to a resource.
	grouped bool
}

// parseEntities returns the objects of a string: one a document, and the items of a
// List in place of the List. Empty documents are none.
func parseEntities(h builtins.Host, m builtins.Manifests) ([]*entity, error) {
	docs, err := h.DecodeYAMLStream(m.Name, m.Text)
	if err != nil {
		return nil, err
	}
	var out []*entity
	for i, doc := range docs {
		if out, err = appendEntities(out, doc); err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", m.Name, i+1, err)
		}
	}
	return out, nil
}

// entitiesOf returns the objects of documents, as those of a string that holds them.
func entitiesOf(documents []any) ([]*entity, error) {
	var out []*entity
	for _, document := range documents {
		doc, err := convert.FromGo(document)
		if err != nil {
			return nil, err
		}
		if doc == sl.None {
			continue
		}
		if out, err = appendEntities(out, doc); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func appendEntities(out []*entity, doc sl.Value) ([]*entity, error) {
	d, ok := doc.(*sl.Dict)
	if !ok {
		return nil, fmt.Errorf("got %s, want an object with kind and apiVersion", doc.Type())
	}
	e := &entity{value: d, ObjectID: ObjectID{Kind: str(d, "kind"), APIVersion: str(d, "apiVersion")}}
	switch {
	case e.Kind == "":
		return nil, fmt.Errorf("the object has no kind")
	case e.APIVersion == "":
		return nil, fmt.Errorf("the %s has no apiVersion", e.Kind)
	case strings.Count(e.APIVersion, "/") > 1:
		return nil, fmt.Errorf("the %s has the apiVersion %q, want a group and a version", e.Kind, e.APIVersion)
	}
	if e.Kind == "List" && e.APIVersion == "v1" && field(d, "items") == sl.None {
		return out, nil
	}
	if items, ok := field(d, "items").(*sl.List); ok && strings.HasSuffix(e.Kind, "List") {
		for item := range items.Elements() {
			var err error
			if out, err = appendEntities(out, item); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if err := kubetypes.Check(e.APIVersion, e.Kind, d); err != nil {
		return nil, fmt.Errorf("the %s %s: %w", e.Kind, str(d, "metadata", "name"), err)
	}
	var err error
	if e.Name, err = e.identifier("name"); err != nil {
		return nil, err
	}
	if e.Namespace, err = e.identifier("namespace"); err != nil {
		return nil, err
	}
	return append(out, e), nil
}

// identifier returns a field of the metadata that is a string to a server.
func (e *entity) identifier(key string) (string, error) {
	switch v := field(e.value, "metadata", key).(type) {
	case sl.NoneType:
		return "", nil
	case sl.String:
		return string(v), nil
	default:
		return "", fmt.Errorf("the metadata.%s of the %s is the %s %s, want a string: quote it", key, e.Kind, v.Type(), v)
	}
}

// field returns a field of a mapping, None if there is none. A nil mapping has none.
func field(d *sl.Dict, keys ...string) sl.Value {
	var v sl.Value = d
	for _, key := range keys {
		d, ok := v.(*sl.Dict)
		if !ok || d == nil {
			return sl.None
		}
		found, ok, err := d.Get(sl.String(key))
		if err != nil || !ok {
			return sl.None
		}
		v = found
	}
	return v
}

func str(d *sl.Dict, keys ...string) string {
	s, _ := sl.AsString(field(d, keys...))
	return s
}

func stringMap(v sl.Value) map[string]string {
	d, ok := v.(*sl.Dict)
	if !ok {
		return nil
	}
	out := map[string]string{}
	for k, e := range d.Entries() {
		key, ok1 := sl.AsString(k)
		val, ok2 := sl.AsString(e)
		if ok1 && ok2 {
			out[key] = val
		}
	}
	return out
}

func (e *entity) label(key string) string { return str(e.value, "metadata", "labels", key) }

func (e *entity) hasLabel(key string) bool {
	return field(e.value, "metadata", "labels", key) != sl.None
}

// group is the API group, "core" for that without a name.
func (e *entity) group() string {
	if group, _, ok := strings.Cut(e.APIVersion, "/"); ok {
		return group
	}
	return "core"
}

// namespace is the object's, default if it has none.
func (e *entity) namespace() string { return cmp.Or(e.ObjectID.Namespace, "default") }

// key is equal for objects that are the same by what the manifests say of them: one
// without a namespace is for that of the context, which need not be default.
func (e *entity) key() string {
	return strings.Join([]string{e.APIVersion, e.Kind, e.ObjectID.Namespace, e.Name}, "\x00")
}

// names are what a script may call the object, from the shortest: each adds what
// identifies it.
func (e *entity) names() []string {
	parts := []string{e.Name, e.Kind, e.namespace(), e.group()}
	out := make([]string, len(parts))
	for i, p := range parts {
		parts[i] = strings.ToLower(strings.ReplaceAll(p, ":", `\:`))
		out[i] = strings.Join(parts[:i+1], ":")
	}
	return out
}

func (e *entity) fullName() string { return e.names()[3] }

func fullNames(entities []*entity) []string {
	out := make([]string, len(entities))
	for i, e := range entities {
		out[i] = e.fullName()
	}
	return out
}

// uniqueNames returns the shortest name of each entity that no other has. Those
// that have none get their place in the list as well.
func uniqueNames(entities []*entity) []string {
	counts := map[string]int{}
	for _, e := range entities {
		for _, name := range e.names() {
			counts[name]++
		}
	}
	out := make([]string, len(entities))
	for i, e := range entities {
		names := e.names()
		out[i] = fmt.Sprintf("%s:%d", names[len(names)-1], i)
		if unique := slices.IndexFunc(names, func(name string) bool { return counts[name] == 1 }); unique >= 0 {
			out[i] = names[unique]
		}
	}
	return out
}

// podTemplate is the pod template of the kinds that Kubernetes itself has, the pod itself
// for a Pod, nil for none. Custom resources have none: what they hold is not known.
func (e *entity) podTemplate() *sl.Dict {
	if !kubetypes.Known(e.APIVersion, e.Kind) {
		return nil
	}
	var path []string
	switch e.group() + "/" + e.Kind {
	case "core/Pod":
	case "core/PodTemplate":
		path = []string{"template"}
	case "core/ReplicationController", "apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet",
		"extensions/Deployment", "extensions/DaemonSet", "extensions/ReplicaSet", "batch/Job":
		path = []string{"spec", "template"}
	case "batch/CronJob":
		path = []string{"spec", "jobTemplate", "spec", "template"}
	default:
		return nil
	}
	template, _ := field(e.value, path...).(*sl.Dict)
	return template
}

// containerImages are the images that pods of the entity run, "" for a container that
// has none.
func (e *entity) containerImages() []string {
	var images []string
	template := e.podTemplate()
	for _, list := range []string{"containers", "initContainers"} {
		items, _ := field(template, "spec", list).(*sl.List)
		if items == nil {
			continue
		}
		for item := range items.Elements() {
			if d, ok := item.(*sl.Dict); ok {
				images = append(images, str(d, "image"))
			}
		}
	}
	return images
}
