package manifest

import "math"

// maxDepth is how deep the fast scanner follows blocks; deeper ones are handed on.
const maxDepth = 64

// rootDone is pending where a document may have no more content.
const rootDone = -2

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
//
// What a line says by itself is the lexer's; where it belongs is decided here.
type fastScanner struct {
	lexer  lexer
	shapes shapes
	lines  *lines
	tree   *tree
	buf    []byte // the text with its slack
	nodes  []node // the tree's, to the end of their capacity
	count  int    // how many there are

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

// begin takes a new text.
func (f *fastScanner) begin(text []byte) {
	f.lines.begin(text)
	f.odd, f.nextOdd = 0, math.MaxUint32
}

// have says that the text has that line, and that it is indexed.
func (f *fastScanner) have(line int) bool { return line < len(f.lines.ends) || f.more() }

// more indexes one line more, at least.
func (f *fastScanner) more() bool {
	ok := f.lines.more()
	if f.odd < len(f.lines.odd) {
		f.nextOdd = f.lines.odd[f.odd]
	}
	return ok
}

// scan reads the document that starts at line first. It returns the line after
// its last one, and whether it understood all; where it did not, the tree is to
// be forgotten.
func (f *fastScanner) scan(first int) (line int, ok bool) {
	f.buf = f.tree.buf[:len(f.tree.buf)+slack]
	f.nodes, f.count = f.tree.nodes[:cap(f.tree.nodes)], 0
	f.depth, f.pending = 0, -1
	if line, ok = f.shapes.match(f, first); ok {
		return line, true
	}
	odd := f.odd
	line, ok = f.document(first)
	f.close(0)
	f.tree.nodes = f.nodes[:f.count]
	if ok {
		f.shapes.learn(f, first, line, odd)
	}
	return line, ok
}

// document is scan without its frame.
func (f *fastScanner) document(first int) (line int, ok bool) {
	if len(f.extra) > 0 {
		clear(f.extra)
	}
	started := false // something other than comments and the marker was seen
	for line = first; f.have(line); {
		odd, nextOdd := f.odd, f.nextOdd
		s, e := f.bounds(line)
		x := f.lexer.line(f.buf, s, e)
		if x.form != comment && !f.even(uint32(e)) {
			return line, false
		}
		switch x.form {
		case refused:
			return line, false
		case blankLine:
			line++
		case comment:
			if !f.tabsOnly(uint32(e)) {
				return line, false
			}
			line++
		case marked:
			m := marker(f.buf[s:e])
			if m == startMarker && started {
				f.odd, f.nextOdd = odd, nextOdd // the line is the next document's
				return line, true
			}
			if m == directive || !blankFrom(f.buf[s+3:e]) || m == endMarker && !started {
				return line, false
			}
			line++
			if m == endMarker {
				return line, true
			}
		default:
			started = true
			if line, ok = f.content(line, x, s, e); !ok {
				return line, false
			}
		}
	}
	return line, true
}

// bounds are the offsets of a line, without its end (\n or \r\n).
func (f *fastScanner) bounds(line int) (s, e int) {
	if line > 0 {
		s = int(f.lines.ends[line-1]) + 1
	}
	e = int(f.lines.ends[line])
	if uint32(e-1) == f.nextOdd && e > s && f.buf[e-1] == '\r' && e < len(f.buf)-slack {
		f.skipOdd()
		return s, e - 1
	}
	return s, e
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

// tabsOnly passes the tabs before offset e, of a comment or of a block scalar.
func (f *fastScanner) tabsOnly(e uint32) bool {
	for f.nextOdd < e {
		if f.buf[f.nextOdd] != '\t' {
			return false
		}
		f.skipOdd()
	}
	return true
}

// content reads a line that holds something, and returns the next to read.
func (f *fastScanner) content(line int, x *lexeme, s, e int) (int, bool) {
	if f.depth == 0 && x.form == flowDoc && f.pending != rootDone {
		f.pending = rootDone
		i := s + int(x.indent)
		root, _ := f.add(-1, i)
		end := f.flow(root, i, e, 0)
		return line + 1, end > 0 && blankFrom(f.buf[end:e])
	}
	indent := int(x.indent)
	if x.form == flowDoc || !f.open(indent, s+indent, x.dash) {
		return line, false
	}
	top := &f.frames[f.depth-1]
	if !x.dash {
		return f.pair(line, x, top, s, e)
	}
	item, _ := f.add(top.node, s+indent)
	at := s + int(x.content)
	for ; x.form == nested; at = s + int(x.content) {
		if !f.push(item, seqNode, at-s, at) {
			return line, false
		}
		top = &f.frames[f.depth-1]
		item, _ = f.add(top.node, at)
		x = &f.lexer.other
		f.lexer.read(x, f.buf, at, e)
		x.move(uint32(at - s))
	}
	switch x.form {
	case nothing:
		f.pending = item
		return line + 1, true
	case scalar:
		return f.value(line, item, top.indent, x, s, e)
	case pair:
		if f.push(item, mapNode, at-s, at) {
			return f.pair(line, x, &f.frames[f.depth-1], s, e)
		}
	}
	return line, false
}

// open makes the block at that indentation the innermost one: it opens it where
// a value is pending, and closes deeper ones.
func (f *fastScanner) open(indent, i int, dash bool) bool {
	kind := mapNode
	if dash {
		kind = seqNode
	}
	if f.depth == 0 {
		root, _ := f.add(-1, i)
		return f.pending != rootDone && f.push(root, kind, indent, i)
	}
	top := &f.frames[f.depth-1]
	if p := f.pending; p >= 0 {
		f.pending = -1
		if indent > top.indent || indent == top.indent && dash && top.kind == mapNode {
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
	d := &f.nodes[n]
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
		f.nodes[f.frames[f.depth].node].next = int32(f.count)
	}
}
