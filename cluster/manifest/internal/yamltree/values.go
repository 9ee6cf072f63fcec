package yamltree

// What a value may start with.
const (
	startsOther = iota
	startsNothing
	startsPlain
	startsQuoted
	startsBlock
	startsFlow
	startsAnchor
	startsAlias
)

var valueByte = func() (t [256]uint8) {
	for c := '!'; c < 256; c++ {
		t[c] = startsPlain
	}
	for _, c := range "!,]}#@`%\x7f" {
		t[c] = startsOther
	}
	t['\n'], t['\r'], t['#'] = startsNothing, startsNothing, startsNothing
	t['"'], t['\''] = startsQuoted, startsQuoted
	t['|'], t['>'] = startsBlock, startsBlock
	t['['], t['{'] = startsFlow, startsFlow
	t['&'], t['*'] = startsAnchor, startsAlias
	return t
}()

// startsWord are the bytes that start a plain scalar, whatever follows them, but for
// that of merge keys, of which addKey takes note.
var startsWord = func() (t [256]bool) {
	for c, starts := range valueByte {
		t[c] = starts == startsPlain && c != '-' && c != '?' && c != ':' && c != '<'
	}
	return t
}()

// wordByte are the bytes of names: letters, digits and . / _ -
var wordByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '.' || c == '/' || c == '_' || c == '-'
	}
	return t
}()

// value reads the value after i, at most to the end of its last line, into node
// n. indent is that of the block around it.
func (f *fast) value(n int32, i, indent int) int {
	for {
		i = spaces(f.buf, i)
		switch valueByte[f.buf[i]] {
		case startsPlain:
			return f.plain(n, i, indent)
		case startsNothing:
			f.pending = n
			return f.rest(i)
		case startsQuoted:
			return f.quotedValue(n, i)
		case startsBlock:
			return f.block(n, i, indent)
		case startsFlow:
			if i = f.flow(n, i, 0); i == refused {
				return refused
			}
			return f.rest(i)
		case startsAlias:
			if i = f.alias(n, i); i == refused {
				return refused
			}
			return f.rest(i)
		case startsAnchor:
			if i = f.anchor(n, i); i == refused {
				return refused
			}
		default:
			return refused
		}
	}
}

// plain reads the plain scalar at i and the lines that go on with it.
func (f *fast) plain(n int32, i, indent int) int {
	if c := f.buf[i]; (c == '-' || c == '?' || c == ':') && f.blank(i+1) {
		return refused
	}
	end, next := f.plainLine(i)
	if next == refused {
		return refused
	}
	return f.goOn(n, i, end, next, indent)
}

// goOn ends the plain scalar of node n that started at i, or reads the lines that go on
// with it. Its latest line ends at end, at a comment or a line end, and the next line
// starts at next.
func (f *fast) goOn(n int32, i, end, next, indent int) int {
	d := &f.nodes[n]
	d.Start, d.Style = uint32(i), Plain
	for {
		comment := f.buf[end] == '#'
		for f.buf[end-1] == ' ' {
			end--
		}
		d.End = uint32(end)
		if comment {
			return next
		}
		j := spaces(f.buf, next)
		if j-next <= indent && f.buf[j] > '\r' {
			return next
		}
		for { // pass blank lines
			if f.buf[j] == '\n' && j < f.end {
				j++
			} else if f.buf[j] == '\r' && f.crlf(j) {
				j += 2
			} else {
				break
			}
			s := j
			j = spaces(f.buf, j)
			if j-s <= indent && f.buf[j] > '\r' {
				return next
			}
		}
		if j >= f.end || f.buf[j] == '#' {
			return next
		}
		d.flags |= folded
		if end, next = f.plainLine(j); next == refused {
			return refused
		}
	}
}

// plainLine returns where the line of a plain scalar ends, at a comment or a line
// end, and where the next line starts. A colon before a space would make it a key.
func (f *fast) plainLine(i int) (end, next int) {
	for at := i; ; {
		w := load(f.buf, at)
		stop := unprintable(w) | equal(w, ':') | equal(w, '#')
		if stop == 0 {
			at += 8
			continue
		}
		at += first(stop)
		switch c := f.buf[at]; {
		case c == '\n':
			return at, at + 1
		case c == ':':
			if f.blank(at + 1) {
				return at, refused
			}
			at++
		case c == '#':
			if f.buf[at-1] == ' ' {
				return at, f.comment(at)
			}
			at++
		case c == '\r' && f.crlf(at):
			return at, at + 2
		default:
			if at = f.rune(at); at == refused {
				return i, refused
			}
		}
	}
}

func (f *fast) quotedValue(n int32, i int) int {
	end, lines := f.quoted(i)
	if end == refused {
		return refused
	}
	f.setQuoted(n, i, end, lines)
	return f.rest(end)
}

func (f *fast) setQuoted(n int32, i, end int, lines bool) {
	d := &f.nodes[n]
	d.Start, d.End, d.Style = uint32(i), uint32(end), Double
	if f.buf[i] == '\'' {
		d.Style = Single
	}
	if lines {
		d.flags |= folded
	}
}

