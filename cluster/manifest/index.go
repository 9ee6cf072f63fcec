package manifest

import (
	"bytes"
	"hash/maphash"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
	"github.com/sextant-dev/sextant/diag"
)

// Index knows the objects of one cluster, to find duplicates. It keeps about 50
// bytes an object and makes no strings, so it may see a million. It is not for
// concurrent use.
//
// Objects are the same by API group, kind, namespace and name, as to a server.
type Index struct {
	namespace string
	seeds     [2]maphash.Seed
	// chunks hold the objects in the order they came, and never move. slots is an
	// open hash table of their numbers, counted from 1; 0 is free. A map costs three
	// times as much: its keys are hashed once more, and move as it grows.
	chunks []*[indexChunkSize]indexed
	slots  []uint32 // a power of two, twice the objects or more
	count  int
	files  []string
}

const (
	indexChunkSize  = 1 << 10
	indexFirstSlots = 1 << 8
)

// indexed is an object: a hash of 128 bits identifies it, so that two never collide.
type indexed struct {
	hash               [2]uint64
	file, line, column uint32
}

// NewIndex makes an empty index. namespace is that of objects without one.
func NewIndex(namespace string) *Index {
	return &Index{namespace: namespace, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// add takes the object whose identity is key. If it is known, add returns the
// first place.
func (x *Index) add(key []byte, p diag.Position) (first diag.Position, known bool) {
	if 2*x.count >= len(x.slots) {
		x.grow()
	}
	hash := [2]uint64{maphash.Bytes(x.seeds[0], key), maphash.Bytes(x.seeds[1], key)}
	slot, o := x.find(hash)
	if o != nil {
		return diag.Position{File: x.files[o.file], Line: int(o.line), Column: int(o.column)}, true
	}
	if n := len(x.files); n == 0 || x.files[n-1] != p.File {
		x.files = append(x.files, p.File)
	}
	if x.count%indexChunkSize == 0 {
		x.chunks = append(x.chunks, new([indexChunkSize]indexed))
	}
	*x.object(x.count) = indexed{hash, uint32(len(x.files) - 1), uint32(p.Line), uint32(p.Column)}
	x.count++
	x.slots[slot] = uint32(x.count)
	return diag.Position{}, false
}

func (x *Index) object(i int) *indexed { return &x.chunks[i/indexChunkSize][i%indexChunkSize] }

// find returns the object of that hash, or nil and the slot where it goes.
func (x *Index) find(hash [2]uint64) (slot int, o *indexed) {
	mask := len(x.slots) - 1
	for slot = int(hash[0]) & mask; x.slots[slot] != 0; slot = (slot + 1) & mask {
		if o = x.object(int(x.slots[slot]) - 1); o.hash == hash {
			return slot, o
		}
	}
	return slot, nil
}

func (x *Index) grow() {
	x.slots = make([]uint32, max(2*len(x.slots), indexFirstSlots))
	for i := range x.count {
		slot, _ := x.find(x.object(i).hash)
		x.slots[slot] = uint32(i + 1)
	}
}

// appendKey appends what identifies an object. What has no kind is not an object, and
// one without a name gets it from the server: then ok is false.
func (x *Index) appendKey(key []byte, t *yamltree.Tree, o *locate.Object) (out []byte, ok bool) {
	key = t.AppendText(key, o.APIVersion)
	group := bytes.IndexByte(key, '/') // of a version alone the group is empty
	key = append(key[:max(group, 0)], 0)
	kind := len(key)
	key = o.AppendKind(key, t)
	name := len(key) + 1
	key = t.AppendText(append(key, 0), o.Name)
	if name-1 == kind || len(key) == name {
		return key, false
	}
	namespace := len(key) + 1
	key = t.AppendText(append(key, 0), o.Namespace)
	if len(key) == namespace {
		key = append(key, x.namespace...)
	}
	return key, true
}
