package manifest

import "math/bits"

// value reads the scalar or one-line flow collection that starts at i into node
// n. indent is that of the block around it. It returns the next line to read.
func (f *fastScanner) value(line int, n int32, indent, i, e int) (int, bool) {
	d := &f.tree.nodes[n]
	d.start = uint32(i)
	switch valueByte[f.buf[i]] {
	case startsPlain:
		end := f.plain(i, e)
		d.end = uint32(end)
		return line + 1, end > 0
	case startsQuoted:
		q := quoted(f.buf, i, e)
		if q < 0 || !blankFrom(f.buf[q+1:e]) {
			return line, false
		}
		d.end, d.style = uint32(q+1), styleOf(f.buf[i:])
		return line + 1, true
	case startsBlock:
		end := i + 1
		if end < e && (f.buf[end] == '-' || f.buf[end] == '+') {
			end++
		}
		if !blankFrom(f.buf[end:e]) {
			return line, false
		}
		d.end, d.style = uint32(end), blockStyle
		return f.block(line+1, indent)
	case startsFlow:
		end := f.flow(n, i, e, 0)
		return line + 1, end > 0 && blankFrom(f.buf[end:e])
	}
	return line, false
}

// root reads a flow collection that is the whole document.
func (f *fastScanner) root(i, e int) bool {
	f.pending = rootDone
	end := f.flow(f.add(-1, i, i), i, e, 0)
	return end > 0 && blankFrom(f.buf[end:e])
}

// rootDone is pending where a document may have no more content.
const rootDone = -2

// What a value may start with.
const (
	startsOther = iota
	startsPlain
	startsQuoted
	startsBlock
	startsFlow
)

var valueByte = func() (t [256]uint8) {
	for c := '!'; c < 256; c++ {
		t[c] = startsPlain
	}
	for _, c := range "!&*?:,]}#@`%\x7f" {
		t[c] = startsOther
	}
	t['"'], t['\''] = startsQuoted, startsQuoted
	t['|'], t['>'] = startsBlock, startsBlock
	t['['], t['{'] = startsFlow, startsFlow
	return t
}()

// plain is where the plain scalar at i ends, or 0 where it is not one: a colon
// before a space would make it a key.
func (f *fastScanner) plain(i, e int) int {
	if f.buf[i] == '-' && f.dash(i, e) {
		return 0
	}
	for at := i; at < e; at += 8 {
		w := load(f.buf[:len(f.buf)+slack], at)
		m := equal(w, ':') | equal(w, '#')
		for ; m != 0; m &= m - 1 {
			k := at + bits.TrailingZeros64(m)>>3
			if k >= e {
				break
			}
			if f.buf[k] == ':' {
				if k+1 == e || f.buf[k+1] == ' ' {
					return 0
				}
			} else if f.buf[k-1] == ' ' {
				e = k
				break
			}
		}
	}
	for f.buf[e-1] == ' ' {
		e--
	}
	return e
}

// quoted is the offset of the quote that closes the one at i, or -1. It takes
// only the escapes that stand for themselves in every version of YAML.
func quoted(buf []byte, i, e int) int {
	q := buf[i]
	for i++; i < e; i++ {
		switch c := buf[i]; {
		case c == q && q == '\'' && i+1 < e && buf[i+1] == q:
			i++
		case c == q:
			return i
		case c == '\\' && q == '"':
			if i++; i >= e {
				return -1
			}
			switch buf[i] {
			case '"', '\\', 'n', 't', 'r', 'b', 'f', '0', 'a', 'e', 'v', ' ':
			default:
				return -1
			}
		}
	}
	return -1
}

// blankFrom says that only spaces, and a comment after one, stand in b, the rest
// of a line behind a value.
func blankFrom(b []byte) bool {
	for i, c := range b {
		if c == '#' {
			return i > 0
		}
		if c != ' ' {
			return false
		}
	}
	return true
}

// block passes the text of a literal or folded scalar in a block at that
// indentation, and returns the line after it.
func (f *fastScanner) block(line, indent int) (int, bool) {
	text, lead := -1, 0 // the text's indentation, and the widest blank line before it
	for ; line < len(f.lines.ends); line++ {
		odd, nextOdd := f.odd, f.nextOdd
		s, e := f.bounds(line)
		i := f.indented(s, e)
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
		if !f.comment(uint32(e)) {
			return line, false
		}
	}
	return line, true
}
