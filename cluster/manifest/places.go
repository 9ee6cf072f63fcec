package manifest

import (
	"bytes"
	"unicode/utf8"
)

// cursor is an offset of the region at hand, with its line and column, both
// counted from 1.
type cursor struct{ at, line, column int }

// places finds the lines and columns of offsets. It counts from the latest place,
// and only if asked.
type places struct {
	start cursor // of the region
	// latest is the latest place. back is the latest one that was before another:
	// what is shared by anchors is asked for again and again.
	latest, back cursor
}

// find returns the place of an offset of buf.
func (p *places) find(buf []byte, at int) cursor {
	c := &p.latest
	if at < c.at {
		if c = &p.back; at < c.at {
			*c = p.start
		}
	}
	c.advance(buf, at)
	return *c
}

func (c *cursor) advance(buf []byte, at int) {
	passed := buf[c.at:at]
	if n := bytes.Count(passed, []byte{'\n'}); n > 0 {
		c.line += n
		c.column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	c.column += utf8.RuneCount(passed)
	c.at = at
}

// consume forgets the first n bytes of buf.
func (p *places) consume(buf []byte, n int) {
	c := &p.latest
	if c.at > n {
		c = &p.start
	}
	c.advance(buf, n)
	p.start = cursor{0, c.line, c.column}
	p.latest, p.back = p.start, p.start
}
