package manifest

import (
	"math"
	"math/bits"
)

// maxDepth is how deep the fast scanner follows blocks; deeper ones are handed on.
const maxDepth = 64

// frame is an open block mapping or sequence.
type frame struct {
	indent int
	node   int32
	kind   kind
	keys   keySet // of a mapping
}

// fastScanner reads block style, a line at a time. It takes only what it knows
// to mean one thing: every line is a blank, a comment, a key or an item at an
// indentation that fits, with a value that ends on the line (or is a literal or
// folded block, whose lines are text). Anything else it refuses, and the full
// scanner reads the document.
type fastScanner struct {
	keys  keyTable
	lines *lines
	tree  *tree
	buf   []byte

	frames [maxDepth]frame
	depth  int
	// pending is the node of a key or item whose value has not come yet, or -1.
	pending int32
	odd     int                   // the next of lines.odd
	nextOdd uint32                // its offset
	extra   map[extraKey]struct{} // keys without a number
}

// extraKey is a key of one mapping.
type extraKey struct {
	node int32
	text string
}

// scan reads the document that starts at line first. It returns the line after
// its last one, and whether it understood all; where it did not, the line is
// the one that it refused, and the tree is to be forgotten.
func (f *fastScanner) scan(first int) (line int, ok bool) {
	f.buf = f.tree.buf
	f.depth, f.pending = 0, -1
	if len(f.extra) > 0 {
		clear(f.extra)
	}
	started := false // something other than comments and the marker was seen
	ends := f.lines.ends
	for line = first; line < len(ends); {
		s, e := f.bounds(line)
		i := f.indented(s, e)
		if i == e {
			if !f.even(uint32(e)) {
				return line, false
			}
			line++
			continue
		}
		c := f.buf[i]
		if c == '#' {
			if !f.comment(uint32(e)) {
				return line, false
			}
			line++
			continue
		}
		if i == s && (c == '-' || c == '.' || c == '%') {
			switch marker(f.buf[s:e]) {
			case startMarker:
				if started {
					f.close(0)
					return line, true
				}
				if !f.even(uint32(e)) || !blankFrom(f.buf[s+3:e]) {
					return line, false
				}
				started = f.depth > 0
				line++
				continue
			case endMarker:
				f.close(0)
				return line + 1, started && f.even(uint32(e)) && blankFrom(f.buf[s+3:e])
			case directive:
				return line, false
			}
		}
		if !f.even(uint32(e)) {
			return line, false
		}
		started = true
		if line, ok = f.content(line, i-s, i, e); !ok {
			return line, false
		}
	}
	f.close(0)
	return line, true
}

// bounds are the offsets of a line, without its end (\n or \r\n).
func (f *fastScanner) bounds(line int) (s, e int) {
	if line > 0 {
		s = int(f.lines.ends[line-1]) + 1
	}
	e = int(f.lines.ends[line])
	if uint32(e-1) == f.nextOdd && e > s && f.buf[e-1] == '\r' && e < len(f.buf) {
		f.skipOdd()
		return s, e - 1
	}
	return s, e
}

// indented is the offset of the first byte that is not a space, at most e.
func (f *fastScanner) indented(s, e int) int {
	for i := s; ; i += 8 {
		if other := load(f.buf[:len(f.buf)+slack], i) ^ ones*' '; other != 0 {
			return min(i+bits.TrailingZeros64(other)>>3, e)
		}
		if i >= e {
			return e
		}
	}
}

// begin takes a new text: tree.buf, with its lines.
func (f *fastScanner) begin() {
	f.odd = -1
	f.skipOdd()
}

// seek passes the odd bytes before offset.
func (f *fastScanner) seek(offset uint32) {
	for f.nextOdd < offset {
		f.skipOdd()
	}
}

func (f *fastScanner) skipOdd() {
	f.odd++
	if f.odd < len(f.lines.odd) {
		f.nextOdd = f.lines.odd[f.odd]
	} else {
		f.nextOdd = math.MaxUint32
	}
}

// even says that no odd byte stands before offset e.
func (f *fastScanner) even(e uint32) bool { return f.nextOdd >= e }

// comment passes the tabs of a comment or of a block scalar's line.
func (f *fastScanner) comment(e uint32) bool {
	for f.nextOdd < e {
		if f.buf[f.nextOdd] != '\t' {
			return false
		}
		f.skipOdd()
	}
	return true
}

// content reads a line that holds something, at that indentation, and returns
// the next line to read.
func (f *fastScanner) content(line, indent, i, e int) (int, bool) {
	dash := f.dash(i, e)
	if !f.open(indent, i, dash) {
		return line, false
	}
	for dash {
		top := &f.frames[f.depth-1]
		item := f.add(top.node, i, i)
		j := f.indented(i+1, e)
		if j == e || f.buf[j] == '#' {
			f.pending = item
			return line + 1, f.even(uint32(e))
		}
		indent += j - i
		i = j
		if dash = f.dash(i, e); dash {
			if !f.push(item, seqNode, indent, i) {
				return line, false
			}
			continue
		}
		if k := f.colon(i, e); k < 0 || !plainKey(f.buf[i:k]) {
			return f.value(line, item, top.indent, i, e)
		}
		if !f.push(item, mapNode, indent, i) {
			return line, false
		}
	}
	if f.depth == 0 { // a flow collection as the whole document
		return line + 1, f.root(i, e)
	}
	return f.pair(line, i, e)
}