// quoted returns the offset after the quoted scalar at i, and whether it is on
// several lines.
func (f *fast) quoted(i int) (end int, lines bool) {
	q := f.buf[i]
	for i++; ; {
		w := load(f.buf, i)
		stop := unprintable(w) | equal(w, q) | equal(w, '\\')
		if stop == 0 {
			i += 8
			continue
		}
		i += first(stop)
		switch c := f.buf[i]; {
		case c == q && q == '\'' && f.buf[i+1] == q:
			i += 2
		case c == q:
			return i + 1, lines
		case c == '\\' && q == '\'', c == '\t':
			i++
		case c == '\\':
			size := f.escape(i)
			if size == 0 {
				return refused, false
			}
			i += size
		case c == '\n', c == '\r' && f.crlf(i):
			if c == '\r' {
				i++
			}
			i++
			lines = true
			if i >= f.end || f.marked(i) {
				return refused, false
			}
		default:
			if i = f.rune(i); i == refused {
				return refused, false
			}
		}
	}
}

// escape returns the size of the escape sequence at i, or 0. That of a line end is
// the backslash alone.
func (f *fast) escape(i int) int {
	switch c := f.buf[i+1]; c {
	case '"', '\\', 'n', 't', 'r', 'b', 'f', '0', 'a', 'e', 'v', '_', 'N', 'L', 'P', ' ', '\n', '\r':
		if c == '\n' || c == '\r' {
			return 1
		}
		return 2
	case 'x', 'u', 'U':
		size := escapeSize(c)
		if i+2+size > f.end {
			return 0
		}
		if _, ok := hexRune(f.buf[i+2 : i+2+size]); !ok {
			return 0
		}
		return 2 + size
	}
	return 0
}

// block reads the literal or folded scalar at i.
func (f *fast) block(n int32, i, indent int) int {
	d := &f.nodes[n]
	d.Start, d.Style = uint32(i), Block
	i++
	digit := f.buf[i] // the indentation indicator, before or after the other one
	if digit == '-' || digit == '+' {
		i++
		digit = f.buf[i]
	}
	text, lead := 0, 0 // the text's indentation, and the widest blank line before it
	if digit >= '1' && digit <= '9' {
		text = f.indented(n, max(indent, 0)+int(digit-'0'))
		i++
		if c := f.buf[i]; (c == '-' || c == '+') && f.buf[i-2] != '-' && f.buf[i-2] != '+' {
			i++
		}
	}
	d.End = uint32(i)
	i = f.rest(i)
	if i == refused {
		return refused
	}
	for i < f.end {
		s := i
		i = spaces(f.buf, i)
		depth := i - s
		if c := f.buf[i]; c == '\n' || c == '\r' && f.crlf(i) {
			if text == 0 {
				lead = max(lead, depth)
			}
			i++
			if c == '\r' {
				i++
			}
			continue
		}
		if text == 0 {
			if depth > indent && (lead > depth || f.buf[i] == '\t') {
				return refused
			}
			if depth <= indent || depth == 0 {
				d.flags |= noLines
				return s
			}
			text = depth
		}
		if depth < text {
			// What is too shallow to belong to the scalar, and too deep for what follows.
			if depth > indent {
				return refused
			}
			return s
		}
		if i = f.comment(i); i == refused { // any characters
			return refused
		}
	}
	if text == 0 {
		d.flags |= noLines
	}
	return i
}

// indented notes the indentation that the header of block scalar n sets.
func (f *fast) indented(n int32, indent int) int {
	if f.tree.indents == nil {
		f.tree.indents = map[int32]int{}
	}
	f.tree.indents[n] = indent
	return indent
}

// anchor reads the anchor of node n at i.
func (f *fast) anchor(n int32, i int) int {
	d := &f.nodes[n]
	end := f.name(i + 1)
	if d.flags&anchored != 0 || end == refused || !f.blank(end) {
		return refused
	}
	if f.anchors == nil {
		f.anchors = map[string]int32{}
	}
	f.anchors[string(f.buf[i+1:end])] = n
	d.flags |= anchored
	f.anchorAt = uint32(i)
	if d.flags&inFlow == 0 {
		var k key
		if f.key(spaces(f.buf, end), &k) != isScalar {
			return refused // the anchor is the key's
		}
	}
	return end
}

// alias reads the alias at i into node n.
func (f *fast) alias(n int32, i int) int {
	d := &f.nodes[n]
	end := f.name(i + 1)
	if d.flags&anchored != 0 || end == refused {
		return refused
	}
	if c := f.buf[end]; !f.blank(end) && (d.flags&inFlow == 0 || c != ',' && c != ']' && c != '}') {
		return refused
	}
	target, ok := f.anchors[string(f.buf[i+1:end])]
	if !ok {
		return refused
	}
	if f.tree.targets == nil {
		f.tree.targets = map[int32]int32{}
	}
	f.tree.targets[n] = target
	d.Kind, d.Start, d.End = Alias, uint32(i), uint32(end)
	return end
}

// name passes the name of an anchor.
func (f *fast) name(i int) int {
	from := i
	for c := f.buf[i]; c != '.' && c != '/' && wordByte[c]; c = f.buf[i] {
		i++
	}
	if i == from {
		return refused
	}
	return i
}
