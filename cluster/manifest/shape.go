package manifest

import (
	"bytes"
	"math"
	"slices"
	"sort"
)

// differing is how a line may differ between two documents of one shape.
type differing uint8

const (
	nowhere   differing = iota
	inValue             // it has another scalar as its value
	inComment           // it is another comment
	inText              // it is another line of a literal or folded scalar
)

// shape is a document that was understood, kept to read those like it: their
// lines are the same, or differ in ways that cannot change what the other lines
// mean. Such a document has the same tree but for offsets. The offsets of a
// shape count from the document's start.
type shape struct {
	text  []byte
	lines []shapeLine
	// varied are the lines that were seen to differ; what is between them is
	// compared at once.
	varied []int
	nodes  []node
	places []nodePlace
	marks  []int32
	ended  bool // by ... on its last line
	next   int  // the number of what followed last
}

type shapeLine struct {
	start, end uint32 // end is behind its newline
	from       uint32 // it may differ from here on
	node       int32  // whose value it is, with inValue
	differs    differing
}

// nodePlace is the lines of a node's key and of its start. That of no key is one
// behind the last.
type nodePlace struct{ key, start uint32 }

// newShape keeps the document of tree t that is in the lines first to next. It
// holds no odd byte.
func newShape(t *tree, ends []uint32, first, next int) *shape {
	base := uint32(0)
	if first > 0 {
		base = ends[first-1] + 1
	}
	sh := &shape{text: bytes.Clone(t.buf[base : ends[next-1]+1]), marks: slices.Clone(t.marks)}
	sh.lines = make([]shapeLine, next-first)
	at := uint32(0)
	for i := range sh.lines {
		sh.lines[i] = shapeLine{start: at, end: ends[first+i] + 1 - base}
		at = sh.lines[i].end
	}
	sh.nodes = slices.Clone(t.nodes)
	sh.places = make([]nodePlace, len(sh.nodes))
	for i := range sh.nodes {
		d, p := &sh.nodes[i], &sh.places[i]
		d.start -= base
		d.end -= base
		p.start = sh.lineOf(d.start)
		p.key = uint32(len(sh.lines))
		if d.keyEnd > 0 {
			d.keyStart -= base
			d.keyEnd -= base
			p.key = sh.lineOf(d.keyStart)
		}
	}
	sh.classify()
	last := sh.lines[len(sh.lines)-1]
	sh.ended = marker(sh.text[last.start:last.end]) == endMarker
	return sh
}

func (sh *shape) lineOf(offset uint32) uint32 {
	return uint32(sort.Search(len(sh.lines), func(i int) bool { return sh.lines[i].end > offset }))
}

// classify finds how each line may differ.
func (sh *shape) classify() {
	n := 0 // the nodes before it start on this line or before
	for i := range sh.lines {
		l := &sh.lines[i]
		before := n
		for n < len(sh.nodes) && min(sh.places[n].key, sh.places[n].start) <= uint32(i) {
			n++
		}
		line := sh.text[l.start : l.end-1]
		indent := len(line) - len(bytes.TrimLeft(line, " "))
		l.from = l.start + uint32(indent)
		switch {
		case n > before:
			d := &sh.nodes[n-1]
			if d.kind == scalarNode && d.style != blockStyle && !d.flow && d.start < d.end && sh.places[n-1].start == uint32(i) {
				l.differs, l.node, l.from = inValue, int32(n-1), d.start
			}
		case indent == len(line):
		case n > 0 && sh.nodes[n-1].style == blockStyle:
			// Behind the block, comments and lone dashes start no node either.
			if indent > 0 && line[indent] != '#' && line[indent] != '-' {
				l.differs = inText
			}
		case line[indent] == '#':
			l.differs = inComment
			l.from++
		}
	}
}

