package manifest

import (
	"bytes"
	"hash/maphash"
)

// Index knows the objects of one cluster, to find one that stands twice. It keeps
// about 50 bytes an object and makes no strings, so it may see a million. It is
// not for concurrent use.
//
// Objects are the same by API group, kind, namespace and name, as to a server.
type Index struct {
	namespace string
	seeds     [2]maphash.Seed
	seen      map[[2]uint64]place
	files     []string
}

// place is a Position in 12 bytes.
type place struct{ file, line, column uint32 }

// NewIndex makes an empty index. namespace is that of objects that say none.
func NewIndex(namespace string) *Index {
	return &Index{
		namespace: namespace,
		seeds:     [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		seen:      map[[2]uint64]place{},
	}
}

// add takes the object whose identity is key. Where it is known, it gives the
// first place.
func (x *Index) add(key []byte, p Position) (first Position, known bool) {
	hash := [2]uint64{maphash.Bytes(x.seeds[0], key), maphash.Bytes(x.seeds[1], key)}
	if at, ok := x.seen[hash]; ok {
		return Position{x.files[at.file], int(at.line), int(at.column)}, true
	}
	if n := len(x.files); n == 0 || x.files[n-1] != p.File {
		x.files = append(x.files, p.File)
	}
	x.seen[hash] = place{uint32(len(x.files) - 1), uint32(p.Line), uint32(p.Column)}
	return Position{}, false
}

// index adds an object to the caller's index. One without a kind is none, and one
// without a name gets it from the server.
func (s *scan) index(o *object) error {
	key := s.tree.appendText(s.key[:0], o.apiVersion)
	group := bytes.IndexByte(key, '/') // of a version alone the group is empty
	key = append(key[:max(group, 0)], 0)
	kind := len(key)
	key = s.tree.appendText(key, o.kind)
	if len(key) == kind {
		key = append(key, o.item...)
	}
	name := len(key) + 1
	key = s.tree.appendText(append(key, 0), o.name)
	if name-1 == kind || len(key) == name {
		return nil
	}
	namespace := len(key) + 1
	key = s.tree.appendText(append(key, 0), o.namespace)
	if len(key) == namespace {
		key = append(key, s.opts.Index.namespace...)
	}
	s.key = key
	at := int(s.tree.nodes[o.node].start)
	first, twice := s.opts.Index.add(key, s.position(at))
	if !twice || s.opts.OnDuplicate == nil {
		return nil
	}
	if err := s.opts.OnDuplicate(s.object(o), first); err != nil {
		return &fault{at: at, reason: err.Error(), err: err}
	}
	return nil
}

// appendText appends what text gives, without a string where the bytes are it.
func (t *tree) appendText(out []byte, n int32) []byte {
	if n < 0 {
		return out
	}
	if d := &t.nodes[n]; t.texts == nil && d.kind == scalarNode && d.style == plainStyle {
		return append(out, t.raw(n)...)
	}
	return append(out, t.text(n)...)
}
