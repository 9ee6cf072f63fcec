package yamltree

import (
	"bytes"
	"strconv"
	"strings"
)

// Kind is what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Scalar Kind = iota
	Mapping
	Sequence
	Alias
)

func (k Kind) String() string {
	return [...]string{"a string", "a mapping", "a list", "an alias"}[k]
}

// Node is one value, by byte offsets in Tree.Buf. It takes 32 bytes, since a
// document has as many nodes as it has lines.
type Node struct {
	KeyStart, KeyEnd uint32 // the key's bytes, quotes included; equal if there is none
	// Start and End bound a scalar's bytes, quotes included. Of a block scalar
	// they bound the header only. Of a mapping or sequence, Start is where it
	// starts, with its anchor.
	Start, End uint32
	Parent     int32  // -1 for a document's root
	Next       int32  // the first node that is not inside this one
	hash       uint32 // of the key
	Kind       Kind
	Style      Style
	Key        Symbol
	flags      flags
}

type flags uint8

const (
	inFlow   flags = 1 << iota // is in a flow collection, or is one
	folded                     // a plain or quoted scalar over several lines
	noLines                    // a block scalar without a line that is not blank
	anchored                   // has an anchor, at Start
	tagged                     // has a tag that makes it no string
)

// Flow reports whether the node is a flow collection or is inside one.
func (d *Node) Flow() bool { return d.flags&inFlow != 0 }

// Tagged reports whether a tag makes the scalar something other than a string.
func (d *Node) Tagged() bool { return d.flags&tagged != 0 }

// Tree is one or more documents as nodes in the order of the input, so a node's
// descendants are the nodes from its own index to Next.
type Tree struct {
	Buf   []byte
	Nodes []Node
	Marks []int32 // the nodes whose key is marked by the Symbols
	// targets are the nodes that aliases refer to; nil if there is no alias.
	targets map[int32]int32
	// indents are the indentations of the block scalars whose header has an indicator
	// for it; nil if there is none.
	indents map[int32]int
	merges  bool // reports that there is a merge key
	// The full scanner keeps the values of scalars and keys that are not their bytes.
	// It alone makes these maps.
	texts map[int32]string
	names map[int32]string
	// duplicates reports that a mapping has a key twice: the last counts.
	duplicates bool
}

// Reset empties the tree and sets its bytes.
func (t *Tree) Reset(buf []byte) {
	*t = Tree{Buf: buf, Nodes: t.Nodes[:0], Marks: t.Marks[:0]}
}

// Aliased reports whether the tree has an alias.
func (t *Tree) Aliased() bool { return len(t.targets) > 0 }

// Resolve follows an alias.
func (t *Tree) Resolve(n int32) int32 {
	if t.Nodes[n].Kind == Alias {
		return t.targets[n]
	}
	return n
}

// Own returns the value of the key in mapping m itself, or -1.
func (t *Tree) Own(m int32, key Symbol) int32 {
	end, found := t.Nodes[m].Next, int32(-1)
	for n := m + 1; n < end; n = t.Nodes[n].Next {
		if t.Nodes[n].Key == key {
			if found = n; !t.duplicates {
				break
			}
		}
	}
	return found
}

// Child returns the value of the key in mapping m, itself or through its merge
// keys (<<), or -1.
func (t *Tree) Child(m int32, key Symbol) int32 {
	if n := t.Own(m, key); n >= 0 || !t.merges {
		return n
	}
	return t.merged(m, func(m int32) int32 { return t.Own(m, key) })
}

// OwnField is Own by the key's name.
func (t *Tree) OwnField(m int32, key string) int32 {
	end, found := t.Nodes[m].Next, int32(-1)
	for n := m + 1; n < end; n = t.Nodes[n].Next {
		if t.KeyIs(n, key) {
			if found = n; !t.duplicates {
				break
			}
		}
	}
	return found
}

// Field is Child by the key's name.
func (t *Tree) Field(m int32, key string) int32 {
	if n := t.OwnField(m, key); n >= 0 || !t.merges {
		return n
	}
	return t.merged(m, func(m int32) int32 { return t.OwnField(m, key) })
}

// maxMerge bounds how many merged mappings one look-up visits.
const maxMerge = 64

// merged looks a key up in what m merges. In a list of aliases the first that
// has the key counts.
func (t *Tree) merged(m int32, own func(int32) int32) int32 {
	budget := maxMerge
	var look func(m int32) int32
	look = func(m int32) int32 {
		merge := t.Own(m, Merge)
		if merge < 0 {
			return -1
		}
		from := []int32{merge}
		if t.Nodes[merge].Kind == Sequence {
			from = t.Children(merge)
		}
		for _, n := range from {
			n = t.Resolve(n)
			if budget--; budget < 0 || t.Nodes[n].Kind != Mapping {
				continue
			}
			if v := own(n); v >= 0 {
				return v
			}
			if v := look(n); v >= 0 {
				return v
			}
		}
		return -1
	}
	return look(m)
}

