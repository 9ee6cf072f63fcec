package manifest

import "bytes"

// kind is what a node is.
type kind uint8

const (
	scalarNode kind = iota
	mapNode
	seqNode
	aliasNode
)

// style is how a scalar is written.
type style uint8

const (
	plainStyle style = iota
	singleStyle
	doubleStyle
	blockStyle // literal or folded
)

// node is one value, by byte offsets in tree.buf. 28 bytes, since a document
// has as many as it has lines.
type node struct {
	keyStart, keyEnd uint32 // the key's bytes, quotes included; equal where there is none
	// start and end bound a scalar's bytes, quotes included. Of a block scalar
	// they bound the header only. Of a mapping or sequence, start is where it
	// starts.
	start, end uint32
	parent     int32 // -1 for a document's root
	next       int32 // the first node that is not inside this one
	kind       kind
	style      style
	class      class // what its key is to the search
	flow       bool  // stands in a flow collection, or is one
}

// tree is one or more documents as nodes in the order of the text, so a node's
// descendants are the nodes from its own index to next.
type tree struct {
	buf   []byte
	nodes []node
	marks []int32 // the nodes whose class starts a search
	found *found  // what the search found in trees like this one; nil where none is known
	// The rest is filled by the full scanner alone: the node that an alias stands
	// for, and the texts of values and keys that are not their bytes.
	targets map[int32]int32
	texts   map[int32]string
	names   map[int32]string
}

func (t *tree) reset(buf []byte) {
	*t = tree{buf: buf, nodes: t.nodes[:0], marks: t.marks[:0]}
}

// resolve follows an alias.
func (t *tree) resolve(n int32) int32 {
	if t.nodes[n].kind == aliasNode {
		return t.targets[n]
	}
	return n
}

// child is the value of the first key of that class in mapping m, itself or
// through its merge keys (<<); -1 where there is none.
func (t *tree) child(m int32, c class) int32 {
	if n := t.own(m, c); n >= 0 || t.targets == nil {
		return n
	}
	return t.merged(m, func(m int32) int32 { return t.own(m, c) })
}

func (t *tree) own(m int32, c class) int32 {
	end := t.nodes[m].next
	for n := m + 1; n < end; n = t.nodes[n].next {
		if t.nodes[n].class == c {
			return n
		}
	}
	return -1
}

// field is child by the key's text.
func (t *tree) field(m int32, key string) int32 {
	own := func(m int32) int32 {
		end := t.nodes[m].next
		for n := m + 1; n < end; n = t.nodes[n].next {
			if t.keyIs(n, key) {
				return n
			}
		}
		return -1
	}
	if n := own(m); n >= 0 || t.targets == nil {
		return n
	}
	return t.merged(m, own)
}

// maxMerge bounds how many merged mappings one look-up visits.
const maxMerge = 64

// merged looks a key up in what m merges. Where a merge is a list of aliases,
// the first that has the key counts.
func (t *tree) merged(m int32, own func(int32) int32) int32 {
	budget := maxMerge
	var look func(m int32) int32
	look = func(m int32) int32 {
		merge := t.own(m, classMerge)
		if merge < 0 {
			return -1
		}
		from := []int32{merge}
		if t.nodes[merge].kind == seqNode {
			from = t.children(merge)
		}
		for _, n := range from {
			n = t.resolve(n)
			if budget--; budget < 0 || t.nodes[n].kind != mapNode {
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

// children are the direct children of n.
func (t *tree) children(n int32) []int32 {
	var out []int32
	end := t.nodes[n].next
	for c := n + 1; c < end; c = t.nodes[c].next {
		out = append(out, c)
	}
	return out
}

// key is a node's key as the YAML means it.
func (t *tree) key(n int32) string {
	if name, ok := t.names[n]; ok {
		return name
	}
	k := t.buf[t.nodes[n].keyStart:t.nodes[n].keyEnd]
	return decode(k, styleOf(k))
}

func (t *tree) keyIs(n int32, want string) bool {
	d := &t.nodes[n]
	return string(t.buf[d.keyStart:d.keyEnd]) == want || (len(t.names) > 0 || t.buf[d.keyStart] < '-') && t.key(n) == want
}

// raw is a scalar's bytes as written.
func (t *tree) raw(n int32) []byte { return t.buf[t.nodes[n].start:t.nodes[n].end] }

// text is a scalar as the YAML means it; empty for anything else and for -1.
func (t *tree) text(n int32) string {
	if n < 0 {
		return ""
	}
	n = t.resolve(n)
	d := &t.nodes[n]
	if d.kind != scalarNode {
		return ""
	}
	if text, ok := t.texts[n]; ok {
		return text
	}
	if d.style == blockStyle {
		around := 0
		if d.parent >= 0 {
			at := t.nodes[d.parent].start
			around = int(at) - (bytes.LastIndexByte(t.buf[:at], '\n') + 1)
		}
		return decodeBlock(t.buf, int(d.start), int(d.end), around)
	}
	return decode(t.raw(n), d.style)
}

// styleOf tells the style of a scalar, other than a block, by its first byte.
func styleOf(raw []byte) style {
	if len(raw) > 0 {
		switch raw[0] {
		case '\'':
			return singleStyle
		case '"':
			return doubleStyle
		}
	}
	return plainStyle
}
