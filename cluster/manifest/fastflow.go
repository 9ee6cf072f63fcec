package manifest

// maxFlow is how deep the fast scanner follows flow collections.
const maxFlow = 32

// flow reads the collection at i into node n and returns the offset behind it,
// or 0. It must end on its line, and hold only quoted scalars, plain ones of
// flowByte, and collections.
func (f *fastScanner) flow(n int32, i, e, depth int) int {
	if depth == maxFlow {
		return 0
	}
	d := &f.nodes[n]
	d.start, d.end, d.flow, d.kind = uint32(i), uint32(i), true, seqNode
	closing := byte(']')
	if f.buf[i] == '{' {
		d.kind, closing = mapNode, '}'
	}
	var keys keySet
	if i = indented(f.buf, i+1, e); i < e && f.buf[i] == closing {
		return i + 1
	}
	for i < e {
		var item int32
		if closing == '}' {
			if item, i = f.flowKey(n, &keys, i, e); i == 0 {
				return 0
			}
		} else {
			item, _ = f.add(n, i)
		}
		if i = f.flowValue(item, i, e, depth); i == 0 {
			return 0
		}
		if i = indented(f.buf, i, e); i >= e {
			return 0
		}
		switch f.buf[i] {
		case closing:
			f.nodes[n].next = int32(f.count)
			return i + 1
		case ',':
			i = indented(f.buf, i+1, e)
		default:
			return 0
		}
	}
	return 0
}

// flowKey reads a key and its colon, and returns its node and the offset of the
// value, or 0.
func (f *fastScanner) flowKey(m int32, keys *keySet, i, e int) (int32, int) {
	ks, ke, j := i, i, i
	if c := f.buf[i]; c == '"' || c == '\'' {
		q := quoted(f.buf, i, e)
		if q < 0 {
			return 0, 0
		}
		ks, ke, j = i+1, q, q+1
	} else {
		for j < e && keyByte[f.buf[j]] {
			j++
		}
		ke = j
	}
	end := j
	if j+1 >= e || f.buf[j] != ':' || f.buf[j+1] != ' ' && ks == i {
		return 0, 0
	}
	key := f.lexer.keys.get(f.buf, ks, ke)
	if key == nil {
		return 0, 0
	}
	n, ok := f.key(m, keys, key.id, key.class, i, end)
	if !ok {
		return 0, 0
	}
	return n, indented(f.buf, j+1, e)
}

// flowValue reads a scalar or a collection into node n and returns the offset
// behind it, or 0.
func (f *fastScanner) flowValue(n int32, i, e, depth int) int {
	if i >= e {
		return 0
	}
	c := f.buf[i]
	if c == '[' || c == '{' {
		return f.flow(n, i, e, depth+1)
	}
	d := &f.nodes[n]
	end := i
	if c == '"' || c == '\'' {
		q := quoted(f.buf, i, e)
		if q < 0 {
			return 0
		}
		end = q + 1
	} else {
		for end < e && flowByte(f.buf, end, e) {
			end++
		}
		if end == i || c == '-' || c == ':' || f.buf[end-1] == ':' {
			return 0
		}
	}
	d.start, d.end, d.style, d.flow = uint32(i), uint32(end), styleOf(f.buf[i:]), true
	return end
}

// flowByte says that the byte at i is part of a plain scalar in a flow
// collection: that of a key, a colon before such a byte, or one of @ = +.
func flowByte(buf []byte, i, e int) bool {
	switch c := buf[i]; c {
	case ':':
		return i+1 < e && keyByte[buf[i+1]]
	case '@', '=', '+':
		return i > 0 && keyByte[buf[i-1]]
	default:
		return keyByte[c]
	}
}
