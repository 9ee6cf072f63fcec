package manifest

import "strings"

// Object is what names an API object, and where it starts. Name is empty for an
// object that the server names (generateName), Namespace for one that says none.
type Object struct {
	APIVersion, Kind, Namespace, Name string
	Position
}

// object is an Object as nodes: -1 for what it lacks.
type object struct {
	node                              int32
	apiVersion, kind, namespace, name int32
	item                              string // the kind of an item of a typed list, which says none
}

// list adds the objects that mapping n is: itself, or its items where it is a
// List. kind and apiVersion are those of an item of the list around it, which
// says them for all where it is a typed one.
func (s *search) list(n int32, kind string, apiVersion int32) {
	t := s.tree
	if t.nodes[n].kind != mapNode {
		return
	}
	o := object{node: n, apiVersion: -1, kind: -1, namespace: -1, name: -1, item: kind}
	metadata, items := int32(-1), int32(-1)
	for c := n + 1; c < t.nodes[n].next; c = t.nodes[c].next {
		switch t.nodes[c].class {
		case classAPIVersion:
			o.apiVersion = c
		case classKind:
			o.kind = c
		case classMetadata:
			metadata = c
		case classItems:
			items = c
		}
	}
	if items >= 0 && t.nodes[items].kind == seqNode {
		if kind, ok := strings.CutSuffix(t.text(o.kind), "List"); ok {
			version := o.apiVersion
			if kind == "" {
				version = -1 // of a List of any kinds
			}
			for c := items + 1; c < t.nodes[items].next; c = t.nodes[c].next {
				s.list(c, kind, version)
			}
			return
		}
	}
	if o.kind < 0 && kind != "" {
		if o.apiVersion < 0 {
			o.apiVersion = apiVersion
		}
		if holdsNoImages(kind, t.text(o.apiVersion)) {
			s.skips = append(s.skips, n)
		}
	}
	if metadata >= 0 && t.nodes[t.resolve(metadata)].kind == mapNode {
		metadata = t.resolve(metadata)
		for c := metadata + 1; c < t.nodes[metadata].next; c = t.nodes[c].next {
			switch t.nodes[c].class {
			case className:
				o.name = c
			case classNamespace:
				o.namespace = c
			}
		}
	}
	s.objects = append(s.objects, o)
}

// known is the row of well-known fields of the object's API group.
func (o *object) known(t *tree) *knownGroup {
	raw := t.raw(t.resolve(o.apiVersion))
	switch string(raw) {
	case "v1", "apps/v1", "batch/v1": // most are these
		return nil
	}
	return knownFor(t.text(o.apiVersion))
}

// export makes an Object, without its position.
func (o *object) export(t *tree) Object {
	out := Object{
		APIVersion: t.text(o.apiVersion), Kind: t.text(o.kind),
		Namespace: string(t.appendText(nil, o.namespace)), Name: string(t.appendText(nil, o.name)),
	}
	if out.Kind == "" {
		out.Kind = o.item
	}
	return out
}

// owner is the object that holds node n, or nil.
func (s *search) owner(n int32) *object {
	low, high := 0, len(s.objects)
	for low < high {
		if mid := (low + high) / 2; s.objects[mid].node <= n {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 || n >= s.tree.nodes[s.objects[low-1].node].next {
		return nil
	}
	return &s.objects[low-1]
}
