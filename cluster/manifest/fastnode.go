package manifest

// add appends a node that has no children yet, and gives it to be filled.
func (f *fastScanner) add(parent int32, start int) (int32, *node) {
	n := f.count
	if n == len(f.nodes) {
		f.nodes = append(f.nodes, make([]node, max(n, 256))...)
	}
	f.count++
	d := &f.nodes[n]
	*d = node{start: uint32(start), end: uint32(start), parent: parent, next: int32(f.count)}
	return int32(n), d
}

// pair reads a line's key and value into the mapping of frame top.
func (f *fastScanner) pair(line int, x *lexeme, top *frame, s, e int) (int, bool) {
	if x.form != pair {
		return line, false
	}
	from := s + int(x.content)
	n, ok := f.key(top.node, &top.keys, x.id, x.class, from, s+int(x.key))
	if !ok {
		return line, false
	}
	if x.extent == noValue {
		f.pending = n
	}
	return f.value(line, n, top.indent, x, s, e)
}

// key adds a node for the key at buf[i:j] of mapping m. It refuses a key that
// stands there twice: the full scanner says so with its place.
func (f *fastScanner) key(m int32, set *keySet, id uint16, class class, i, j int) (int32, bool) {
	if id != noKey {
		if !set.add(id) {
			return 0, false
		}
	} else if !f.extraKey(m, f.buf[i:j]) {
		return 0, false
	}
	n, d := f.add(m, i)
	d.keyStart, d.keyEnd, d.class = uint32(i), uint32(j), class
	if class >= firstMark {
		f.tree.marks = append(f.tree.marks, n)
	}
	return n, true
}

// extraKey says whether a key without a number is new in mapping m.
func (f *fastScanner) extraKey(m int32, raw []byte) bool {
	if f.extra == nil {
		f.extra = map[extraKey]struct{}{}
	}
	x := extraKey{m, decode(raw, styleOf(raw))}
	_, twice := f.extra[x]
	f.extra[x] = struct{}{}
	return !twice
}

// value reads a line's value into node n. indent is that of the block around it.
func (f *fastScanner) value(line int, n int32, indent int, x *lexeme, s, e int) (int, bool) {
	d := &f.nodes[n]
	d.start, d.end, d.style = uint32(s)+x.value, uint32(s)+x.end, x.style
	switch x.extent {
	case block:
		return f.block(line+1, indent)
	case flow:
		end := f.flow(n, s+int(x.value), e, 0)
		return line + 1, end > 0 && blankFrom(f.buf[end:e])
	}
	return line + 1, true
}

// block passes the text of a literal or folded scalar in a block at that
// indentation, and returns the line after it.
func (f *fastScanner) block(line, indent int) (int, bool) {
	text, lead := -1, 0 // the text's indentation, and the widest blank line before it
	for ; f.have(line); line++ {
		odd, nextOdd := f.odd, f.nextOdd
		s, e := f.bounds(line)
		i := indented(f.buf, s, e)
		if i == e {
			if text < 0 {
				lead = max(lead, e-s)
			}
			continue
		}
		if text < 0 && i-s > indent {
			if lead > i-s || f.buf[i] == '\t' {
				return line, false
			}
			text = i - s
		}
		if text < 0 || i-s < text {
			f.odd, f.nextOdd = odd, nextOdd
			// Text that is too shallow to belong to the scalar, and too deep for what follows.
			return line, i-s <= indent
		}
		if !f.tabsOnly(uint32(e)) {
			return line, false
		}
	}
	return line, true
}
