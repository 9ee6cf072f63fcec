package locate

import (
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// Object is an API object as nodes: -1 for what it lacks.
type Object struct {
	Node                              int32
	APIVersion, Kind, Namespace, Name int32
	item                              string // the kind of an item of a typed list, which has none of its own
}

// KindName returns the object's kind.
func (o *Object) KindName(t *yamltree.Tree) string {
	if kind := t.Text(o.Kind); kind != "" {
		return kind
	}
	return o.item
}

// AppendKind appends the object's kind.
func (o *Object) AppendKind(out []byte, t *yamltree.Tree) []byte {
	before := len(out)
	if out = t.AppendText(out, o.Kind); len(out) == before {
		out = append(out, o.item...)
	}
	return out
}

// list adds the objects that mapping n is: itself, or its items if it is a List.
// kind and apiVersion are those of an item of the list around it, which has them for
// all if it is a typed one.
func (s *Search) list(n int32, kind string, apiVersion int32) {
	t := s.tree
	if t.Nodes[n].Kind != yamltree.Mapping {
		return
	}
	o := Object{Node: n, APIVersion: -1, Kind: -1, Namespace: -1, Name: -1, item: kind}
	metadata, items := int32(-1), int32(-1)
	for c := n + 1; c < t.Nodes[n].Next; c = t.Nodes[c].Next {
		switch t.Nodes[c].Key {
		case keyAPIVersion:
			o.APIVersion = c
		case keyKind:
			o.Kind = c
		case keyMetadata:
			metadata = c
		case keyItems:
			items = c
		}
	}
	if items >= 0 && t.Nodes[items].Kind == yamltree.Sequence {
		if kind, ok := strings.CutSuffix(t.Text(o.Kind), "List"); ok {
			version := o.APIVersion
			if kind == "" {
				version = -1 // of a List of any kinds
			}
			for c := items + 1; c < t.Nodes[items].Next; c = t.Nodes[c].Next {
				s.list(c, kind, version)
			}
			return
		}
	}
	if o.Kind < 0 && kind != "" {
		if o.APIVersion < 0 {
			o.APIVersion = apiVersion
		}
		if holdsNoImages([]byte(kind), t.AppendText(nil, o.APIVersion)) {
			s.closed = append(s.closed, n)
		}
	}
	if metadata >= 0 && t.Nodes[t.Resolve(metadata)].Kind == yamltree.Mapping {
		metadata = t.Resolve(metadata)
		for c := metadata + 1; c < t.Nodes[metadata].Next; c = t.Nodes[c].Next {
			switch t.Nodes[c].Key {
			case keyName:
				o.Name = c
			case keyNamespace:
				o.Namespace = c
			}
		}
	}
	s.Objects = append(s.Objects, o)
}

// Owner returns the object that holds node n, or nil.
func (s *Search) Owner(n int32) *Object {
	low, high := 0, len(s.Objects)
	for low < high {
		if mid := (low + high) / 2; s.Objects[mid].Node <= n {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 || n >= s.tree.Nodes[s.Objects[low-1].Node].Next {
		return nil
	}
	return &s.Objects[low-1]
}

// holdsNoImages reports whether objects of this kind hold no images: a
// CustomResourceDefinition has schemas that look like them, and what a ConfigMap or
// Secret holds is data.
func holdsNoImages(kind, apiVersion []byte) bool {
	switch string(kind) {
	case "CustomResourceDefinition":
		return true
	case "ConfigMap", "Secret":
		return string(apiVersion) == "v1"
	}
	return false
}
