package yamltree

// maxDepth is how deep the fast scanner follows blocks.
const maxDepth = 64

const (
	// nonePending is fast.pending if no value is awaited.
	nonePending = -1
	// rootDone is fast.pending if a document may have no more content.
	rootDone = -2
	// noItem is in place of a node for a line without a dash.
	noItem = -2
	// noParent is the parent of a root.
	noParent = -1
	// refused is the offset that a method of fast returns for what it does not take.
	refused = -1
)

// frame is an open block mapping or sequence.
type frame struct {
	indent int // noIndent of the frame that is below the root
	node   int32
	kind   Kind
	keys   keySet // of a mapping
}

const noIndent = -1

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
	frames     [1 + maxDepth]frame
	tables     []keyTable // of the document's large mappings
	depth      int
	pending    int32 // the key or item whose value has not come yet
	// anchors are the nodes that have one, by name; anchorAt is where the latest is.
	anchors  map[string]int32
	anchorAt uint32
}

// document reads the document that starts at offset start, and returns where the
// next one starts. If it refuses, the tree is to be reset.
func (f *fast) document(start int) (end int, ok bool) {
	t := f.tree
	f.end = len(t.Buf)
	f.buf = t.Buf[:f.end+Slack]
	f.nodes, f.count = t.Nodes[:cap(t.Nodes)], 0
	f.depth, f.pending = 0, nonePending
	f.frames[0] = frame{indent: noIndent, node: noParent}
	f.tables = f.tables[:0]
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

// lines reads the lines from s to the end of the document. Most are a key shorter than
// two words, maybe behind a dash, and a plain value without spaces: for them it calls
// nothing but word. Its byte pairs are loaded as one number, the first byte lowest.
func (f *fast) lines(s int) int {
	const (
		dash   = '-' | ' '<<8
		inline = ':' | ' '<<8
		null   = ':' | '\n'<<8
	)
	buf := f.buf
	i := spaces(buf, s)
	for s < f.end {
		top, indent, item := &f.frames[f.depth], i-s, int32(noItem)
		low, high := loadTwo(buf, i)
		if uint16(low) == dash {
			if item = f.item(i, indent); item == refused {
				return refused
			}
			i = spaces(buf, i+1)
			top, indent = &f.frames[f.depth], i-s
			low, high = loadTwo(buf, i)
		}
		colon := i
		if stop := ungraphic(low) | equal(low, ':'); stop != 0 {
			colon += first(stop)
			low, high = until(low, stop), 0
		} else {
			stop = ungraphic(high) | equal(high, ':')
			colon += 8 + first(stop)
			high = until(high, stop)
		}
		after := two(buf, colon)
		if !startsWord[byte(low)] || after != inline && after != null || colon == i+step {
			last := false
			if item == noItem {
				s, last = f.line(s, i)
			} else if next, text, ok := f.word(item, i, top.indent); ok {
				s, i = next, text
				continue
			} else {
				s = f.itemValue(item, i, s)
			}
			if s == refused || last {
				return s
			}
			i = spaces(buf, s)
			continue
		}

		// A key is from i to the colon.
		if item != noItem {
			if !f.push(item, Mapping, indent, i) {
				return refused
			}
			top = &f.frames[f.depth]
		} else if top.indent != indent || top.kind != Mapping || f.pending >= 0 {
			if !f.open(indent, i, Mapping) {
				return refused
			}
			top = &f.frames[f.depth]
		}
		hash := mix(0, low, high)
		if !top.keys.add(hash) && !f.uniquePlain(top.node, &top.keys, i, colon, hash) {
			return refused
		}
		n := int32(f.count)
		if f.count == len(f.nodes) {
			f.grow()
		}
		f.count++
		d := &f.nodes[n]
		d.KeyStart, d.KeyEnd, d.Start, d.End = uint32(i), uint32(colon), uint32(colon+1), uint32(colon+1)
		d.Parent, d.Next, d.hash = top.node, n+1, upper(hash)
		d.Kind, d.Style, d.flags = Scalar, Plain, 0
		if d.Key = f.symbols.short(hash, low, high); f.symbols.marked[d.Key] {
			f.tree.Marks = append(f.tree.Marks, n)
		}

		// Its value follows.
		if after == null {
			f.pending = n
			s = colon + 2
			i = spaces(buf, s)
			continue
		}
		var ok bool
		if s, i, ok = f.word(n, colon+2, top.indent); ok {
			continue
		}
		if s = f.value(n, colon+2, top.indent); s == refused {
			return refused
		}
		i = spaces(buf, s)
	}
	return s
}

// word reads the plain value without spaces at i into node n, if that is what is there:
// most values. indent is that of the block around it. It returns where the next line
// starts and its first byte other than a space.
func (f *fast) word(n int32, i, indent int) (next, text int, ok bool) {
	buf := f.buf
	low, high := loadTwo(buf, i)
	if !startsWord[byte(low)] && (byte(low) != '-' || byte(low>>8) <= ' ') {
		return 0, 0, false
	}
	at := i
	for {
		if stop := ungraphic(low); stop != 0 {
			at += first(stop)
			break
		}
		if stop := ungraphic(high); stop != 0 {
			at += 8 + first(stop)
			break
		}
		at += step
		low, high = loadTwo(buf, at)
	}
	if end := two(buf, at-1); end>>8 != '\n' || byte(end) == ':' {
		return 0, 0, false
	}
	next = at + 1
	text = spaces(buf, next)
	if text-next > indent || buf[text] <= '\r' { // it may go on
		return 0, 0, false
	}
	d := &f.nodes[n]
	d.Start, d.End = uint32(i), uint32(at)
	return next, text, true
}

// line reads the line that starts at s and whose first byte other than a space is at i.
// last reports whether it ends the document: then the next one starts at next.
func (f *fast) line(s, i int) (next int, last bool) {
	switch c := f.buf[i]; c {
	case '\n':
		return i + 1, false
	case '\r':
		if !f.crlf(i) {
			return refused, false
		}
		return i + 2, false
	case '#':
		return f.comment(i), false
	case '-', '.', '%':
		if i != s {
			break
		}
		started := f.count > 0 // something other than comments and the marker was seen
		switch m := marker(f.buf[i:f.end]); {
		case m == startMarker && started:
			return i, true
		case m == directive, m == endMarker && !started:
			return refused, false
		case m == startMarker:
			if j := spaces(f.buf, i+3); f.buf[j] == '{' || f.buf[j] == '[' {
				return f.flowRoot(j), false
			}
			return f.rest(i + 3), false
		case m == endMarker:
			return f.rest(i + 3), true
		}
	}
	return f.content(i, i-s), false
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
		low, high := loadTwo(f.buf, i)
		if stop := unprintable(low); stop != 0 {
			i += first(stop)
		} else if stop := unprintable(high); stop != 0 {
			i += 8 + first(stop)
		} else {
			i += step
			continue
		}
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
		n := f.item(i, indent)
		if n == refused {
			return refused
		}
		return f.itemValue(n, spaces(f.buf, i+1), i-indent)
	case c == '{', c == '[':
		if f.depth == 0 {
			return f.flowRoot(i)
		}
		return f.late(i, indent)
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
	n, top := f.pending, &f.frames[f.depth]
	if n < 0 || f.depth == 0 || indent <= top.indent {
		return refused
	}
	f.pending = nonePending
	return f.value(n, i, top.indent)
}

func (f *fast) flowRoot(i int) int {
	if f.pending == rootDone {
		return refused
	}
	f.pending = rootDone
	if i = f.flow(f.add(noParent, i), i, 0); i == refused {
		return refused
	}
	return f.rest(i)
}

// item adds the entry whose dash is at i to the sequence of that indentation.
func (f *fast) item(i, indent int) int32 {
	if top := &f.frames[f.depth]; (top.indent != indent || top.kind != Sequence || f.pending >= 0) && !f.open(indent, i, Sequence) {
		return refused
	}
	return f.add(f.frames[f.depth].node, i)
}

// itemValue reads the value at i of sequence entry n, on the line that starts at offset line.
func (f *fast) itemValue(n int32, i, line int) int {
	for {
		switch c := f.buf[i]; {
		case c == '\n', c == '\r', c == '#':
			f.pending = n
			return f.rest(i)
		case c == '-' && f.blank(i+1):
			if !f.push(n, Sequence, i-line, i) {
				return refused
			}
			n = f.add(n, i)
			i = spaces(f.buf, i+1)
			continue
		case valueByte[c] == startsPlain, valueByte[c] == startsQuoted:
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
		return f.value(n, i, f.frames[f.depth].indent)
	}
}

// pair reads the value of key k into the innermost mapping.
func (f *fast) pair(k *key) int {
	top := &f.frames[f.depth]
	n := f.addKey(top.node, &top.keys, k)
	if n < 0 {
		return refused
	}
	if f.buf[k.colon+1] == ' ' {
		if next, _, ok := f.word(n, k.colon+2, top.indent); ok {
			return next
		}
	}
	return f.value(n, k.colon+1, top.indent)
}

// open makes the block at that indentation the innermost one: it opens it if a
// value is pending, and closes deeper ones.
func (f *fast) open(indent, i int, kind Kind) bool {
	if f.depth == 0 {
		return f.pending != rootDone && f.push(f.add(noParent, i), kind, indent, i)
	}
	top := &f.frames[f.depth]
	if p := f.pending; p >= 0 {
		f.pending = nonePending
		if indent > top.indent || indent == top.indent && kind == Sequence && top.kind == Mapping {
			return f.push(p, kind, indent, i)
		}
	}
	for top.indent > indent {
		f.close(f.depth - 1)
		top = &f.frames[f.depth]
	}
	if top.kind == Sequence && kind == Mapping && f.depth > 1 {
		// A sequence may have the indentation of its key.
		if below := &f.frames[f.depth-1]; below.kind == Mapping && below.indent == indent {
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
	f.depth++
	top := &f.frames[f.depth]
	top.indent, top.node, top.kind = indent, n, kind
	top.keys = keySet{}
	return true
}

// close ends the blocks above depth.
func (f *fast) close(depth int) {
	for f.depth > depth {
		f.nodes[f.frames[f.depth].node].Next = int32(f.count)
		f.depth--
	}
}

// add appends a node that has no children yet.
func (f *fast) add(parent int32, start int) int32 {
	n := f.count
	if n == len(f.nodes) {
		f.grow()
	}
	f.count++
	d := &f.nodes[n]
	// A literal would be built on the stack and copied.
	d.KeyStart, d.KeyEnd, d.Start, d.End = 0, 0, uint32(start), uint32(start)
	d.Parent, d.Next, d.hash = parent, int32(f.count), 0
	d.Kind, d.Style, d.Key, d.flags = Scalar, Plain, NoSymbol, 0
	return int32(n)
}

// grow makes room for more nodes.
func (f *fast) grow() {
	f.nodes = append(f.nodes, make([]Node, max(f.count, 256))...)
}
