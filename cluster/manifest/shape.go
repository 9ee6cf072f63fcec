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
//
// The lines that were seen to differ cut it into parts: what is between two of
// them is compared at once, and lies at one distance from where a document has it.
type shape struct {
	text   []byte
	lines  []shapeLine
	varied []int // the lines seen to differ
	nodes  []node
	places []nodePlace
	parts  []nodeParts
	marks  []int32
	found  found
	ended  bool // by ... on its last line
	next   int  // the number of what followed last
}

type shapeLine struct {
	start, end uint32 // end is behind its newline
	from       uint32 // it may differ from here on
	node       int32  // whose value it is or is part of, with inValue and inText
	differs    differing
}

// nodePlace is the lines of a node's key and of its start. That of no key is
// noPlace.
type nodePlace struct{ key, start int32 }

const noPlace = -1

// nodeParts is the parts of a node's key and of its start, counted from 1. Part 0
// is at no distance: what has no place keeps its offset of 0.
type nodeParts struct{ key, start uint16 }

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
	sh.parts = make([]nodeParts, len(sh.nodes))
	for i := range sh.nodes {
		d, p := &sh.nodes[i], &sh.places[i]
		d.start -= base
		d.end -= base
		*p = nodePlace{noPlace, sh.lineOf(d.start)}
		if d.keyEnd > 0 {
			d.keyStart -= base
			d.keyEnd -= base
			p.key = sh.lineOf(d.keyStart)
		}
	}
	sh.classify()
	sh.part()
	last := sh.lines[len(sh.lines)-1]
	sh.ended = marker(sh.text[last.start:last.end]) == endMarker
	return sh
}

func (sh *shape) lineOf(offset uint32) int32 {
	return int32(sort.Search(len(sh.lines), func(i int) bool { return sh.lines[i].end > offset }))
}

// classify finds how each line may differ.
func (sh *shape) classify() {
	n := 0 // the nodes before it start on this line or before
	for i := range sh.lines {
		l := &sh.lines[i]
		before := n
		for n < len(sh.nodes) && sh.places[n].first() <= int32(i) {
			n++
		}
		line := sh.text[l.start : l.end-1]
		indent := len(line) - len(bytes.TrimLeft(line, " "))
		l.from = l.start + uint32(indent)
		switch {
		case n > before:
			d := &sh.nodes[n-1]
			if d.kind == scalarNode && d.style != blockStyle && !d.flow && d.start < d.end && sh.places[n-1].start == int32(i) {
				l.differs, l.node, l.from = inValue, int32(n-1), d.start
			}
		case indent == len(line):
		case n > 0 && sh.nodes[n-1].style == blockStyle:
			// Behind the block, comments and lone dashes start no node either.
			if indent > 0 && line[indent] != '#' && line[indent] != '-' {
				l.differs, l.node = inText, int32(n-1)
			}
		case line[indent] == '#':
			l.differs = inComment
			l.from++
		}
	}
}

// first is the line on which the node starts, with its key if it has one.
func (p nodePlace) first() int32 {
	if p.key == noPlace {
		return p.start
	}
	return p.key
}

// vary takes the lines that were seen to differ, the known ones among them.
func (sh *shape) vary(lines []int) {
	sh.varied = slices.Clone(lines)
	sh.part()
	for _, i := range lines {
		if l := &sh.lines[i]; l.differs != inComment {
			sh.found.vary(sh.nodes[l.node].class)
		}
	}
}

// part finds the part of each node.
func (sh *shape) part() {
	of := func(line int32) uint16 {
		before, _ := slices.BinarySearch(sh.varied, int(line))
		return uint16(before + 1)
	}
	for i, p := range sh.places {
		sh.parts[i] = nodeParts{0, of(p.start)}
		if p.key != noPlace {
			sh.parts[i].key = of(p.key)
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
	h := &f.shapes
	h.shifts, h.varied, h.values = append(h.shifts[:0], 0), h.varied[:0], h.values[:0]
	for i, v := 0, 0; ; {
		until := len(sh.lines)
		if v < len(sh.varied) {
			until = sh.varied[v]
		}
		if at := sh.unlike(text, shift, i, until); at < 0 {
			v++
		} else if until = at; sh.lines[at].differs == nowhere {
			return first, false
		}
		h.shifts = append(h.shifts, shift)
		if until == len(sh.lines) {
			break
		}
		h.varied = append(h.varied, until)
		l := &sh.lines[until]
		start := min(int(l.start+shift), len(text))
		size := bytes.IndexByte(text[start:], '\n')
		if size < 0 || !sh.varies(f, l, shift, uint32(start+size)) {
			return first, false
		}
		shift = uint32(start+size+1) - l.end
		i = until + 1
	}
	end := uint32(len(sh.text)) + shift
	if !sh.ended && int(end) < len(text) && marker(text[end:]) != startMarker {
		return first, false
	}
	if len(h.varied) > len(sh.varied) {
		sh.vary(h.varied)
	}
	sh.fill(f.tree, h.shifts, h.values)
	f.lines.skip(first, f.odd, end)
	f.lines.ends = sh.appendEnds(f.lines.ends, h.shifts)
	f.nextOdd = math.MaxUint32
	return first + len(sh.lines), true
}

// appendEnds appends where the lines of a document end.
func (sh *shape) appendEnds(ends, shifts []uint32) []uint32 {
	i := 0
	for v, shift := range shifts[1:] {
		until := len(sh.lines)
		if v < len(sh.varied) {
			until = sh.varied[v] // its end is of the next part
		}
		for ; i < until; i++ {
			ends = append(ends, sh.lines[i].end+shift-1)
		}
	}
	return ends
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
func (sh *shape) fill(t *tree, shifts []uint32, values []shapeValue) {
	nodes := slices.Grow(t.nodes[:0], len(sh.nodes))[:len(sh.nodes)]
	for i := range nodes {
		d, of, p := &nodes[i], &sh.nodes[i], sh.parts[i]
		key, start := shifts[p.key], shifts[p.start]
		*d = *of
		d.keyStart += key
		d.keyEnd += key
		d.start += start
		d.end += start
	}
	for _, v := range values {
		d := &nodes[v.node]
		d.start, d.end, d.style = v.start, v.end, v.style
	}
	t.nodes, t.marks, t.found = nodes, append(t.marks, sh.marks...), &sh.found
}
