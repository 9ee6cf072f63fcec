package yamltree

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// cursor turns the parser's lines and columns into byte offsets. The parser
// counts characters, and ends lines at what YAML 1.1 calls a break, which
// includes three characters outside ASCII.
type cursor struct {
	buf       []byte
	end       int
	lines     []uint32 // where each starts
	line, col int      // of the last offset given
	at        int
}

func newCursor(buf []byte, start, end int) cursor {
	c := cursor{buf: buf, end: end, lines: []uint32{uint32(start)}, line: 1, col: 1, at: start}
	for i := start; i < end; {
		size := BreakLen(buf[i:end])
		i += max(size, 1)
		if size > 0 {
			c.lines = append(c.lines, uint32(i))
		}
	}
	return c
}

// offset returns that of a line and column. Asking in the order of the text makes
// each step short, however long a line is.
func (c *cursor) offset(line, col int) int {
	if line != c.line || col < c.col {
		c.line, c.col = min(line, len(c.lines)), 1
		c.at = int(c.lines[c.line-1])
	}
	for ; c.col < col && c.at < c.end; c.col++ {
		if c.buf[c.at] < utf8.RuneSelf {
			c.at++
		} else {
			_, size := utf8.DecodeRune(c.buf[c.at:c.end])
			c.at += size
		}
	}
	return c.at
}

// extent bounds the scalar v, which the parser places at offset i, by its bytes:
// after its anchor and tag, quotes included. Of a block scalar it bounds the
// header.
func (c *cursor) extent(i int, v *yaml.Node) (start, end int, err error) {
	s := scalarStyle(v)
	if s == Plain && v.Value == "" {
		return i, i, nil
	}
	i = c.skipProperties(i)
	end = i
	switch s {
	case Plain:
		end = c.plainEnd(i, v.Value)
	case Single, Double:
		end = c.quotedEnd(i)
	case Block:
		for end < c.end && bytes.IndexByte([]byte("|>+-0123456789"), c.buf[end]) >= 0 {
			end++
		}
	}
	if end <= i {
		return 0, 0, &Fault{At: i, Reason: "the end of this value cannot be found: write it on one line"}
	}
	return i, end, nil
}

// skipProperties passes anchors and tags, and what separates them.
func (c *cursor) skipProperties(i int) int {
	for i < c.end && (c.buf[i] == '&' || c.buf[i] == '!') {
		for i < c.end && c.blankLen(i) == 0 {
			i++
		}
		for i < c.end {
			if size := c.blankLen(i); size > 0 {
				i += size
			} else if c.buf[i] == '#' {
				for i < c.end && BreakLen(c.buf[i:c.end]) == 0 {
					i++
				}
			} else {
				break
			}
		}
	}
	return i
}

// behindColon returns the offset after the colon of the key that ends at i.
func (c *cursor) behindColon(i int) int {
	for j := i; j < c.end; j++ {
		if c.buf[j] == ':' {
			return j + 1
		}
		if c.blankLen(j) == 0 {
			break
		}
	}
	return i
}

// plainEnd is the end of the plain scalar at i that means value, or i. A run of
// blanks and line ends in one is such a run in the other.
func (c *cursor) plainEnd(i int, value string) int {
	at, v := i, c.value(value)
	for j := 0; j < len(value); {
		size := c.blankLen(at)
		if size > 0 != (v.blankLen(j) > 0) {
			return i
		}
		if size == 0 {
			if at >= c.end || c.buf[at] != value[j] {
				return i
			}
			at, j = at+1, j+1
			continue
		}
		for size > 0 {
			at += size
			size = c.blankLen(at)
		}
		for size = v.blankLen(j); size > 0; size = v.blankLen(j) {
			j += size
		}
	}
	return at
}

func (c *cursor) value(text string) *cursor { return &cursor{buf: []byte(text), end: len(text)} }

// quotedEnd is the end of the quoted scalar at i, or i.
func (c *cursor) quotedEnd(i int) int {
	q := c.buf[i]
	if q != '"' && q != '\'' {
		return i
	}
	for j := i + 1; j < c.end; j++ {
		switch {
		case c.buf[j] == '\\' && q == '"':
			j++
		case c.buf[j] == q && q == '\'' && j+1 < c.end && c.buf[j+1] == q:
			j++
		case c.buf[j] == q:
			return j + 1
		}
	}
	return i
}

// blankLen is the size of the space, tab or line break at i, or 0.
func (c *cursor) blankLen(i int) int {
	if i >= c.end {
		return 0
	}
	if c.buf[i] == ' ' || c.buf[i] == '\t' {
		return 1
	}
	return BreakLen(c.buf[i:c.end])
}

// MaxBreak is the size of the longest line break.
const MaxBreak = 3

// BreakLen is the size of the line break that b starts with, or 0.
func BreakLen(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch c := b[0]; {
	case c == '\n':
		return 1
	case c == '\r':
		if len(b) > 1 && b[1] == '\n' {
			return 2
		}
		return 1
	case c == 0xc2 && len(b) > 1 && b[1] == 0x85:
		return 2
	case c == 0xe2 && len(b) > 2 && b[1] == 0x80 && (b[2] == 0xa8 || b[2] == 0xa9):
		return 3
	}
	return 0
}
