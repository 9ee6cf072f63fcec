package yamltree

// maxDepth is how deep the fast scanner follows blocks.
const maxDepth = 64

const (
	// nonePending is fast.pending if no value is awaited.
	nonePending = -1
	// rootDone is fast.pending if a document may have no more content.
	rootDone = -2
	// refused is the offset that a method of fast returns for what it does not take.
	refused = -1
)

// frame is an open block mapping or sequence.
type frame struct {
	indent int
	node   int32
	kind   Kind
	keys   keySet // of a mapping
}

// fast is the scanner of what people and generators write. Its methods take an
// offset and return the one after what they took, or refused.
type fast struct {
	duplicates bool // of keys are accepted
	symbols    *Symbols
	tree       *Tree
	buf        []byte // the text with its slack
	end        int    // of the text
	nodes      []Node // the tree's, to the end of their capacity
	count      int    // how many there are
	frames     [maxDepth]frame
	depth      int
	pending    int32 // the key or item whose value has not come yet
	// anchors are the nodes that have one, by name; anchorAt is where the latest is.
	anchors  map[string]int32
	anchorAt uint32
	// aheadText is where the spaces at the start of the line at ahead end.
	ahead, aheadText int
}

// document reads the document that starts at offset start, and returns where the
// next one starts. If it refuses, the tree is to be reset.
func (f *fast) document(start int) (end int, ok bool) {
	t := f.tree
	f.end = len(t.Buf)
	f.buf = t.Buf[:f.end+Slack]
	f.nodes, f.count = t.Nodes[:cap(t.Nodes)], 0
	f.depth, f.pending = 0, nonePending
	if len(f.anchors) > 0 {
		clear(f.anchors)
	}
	end = f.lines(start)
	if end == refused {
		return start, false
	}
	f.close(0)
	t.Nodes = f.nodes[:f.count]
	return min(end, f.end), true
}

// lines reads lines to the end of the document.
func (f *fast) lines(i int) int {
	started := false // something other than comments and the marker was seen
	f.ahead = refused
	for i < f.end {
		s := i
		if i == f.ahead {
			i = f.aheadText
		} else {
			i = spaces(f.buf, i)
		}
		switch c := f.buf[i]; c {
		case '\n':
			i++
			continue
		case '\r':
			if !f.crlf(i) {
				return refused
			}
			i += 2
			continue
		case '#':
			if i = f.comment(i); i == refused {
				return refused
			}
			continue
		case '-', '.', '%':
			if i != s {
				break
			}
			m := marker(f.buf[i:f.end])
			if m == noMarker {
				break
			}
			if m == startMarker && started {
				return i
			}
			if m == directive || m == endMarker && !started {
				return refused
			}
			if i = f.rest(i + 3); i == refused || m == endMarker {
				return i
			}
			continue
		}
		started = true
		if i = f.content(i, i-s); i == refused {
			return refused
		}
	}
	return i
}

// crlf reports whether a line ends by CR LF at i.
func (f *fast) crlf(i int) bool { return f.buf[i+1] == '\n' && i+1 < f.end }

// blank reports whether a space or a line end is at i.
func (f *fast) blank(i int) bool {
	c := f.buf[i]
	return c == ' ' || c == '\n' || c == '\r' && f.crlf(i)
}

// rest passes what may follow a value: spaces, a comment and the line end.
func (f *fast) rest(i int) int {
	if f.buf[i] == '\n' {
		return i + 1
	}
	i = spaces(f.buf, i)
	switch c := f.buf[i]; {
	case c == '\n':
		return i + 1
	case c == '\r' && f.crlf(i):
		return i + 2
	case c == '#' && f.buf[i-1] == ' ':
		return f.comment(i)
	}
	return refused
}

// comment passes the comment at i and its line end.
func (f *fast) comment(i int) int {
	for {
		m := unprintable(load(f.buf, i))
		if m == 0 {
			i += 8
			continue
		}
		i += first(m)
		switch c := f.buf[i]; {
		case c == '\n':
			return i + 1
		case c == '\t':
			i++
		case c == '\r' && f.crlf(i):
			return i + 2
		default:
			if i = f.rune(i); i == refused {
				return refused
			}
		}
	}
}

// rune passes a character outside ASCII.
func (f *fast) rune(i int) int {
	if i >= f.end || f.buf[i] < 0x80 {
		return refused
	}
	size := plainRune(f.buf[i:f.end])
	if size == 0 {
		return refused
	}
	return i + size
}

