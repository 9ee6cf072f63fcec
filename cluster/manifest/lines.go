package manifest

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Eight bytes are looked at as one word, the first byte lowest. The tests below
// are exact: each sets the high bit of just those bytes that match.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	lows  = 0x7f7f7f7f7f7f7f7f
)

// slack is how many bytes past the text can be loaded.
const slack = 16

func load(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8]) }

// zeros marks the bytes of w that are zero.
func zeros(w uint64) uint64 { return ^((w&lows + lows) | w | lows) }

// equal marks the bytes of w that are c.
func equal(w uint64, c byte) uint64 { return zeros(w ^ ones*uint64(c)) }

// indexChunk is how many bytes of a text are indexed at a time.
const indexChunk = 8 << 10

// lines is where the lines of a text end, and where a byte stands that the fast
// scanner has to look at twice. It goes as far as it was asked to, since a
// document of a known shape needs no index.
type lines struct {
	ends []uint32
	// odd holds the offsets of tabs, carriage returns, and everything that YAML
	// forbids or takes for a line break although it is not one in ASCII.
	odd []uint32

	text []byte
	done int // the bytes that were indexed
	next int // where the next character starts, past a multi-byte one
}

// begin takes a new text. It needs slack bytes behind it.
func (l *lines) begin(text []byte) {
	*l = lines{ends: l.ends[:0], odd: l.odd[:0], text: text}
}

// more indexes further, to the end of one more line at least. It says false at
// the end of the text.
func (l *lines) more() bool {
	for known := len(l.ends); len(l.ends) == known; {
		if l.done == len(l.text) {
			return false
		}
		l.chunk()
	}
	return true
}

// skip passes the bytes up to offset: a line starts there, whatever was indexed
// behind it is forgotten, and the caller adds the ends before it.
func (l *lines) skip(ends, odd int, offset uint32) {
	l.ends, l.odd = l.ends[:ends], l.odd[:odd]
	l.done, l.next = int(offset), 0
}

// chunk indexes the next bytes.
func (l *lines) chunk() {
	n := min(l.done+indexChunk, len(l.text))
	buf := l.text[:len(l.text)+slack]
	ends := l.ends
	for i := l.done; i < n; i += 8 {
		w := load(buf, i)
		// No byte below space, none above tilde: most words end here.
		if ((w-' '*ones)|(w+ones)|w)&highs == 0 {
			continue
		}
		low := w & lows
		breaks := equal(w, '\n')
		control := ^(low + 0x60*ones | w) & highs // below 0x20
		odd := (control ^ breaks) | w&highs | (low+ones)&highs
		if i+8 > n {
			keep := uint64(1)<<(8*(n-i)) - 1
			breaks &= keep
			odd &= keep
		}
		for ; breaks != 0; breaks &= breaks - 1 {
			ends = append(ends, uint32(i+bits.TrailingZeros64(breaks)>>3))
		}
		for ; odd != 0; odd &= odd - 1 {
			if at := i + bits.TrailingZeros64(odd)>>3; at >= l.next {
				l.next = l.oddAt(l.text, at)
			}
		}
	}
	if n == len(l.text) && l.text[n-1] != '\n' {
		ends = append(ends, uint32(n))
	}
	l.ends, l.done = ends, n
}

// even says that buf[s:e] holds printable ASCII alone. It needs slack.
func even(buf []byte, s, e int) bool {
	for ; s < e; s += 8 {
		w := load(buf, s)
		if s+8 > e {
			keep := uint64(1)<<(8*(e-s)) - 1
			w = w&keep | ' '*ones&^keep
		}
		if low := w & lows; (^(low+0x60*ones)|w|(low+ones))&highs != 0 {
			return false
		}
	}
	return true
}

// oddAt records the byte or character at i if it is one to look at, and returns
// where the next character starts.
func (l *lines) oddAt(text []byte, i int) int {
	size := 1
	if text[i] >= utf8.RuneSelf {
		var r rune
		r, size = utf8.DecodeRune(text[i:])
		if plainRune(r, size) {
			return i + size
		}
	}
	l.odd = append(l.odd, uint32(i))
	return i + size
}

// plainRune says that a character outside ASCII is text and nothing else: no
// control, no line break of YAML 1.1 and no byte order mark.
func plainRune(r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size == 1, r < 0xa0, r == 0xfffe, r == 0xffff:
		return false
	case r == '\u2028', r == '\u2029', r == '\ufeff':
		return false
	}
	return true
}