// match reads the document at line first, if it has this shape, and returns the
// line after it.
func (sh *shape) match(f *fastScanner, first int) (line int, ok bool) {
	text := f.tree.buf
	shift := uint32(0) // from an offset of the shape to that of the text
	if first > 0 {
		shift = f.lines.ends[first-1] + 1
	}
	shifts := append(f.shapes.shifts[:0], make([]uint32, len(sh.lines)+1)...)
	f.shapes.shifts = shifts
	f.shapes.values = f.shapes.values[:0]
	for i, v := 0, 0; ; v++ {
		until := len(sh.lines)
		if v < len(sh.varied) {
			until = sh.varied[v]
		}
		if at := sh.unlike(text, shift, i, until); at >= 0 {
			if sh.lines[at].differs == nowhere {
				return first, false
			}
			sh.varied = slices.Insert(sh.varied, v, at)
			until = at
		}
		for ; i < until; i++ {
			shifts[i] = shift
		}
		if i == len(sh.lines) {
			break
		}
		l := &sh.lines[i]
		start := min(int(l.start+shift), len(text))
		size := bytes.IndexByte(text[start:], '\n')
		if size < 0 || !sh.varies(f, l, shift, uint32(start+size)) {
			return first, false
		}
		shifts[i] = shift
		shift = uint32(start+size+1) - l.end
		i++
	}
	end := uint32(len(sh.text)) + shift
	if !sh.ended && int(end) < len(text) && marker(text[end:]) != startMarker {
		return first, false
	}
	sh.fill(f, shifts)
	f.lines.skip(first, f.odd, end)
	f.nextOdd = math.MaxUint32
	for i := range sh.lines[1:] {
		f.lines.ends = append(f.lines.ends, sh.lines[i+1].start+shifts[i+1]-1)
	}
	f.lines.ends = append(f.lines.ends, end-1)
	return first + len(sh.lines), true
}

// unlike is the first of the lines i to until that is not the same in text, or -1.
func (sh *shape) unlike(text []byte, shift uint32, i, until int) int {
	if i == until {
		return -1
	}
	from, to := sh.lines[i].start, sh.lines[until-1].end
	if int(to+shift) <= len(text) && string(sh.text[from:to]) == string(text[from+shift:to+shift]) {
		return -1
	}
	for ; i < until-1; i++ {
		l := &sh.lines[i]
		if int(l.end+shift) > len(text) || string(sh.text[l.start:l.end]) != string(text[l.start+shift:l.end+shift]) {
			break
		}
	}
	return i
}

// varies says that the line of the text that ends at end differs from l, if it
// does, only as it may.
func (sh *shape) varies(f *fastScanner, l *shapeLine, shift, end uint32) bool {
	start, from := l.start+shift, l.from+shift
	if from > end || !even(f.buf, int(from), int(end)) || string(sh.text[l.start:l.from]) != string(f.buf[start:from]) {
		return false
	}
	switch l.differs {
	case inText:
		return from < end && f.buf[from] != ' '
	case inValue:
		x := lexeme{form: pair}
		f.lexer.readValue(&x, f.buf, int(start), int(from), int(end))
		if x.form == refused || x.extent != onLine {
			return false
		}
		f.shapes.values = append(f.shapes.values, shapeValue{l.node, start + x.value, start + x.end, x.style})
	}
	return true
}

// fill makes the tree of a document of this shape.
func (sh *shape) fill(f *fastScanner, shifts []uint32) {
	nodes := append(f.tree.nodes[:0], sh.nodes...)
	for i := range nodes {
		d, p := &nodes[i], sh.places[i]
		key, start := shifts[p.key], shifts[p.start]
		d.keyStart += key
		d.keyEnd += key
		d.start += start
		d.end += start
	}
	for _, v := range f.shapes.values {
		d := &nodes[v.node]
		d.start, d.end, d.style = v.start, v.end, v.style
	}
	f.tree.nodes, f.tree.marks = nodes, append(f.tree.marks, sh.marks...)
}
