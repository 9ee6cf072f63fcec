package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"
	sigsyaml "sigs.k8s.io/yaml"
)

// ParseList reads a ClusterList in YAML or JSON, as printed by `sextant eval -o
// yaml`. An unknown field, another kind, two clusters of one name and a registry
// that is none are errors, each a *[ListError]. The file's name is only for them.
func ParseList(file string, data []byte) (*ClusterList, error) {
	var list ClusterList
	if err := sigsyaml.UnmarshalStrict(data, &list); err != nil {
		return nil, listError(file, data, err)
	}
	if line := secondDocument(data); line > 0 {
		return nil, &ListError{File: file, Line: line, Reason: "a second document: a recording is one " + ListKind + "; join the items of both"}
	}
	fail := func(path, format string, args ...any) (*ClusterList, error) {
		e := &ListError{File: file, Reason: fmt.Sprintf(format, args...)}
		e.Line, e.Column = place(data, path, "")
		return nil, e
	}
	if list.APIVersion != GroupVersion.String() || list.Kind != ListKind {
		return fail("kind", "apiVersion %q, kind %q: want %s, %s, as printed by sextant eval -o yaml",
			list.APIVersion, list.Kind, GroupVersion, ListKind)
	}
	seen := map[string]bool{}
	for i := range list.Items {
		item := field.NewPath("items").Index(i)
		name := list.Items[i].Name
		if seen[name] {
			return fail(item.Child("metadata", "name").String(), "%s: a second cluster named %q", item, name)
		}
		seen[name] = true
		if r := list.Items[i].Status.Registry; r != nil {
			at := item.Child("status", "registry")
			if err := Invalid(r.Validate(at)); err != nil {
				return fail(at.String(), "%v", err)
			}
		}
	}
	return &list, nil
}

// secondDocument is the line of what follows the first document, 0 where nothing
// does.
func secondDocument(data []byte) (line int) {
	marker := max(bytes.LastIndex(data, []byte("\n---")), bytes.LastIndex(data, []byte("\n...")))
	if marker < 0 {
		return 0 // nearly always, and quick to tell
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if d.Decode(&doc) != nil {
		return 0
	}
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && len(doc.Content) == 1 && doc.Content[0].ShortTag() == "!!null":
		return 0
	case err == nil:
		return doc.Content[0].Line
	}
	return 1 + bytes.Count(data[:marker+1], []byte("\n"))
}