// dash says that a sequence entry starts at i.
func (f *fastScanner) dash(i, e int) bool {
	return f.buf[i] == '-' && (i+1 == e || f.buf[i+1] == ' ')
}

// open makes the block at that indentation the innermost one: it opens it where
// a value is pending, and closes deeper ones.
func (f *fastScanner) open(indent, i int, dash bool) bool {
	kind := mapNode
	if dash {
		kind = seqNode
	}
	if f.depth == 0 {
		if f.pending == rootDone {
			return false
		}
		if c := f.buf[i]; c == '{' || c == '[' {
			return true
		}
		root := f.add(-1, i, i)
		return f.push(root, kind, indent, i)
	}
	top := &f.frames[f.depth-1]
	if f.pending >= 0 {
		if indent > top.indent || indent == top.indent && dash && top.kind == mapNode {
			p := f.pending
			f.pending = -1
			return f.push(p, kind, indent, i)
		}
		f.pending = -1
	}
	for top.indent > indent {
		f.close(f.depth - 1)
		if f.depth == 0 {
			return false
		}
		top = &f.frames[f.depth-1]
	}
	if top.kind == seqNode && !dash && f.depth > 1 {
		// A sequence may stand at the indentation of its key.
		if below := &f.frames[f.depth-2]; below.kind == mapNode && below.indent == indent {
			f.close(f.depth - 1)
			top = below
		}
	}
	return top.indent == indent && top.kind == kind
}

// push opens a block as the value of node n.
func (f *fastScanner) push(n int32, kind kind, indent, i int) bool {
	if f.depth == maxDepth {
		return false
	}
	d := &f.tree.nodes[n]
	d.kind, d.start, d.end = kind, uint32(i), uint32(i)
	top := &f.frames[f.depth]
	top.indent, top.node, top.kind = indent, n, kind
	top.keys = keySet{}
	f.depth++
	return true
}

// close ends the blocks above depth.
func (f *fastScanner) close(depth int) {
	for f.depth > depth {
		f.depth--
		f.tree.nodes[f.frames[f.depth].node].next = int32(len(f.tree.nodes))
	}
}

// add appends a node that has no children yet.
func (f *fastScanner) add(parent int32, start, end int) int32 {
	t := f.tree
	n := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{start: uint32(start), end: uint32(end), parent: parent, next: n + 1})
	return n
}

// colon is the offset of the colon that ends the key at i, or -1.
func (f *fastScanner) colon(i, e int) int {
	for at := i; at < e; at += 8 {
		if m := equal(load(f.buf[:len(f.buf)+slack], at), ':'); m != 0 {
			k := at + bits.TrailingZeros64(m)>>3
			if k < e && (k+1 == e || f.buf[k+1] == ' ') {
				return k
			}
			return -1
		}
	}
	return -1
}

// pair reads the key and the value that start at i into the innermost mapping.
func (f *fastScanner) pair(line, i, e int) (int, bool) {
	top := &f.frames[f.depth-1]
	ks, ke, k := i, i, 0
	if c := f.buf[i]; c == '"' || c == '\'' {
		k = quoted(f.buf, i, e)
		if k < 0 || k+1 >= e || f.buf[k+1] != ':' || k+2 < e && f.buf[k+2] != ' ' {
			return line, false
		}
		ks, ke, k = i+1, k, k+1
	} else {
		if k = f.colon(i, e); k < 0 {
			return line, false
		}
		ke = k
	}
	n, ok := f.key(top.node, &top.keys, ks, ke)
	if !ok {
		return line, false
	}
	f.tree.nodes[n].keyStart, f.tree.nodes[n].keyEnd = uint32(i), uint32(k)
	j := f.indented(k+1, e)
	if j == e || f.buf[j] == '#' {
		f.tree.nodes[n].start, f.tree.nodes[n].end = uint32(k+1), uint32(k+1)
		f.pending = n
		return line + 1, true
	}
	return f.value(line, n, top.indent, j, e)
}

// key adds a node for the key at buf[i:j] of mapping m. It refuses a key that
// stands there twice: the full scanner says so with its place.
func (f *fastScanner) key(m int32, set *keySet, i, j int) (int32, bool) {
	k := f.keys.get(f.buf[:len(f.buf)+slack], i, j)
	if k == nil {
		return 0, false
	}
	if k.id != noKey {
		if !set.add(k.id) {
			return 0, false
		}
	} else {
		if f.extra == nil {
			f.extra = map[extraKey]struct{}{}
		}
		x := extraKey{m, k.text}
		if _, twice := f.extra[x]; twice {
			return 0, false
		}
		f.extra[x] = struct{}{}
	}
	n := f.add(m, i, i)
	if k.class != classNone {
		f.tree.nodes[n].class = k.class
		if k.class >= firstMark {
			f.tree.marks = append(f.tree.marks, n)
		}
	}
	return n, true
}