// content reads what starts at i, in that column of its line.
func (f *fast) content(i, indent int) int {
	switch c := f.buf[i]; {
	case c == '-' && f.blank(i+1):
		return f.item(i, indent)
	case c == '{', c == '[':
		if f.depth == 0 {
			return f.flowRoot(i)
		}
		return f.late(i, indent)
	}
	if colon, hash := f.plainKey(i); colon > 0 {
		// In the block at hand open would only return true.
		if d := f.depth - 1; d < 0 || f.frames[d].indent != indent || f.frames[d].kind != Mapping || f.pending != nonePending {
			if !f.open(indent, i, Mapping) {
				return refused
			}
		}
		return f.plainPair(i, colon, hash)
	}
	var k key
	switch f.key(i, &k) {
	case isPair:
		if !f.open(indent, i, Mapping) {
			return refused
		}
		return f.pair(&k)
	case isScalar:
		return f.late(i, indent)
	}
	return refused
}

// late reads the value of a key or item of an earlier line.
func (f *fast) late(i, indent int) int {
	n := f.pending
	if n < 0 || f.depth == 0 || indent <= f.frames[f.depth-1].indent {
		return refused
	}
	f.pending = nonePending
	return f.value(n, i, f.frames[f.depth-1].indent)
}

func (f *fast) flowRoot(i int) int {
	if f.pending == rootDone {
		return refused
	}
	f.pending = rootDone
	if i = f.flow(f.add(-1, i), i, 0); i == refused {
		return refused
	}
	return f.rest(i)
}

// item reads the sequence entry at i.
func (f *fast) item(i, indent int) int {
	if !f.open(indent, i, Sequence) {
		return refused
	}
	line := i - indent
	for {
		n := f.add(f.frames[f.depth-1].node, i)
		i = spaces(f.buf, i+1)
		switch c := f.buf[i]; {
		case c == '\n', c == '\r', c == '#':
			f.pending = n
			return f.rest(i)
		case c == '-' && f.blank(i+1):
			if !f.push(n, Sequence, i-line, i) {
				return refused
			}
			continue
		case valueByte[c] == startsPlain, valueByte[c] == startsQuoted:
			if colon, hash := f.plainKey(i); colon > 0 {
				if !f.push(n, Mapping, i-line, i) {
					return refused
				}
				return f.plainPair(i, colon, hash)
			}
			var k key
			switch f.key(i, &k) {
			case isPair:
				if !f.push(n, Mapping, i-line, i) {
					return refused
				}
				return f.pair(&k)
			case isBroken:
				return refused
			}
		}
		return f.value(n, i, f.frames[f.depth-1].indent)
	}
}

// pair reads the value of key k into the innermost mapping.
func (f *fast) pair(k *key) int {
	top := &f.frames[f.depth-1]
	n := f.addKey(top.node, &top.keys, k)
	if n < 0 {
		return refused
	}
	return f.value(n, k.colon+1, top.indent)
}

// open makes the block at that indentation the innermost one: it opens it if a
// value is pending, and closes deeper ones.
func (f *fast) open(indent, i int, kind Kind) bool {
	if f.depth == 0 {
		return f.pending != rootDone && f.push(f.add(-1, i), kind, indent, i)
	}
	top := &f.frames[f.depth-1]
	if p := f.pending; p >= 0 {
		f.pending = nonePending
		if indent > top.indent || indent == top.indent && kind == Sequence && top.kind == Mapping {
			return f.push(p, kind, indent, i)
		}
	}
	for top.indent > indent {
		f.close(f.depth - 1)
		if f.depth == 0 {
			return false
		}
		top = &f.frames[f.depth-1]
	}
	if top.kind == Sequence && kind == Mapping && f.depth > 1 {
		// A sequence may have the indentation of its key.
		if below := &f.frames[f.depth-2]; below.kind == Mapping && below.indent == indent {
			f.close(f.depth - 1)
			top = below
		}
	}
	return top.indent == indent && top.kind == kind
}

// push opens a block as the value of node n.
func (f *fast) push(n int32, kind Kind, indent, i int) bool {
	if f.depth == maxDepth {
		return false
	}
	d := &f.nodes[n]
	d.Kind = kind
	d.Start = uint32(i)
	if d.flags&anchored != 0 {
		d.Start = f.anchorAt
	}
	d.End = d.Start
	top := &f.frames[f.depth]
	top.indent, top.node, top.kind = indent, n, kind
	top.keys = keySet{}
	f.depth++
	return true
}

// close ends the blocks above depth.
func (f *fast) close(depth int) {
	for f.depth > depth {
		f.depth--
		f.nodes[f.frames[f.depth].node].Next = int32(f.count)
	}
}

// add appends a node that has no children yet.
func (f *fast) add(parent int32, start int) int32 {
	n := f.count
	if n == len(f.nodes) {
		f.nodes = append(f.nodes, make([]Node, max(n, 256))...)
	}
	f.count++
	d := &f.nodes[n]
	*d = Node{}
	d.Start, d.End, d.Parent, d.Next = uint32(start), uint32(start), parent, int32(f.count)
	return int32(n)
}
