package yamltree

// maxFlow is how deep the fast scanner follows flow collections.
const maxFlow = 64

// flow reads the collection at i, over any number of lines, into node n.
func (f *fast) flow(n int32, i, depth int) int {
	if depth == maxFlow {
		return refused
	}
	d := &f.nodes[n]
	d.Start, d.Kind = uint32(i), Sequence
	if d.flags&anchored != 0 {
		d.Start = f.anchorAt
	}
	d.End = d.Start
	d.flags |= inFlow
	closing := byte(']')
	if f.buf[i] == '{' {
		d.Kind, closing = Mapping, '}'
	}
	var keys keySet
	for {
		if i = f.space(i + 1); i == refused {
			return refused
		}
		if f.buf[i] == closing {
			break
		}
		var item int32
		if closing == '}' {
			if item, i = f.flowKey(n, &keys, i); i == refused {
				return refused
			}
		} else {
			item = f.add(n, i)
		}
		if i = f.flowValue(item, i, depth); i == refused {
			return refused
		}
		if i = f.space(i); i == refused {
			return refused
		}
		if f.buf[i] == closing {
			break
		}
		if f.buf[i] != ',' {
			return refused
		}
	}
	f.nodes[n].Next = int32(f.count)
	return i + 1
}

// space passes what separates tokens of a flow collection: blanks, line ends and
// comments.
func (f *fast) space(i int) int {
	for {
		switch c := f.buf[i]; {
		case c > ' ' && c != '#':
			return i
		case c == ' ':
			i = spaces(f.buf, i+1)
			continue
		case c == '\t':
			i++
			continue
		case c == '\n':
			i++
		case c == '\r' && f.crlf(i):
			i += 2
		case c == '#':
			if b := f.buf[i-1]; b != ' ' && b != '\t' && b != '\n' {
				return refused
			}
			if i = f.comment(i); i == refused {
				return refused
			}
		default:
			return i
		}
		// A line starts at i.
		if i >= f.end || f.marked(i) {
			return refused
		}
	}
}

// marked reports whether a document marker starts the line at i.
func (f *fast) marked(i int) bool {
	c := f.buf[i]
	return (c == '-' || c == '.') && marker(f.buf[i:f.end]) != noMarker
}

// flowKey reads a key of mapping m and its colon, and returns its node and the
// offset of the value.
func (f *fast) flowKey(m int32, keys *keySet, i int) (int32, int) {
	var k key
	quoted := valueByte[f.buf[i]] == startsQuoted
	if quoted {
		end, lines := f.quoted(i)
		if end == refused || lines {
			return 0, refused
		}
		k.set(f, i, end, spaces(f.buf, end))
	} else {
		end, colon, lines := f.flowPlain(i)
		if end == refused || lines {
			return 0, refused
		}
		k = key{start: i, end: end, colon: colon, from: i, to: end, hash: hash(f.buf, i, end)}
	}
	if f.buf[k.colon] != ':' || !quoted && !f.blank(k.colon+1) || k.colon-i > maxKey {
		return 0, refused
	}
	n := f.addKey(m, keys, &k)
	if n == refused {
		return 0, refused
	}
	return n, f.space(k.colon + 1)
}

// flowValue reads a scalar, an alias or a collection into node n.
func (f *fast) flowValue(n int32, i, depth int) int {
	f.nodes[n].flags |= inFlow
	if f.buf[i] == '&' {
		if i = f.anchor(n, i); i == refused {
			return refused
		}
		if i = f.space(i); i == refused {
			return refused
		}
	}
	switch valueByte[f.buf[i]] {
	case startsFlow:
		return f.flow(n, i, depth+1)
	case startsAlias:
		return f.alias(n, i)
	case startsQuoted:
		end, lines := f.quoted(i)
		if end != refused {
			f.setQuoted(n, i, end, lines)
		}
		return end
	case startsPlain:
		end, next, lines := f.flowPlain(i)
		if end == refused || f.buf[next] == ':' {
			return refused
		}
		if f.depth > 0 && f.tabAfter(next) {
			return refused
		}
		d := &f.nodes[n]
		d.Start, d.End, d.Style = uint32(i), uint32(end), Plain
		if lines {
			d.flags |= folded
		}
		return next
	}
	return refused
}

// tabAfter reports whether a plain scalar that ends before i is followed by a line
// with a tab before its first token. Below a block collection the YAML parser refuses
// some of them, and at the root none.
func (f *fast) tabAfter(i int) bool {
	for i < f.end && (f.buf[i] == '\n' || f.buf[i] == '\r') {
		if i = spaces(f.buf, i+1); f.buf[i] == '\t' {
			return true
		}
	}
	return false
}

// flowPlain reads a plain scalar. It returns its end, the offset of what ended it, and
// whether it is on several lines.
func (f *fast) flowPlain(i int) (end, next int, lines bool) {
	if c := f.buf[i]; valueByte[c] != startsPlain || c == '?' || c == ':' || c == '-' && !wordByte[f.buf[i+1]] {
		return refused, refused, false
	}
	for j := i; ; {
		for wordByte[f.buf[j]] {
			j++
		}
		switch c := f.buf[j]; {
		case c == ' ', c == '\n', c == '\r':
			end = j
			j = spaces(f.buf, j)
			switch f.buf[j] {
			case '#', ',', ']', '}':
				return end, j, lines
			case ':':
				if f.blank(j + 1) {
					return end, j, lines
				}
			case '\n', '\r':
				on := f.flowOn(j)
				if on == j {
					return end, j, lines
				}
				j, lines = on, true
			}
		case c == ',', c == ']', c == '}':
			return j, j, lines
		case c == ':':
			if f.blank(j + 1) {
				return j, j, lines
			}
			if n := f.buf[j+1]; n == ',' || n == ']' || n == '}' || n == '[' || n == '{' {
				return refused, refused, false
			}
			j++
		case c == '[', c == '{', c == '?':
			return refused, refused, false
		case c > ' ' && c < 0x7f:
			j++
		default:
			if j = f.rune(j); j == refused {
				return refused, refused, false
			}
		}
	}
}

// flowOn returns where the plain scalar whose line ends at i goes on, or i if it does
// not.
func (f *fast) flowOn(i int) int {
	for j := i; ; j = spaces(f.buf, j) {
		switch c := f.buf[j]; {
		case c == '\n':
			j++
		case c == '\r' && f.crlf(j):
			j += 2
		case c == '#', c == ',', c == ']', c == '}', c == '\t', c == ':' && f.blank(j+1):
			return i
		default:
			return j
		}
		// A line starts at j.
		if j >= f.end || f.marked(j) {
			return i
		}
	}
}