// Rival returns the value that a merge key behind value n of a mapping brings for
// the same key, or -1. Readers of YAML differ in which of the two counts.
func (t *Tree) Rival(n int32) int32 {
	m := t.Nodes[n].Parent
	if !t.merges || m < 0 || t.Nodes[m].Kind != Mapping || t.Own(m, Merge) < n {
		return -1
	}
	key := t.Name(n)
	return t.merged(m, func(m int32) int32 { return t.OwnField(m, key) })
}

// Children returns the direct children of n.
func (t *Tree) Children(n int32) []int32 {
	var out []int32
	end := t.Nodes[n].Next
	for c := n + 1; c < end; c = t.Nodes[c].Next {
		out = append(out, c)
	}
	return out
}

// Name returns the value of a node's key.
func (t *Tree) Name(n int32) string {
	if name, ok := t.names[n]; ok {
		return name
	}
	k := t.Buf[t.Nodes[n].KeyStart:t.Nodes[n].KeyEnd]
	return decode(k, styleOf(k))
}

// KeyIs reports whether the node's key has the value want.
func (t *Tree) KeyIs(n int32, want string) bool {
	d := &t.Nodes[n]
	return string(t.Buf[d.KeyStart:d.KeyEnd]) == want || (len(t.names) > 0 || t.Buf[d.KeyStart] < '-') && t.Name(n) == want
}

// Raw returns a scalar's bytes as written.
func (t *Tree) Raw(n int32) []byte { return t.Buf[t.Nodes[n].Start:t.Nodes[n].End] }

// Simple reports whether scalar n is what [Decode] makes of its bytes.
func (t *Tree) Simple(n int32) bool {
	d := &t.Nodes[n]
	return t.texts == nil && d.Style != Block && d.flags&folded == 0
}

// Text returns the value of scalar n, through an alias; it is empty for anything
// else and for -1.
func (t *Tree) Text(n int32) string {
	if n < 0 {
		return ""
	}
	n = t.Resolve(n)
	d := &t.Nodes[n]
	if d.Kind != Scalar {
		return ""
	}
	if text, ok := t.texts[n]; ok {
		return text
	}
	switch {
	case d.Style == Block:
		return decodeBlock(t.Buf, int(d.Start), int(d.End), d.flags&noLines != 0, t.indents[n])
	case d.flags&folded != 0:
		return decodeFolded(t.Raw(n), d.Style)
	}
	return decode(t.Raw(n), d.Style)
}

// AppendText appends what Text returns, and nothing for a null. It makes no
// string if the bytes are the value.
func (t *Tree) AppendText(out []byte, n int32) []byte {
	if n < 0 {
		return out
	}
	n = t.Resolve(n)
	if d := &t.Nodes[n]; d.Kind == Scalar && d.Style != Block && d.flags&folded == 0 {
		raw := t.Raw(n)
		switch {
		case d.Style == Plain && IsNull(raw):
			return out
		case t.texts != nil:
		case d.Style == Plain:
			return append(out, raw...)
		case d.Style == Single && bytes.Count(raw, []byte("'")) == 2, d.Style == Double && bytes.IndexByte(raw, '\\') < 0:
			return append(out, raw[1:len(raw)-1]...)
		}
	}
	return append(out, t.Text(n)...)
}

// Path leads from node top to node n, as spec.containers[0].image.
func (t *Tree) Path(top, n int32) string {
	return strings.TrimPrefix(string(t.appendPath(make([]byte, 0, 64), top, n)), ".")
}

func (t *Tree) appendPath(out []byte, top, n int32) []byte {
	p := t.Nodes[n].Parent
	if n <= top || p < 0 {
		return out
	}
	out = t.appendPath(out, top, p)
	if t.Nodes[p].Kind == Sequence {
		i := 0
		for c := p + 1; c < n; c = t.Nodes[c].Next {
			i++
		}
		return append(strconv.AppendInt(append(out, '['), int64(i), 10), ']')
	}
	key := t.Name(n)
	if plainKey(key) {
		return append(append(out, '.'), key...)
	}
	return append(strconv.AppendQuote(append(out, '['), key), ']')
}

// plainKey reports whether a key needs no quotes in a path.
func plainKey(key string) bool {
	for i := range len(key) {
		if c := key[i]; c == '.' || c == '/' || !wordByte[c] || i == 0 && c == '-' {
			return false
		}
	}
	return key != ""
}
