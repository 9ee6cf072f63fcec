package manifest

import "math/bits"

// form is what a line, or what follows a dash on it, is by itself.
type form uint8

const (
	refused   form = iota // not known
	blankLine             // nothing
	comment
	marked  // it may be a document marker or a directive
	pair    // key: value, or key: alone
	scalar  // a value alone, behind a dash
	nested  // behind a dash, another dash
	nothing // behind a dash
	flowDoc // a flow collection that starts a line
)

// extent is how a value goes on.
type extent uint8

const (
	noValue extent = iota // it comes on the next lines, or is null
	onLine                // a scalar that ends on its line
	block                 // a literal or folded scalar: its text follows
	flow                  // a flow collection, to be read where it stands
)

// lexeme is what a line says by itself. Its offsets count from the line's start,
// so that it holds for every line of the same text.
type lexeme struct {
	indent  uint32 // where it starts
	content uint32 // where the key or value starts: behind the dash, if there is one
	key     uint32 // the end of the key
	value   uint32 // the value
	end     uint32
	id      uint16 // the key's number
	class   class
	form    form
	extent  extent
	style   style
	dash    bool
}

// move makes the offsets count from n bytes before.
func (x *lexeme) move(n uint32) {
	x.indent += n
	x.content += n
	x.key += n
	x.value += n
	x.end += n
}

// lexer reads lines, one at a time. The text needs slack behind it.
type lexer struct {
	keys  keyTable
	table lineTable
	other lexeme // the latest that the table did not take
}

// line reads buf[s:e].
func (l *lexer) line(buf []byte, s, e int) *lexeme {
	entry, known := l.table.find(buf, s, e)
	if known {
		return &entry.lexeme
	}
	x := &l.other
	if entry != nil {
		x = &entry.lexeme
	}
	l.read(x, buf, s, e)
	return x
}

// read fills x with what buf[s:e] says.
func (l *lexer) read(x *lexeme, buf []byte, s, e int) {
	*x = lexeme{}
	i := indented(buf, s, e)
	x.indent = uint32(i - s)
	x.content = x.indent
	if i == e {
		x.form = blankLine
		return
	}
	switch c := buf[i]; {
	case c == '#':
		x.form = comment
		return
	case i == s && marker(buf[s:e]) != noMarker:
		x.form = marked
		return
	case c == '{' || c == '[':
		x.form = flowDoc
		return
	case isDash(buf, i, e):
		x.dash = true
		i = indented(buf, i+1, e)
		x.content = uint32(i - s)
		if i == e || buf[i] == '#' {
			x.form = nothing
			return
		}
		if isDash(buf, i, e) {
			x.form = nested
			return
		}
		if k := colon(buf, i, e); k < 0 || !plainKey(buf[i:k]) {
			x.form = scalar
			l.readValue(x, buf, s, i, e)
			return
		}
	}
	l.readPair(x, buf, s, i, e)
}

// readPair reads a key and its value.
func (l *lexer) readPair(x *lexeme, buf []byte, s, i, e int) {
	from, to, k := i, 0, 0
	if c := buf[i]; c == '"' || c == '\'' {
		if k = quoted(buf, i, e) + 1; k == 0 || k >= e || buf[k] != ':' || k+1 < e && buf[k+1] != ' ' {
			return
		}
		from, to = i+1, k-1
	} else {
		if k = colon(buf, i, e); k < 0 {
			return
		}
		to = k
	}
	key := l.keys.get(buf, from, to)
	if key == nil {
		return
	}
	x.id, x.class, x.key = key.id, key.class, uint32(k-s)
	x.form = pair
	i = indented(buf, k+1, e)
	if i == e || buf[i] == '#' {
		x.value, x.end = uint32(k+1-s), uint32(k+1-s)
		return
	}
	l.readValue(x, buf, s, i, e)
}

// readValue reads the value that starts at i. Where it is not known, x is refused.
func (l *lexer) readValue(x *lexeme, buf []byte, s, i, e int) {
	end := 0
	switch valueByte[buf[i]] {
	case startsPlain:
		x.extent = onLine
		end = plain(buf, i, e)
	case startsQuoted:
		x.extent, x.style = onLine, styleOf(buf[i:])
		if q := quoted(buf, i, e); q > 0 && blankFrom(buf[q+1:e]) {
			end = q + 1
		}
	case startsBlock:
		x.extent, x.style = block, blockStyle
		end = i + 1
		if end < e && (buf[end] == '-' || buf[end] == '+') {
			end++
		}
		if !blankFrom(buf[end:e]) {
			end = 0
		}
	case startsFlow:
		x.extent = flow
		end = i + 1
	}
	if end == 0 {
		x.form = refused
		return
	}
	x.value, x.end = uint32(i-s), uint32(end-s)
}

// indented is the offset of the first byte that is not a space, at most e.
func indented(buf []byte, i, e int) int {
	for ; ; i += 8 {
		if other := load(buf, i) ^ ones*' '; other != 0 {
			return min(i+bits.TrailingZeros64(other)>>3, e)
		}
		if i >= e {
			return e
		}
	}
}

// isDash says that a sequence entry starts at i.
func isDash(buf []byte, i, e int) bool {
	return buf[i] == '-' && (i+1 == e || buf[i+1] == ' ')
}

// colon is the offset of the colon that ends the key at i, or -1.
func colon(buf []byte, i, e int) int {
	for at := i; at < e; at += 8 {
		if m := equal(load(buf, at), ':'); m != 0 {
			k := at + bits.TrailingZeros64(m)>>3
			if k < e && (k+1 == e || buf[k+1] == ' ') {
				return k
			}
			return -1
		}
	}
	return -1
}

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
func plain(buf []byte, i, e int) int {
	if isDash(buf, i, e) {
		return 0
	}
scan:
	for at := i; at < e; at += 8 {
		w := load(buf, at)
		for m := equal(w, ':') | equal(w, '#'); m != 0; m &= m - 1 {
			k := at + bits.TrailingZeros64(m)>>3
			switch {
			case k >= e:
				break scan
			case buf[k] == ':':
				if k+1 == e || buf[k+1] == ' ' {
					return 0
				}
			case buf[k-1] == ' ':
				e = k
				break scan
			}
		}
	}
	for buf[e-1] == ' ' {
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
