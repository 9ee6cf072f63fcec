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

// lines is where the lines of a text end, and where a byte stands that the fast
// scanner has to look at twice.
type lines struct {
	ends []uint32
	// odd holds the offsets of tabs, carriage returns, and everything that YAML
	// forbids or takes for a line break although it is not one in ASCII.
	odd []uint32
}

// index reads text once. It needs slack bytes behind it.
func (l *lines) index(text []byte) {
	n := len(text)
	buf := text[:n+slack]
	ends := l.ends[:0]
	l.odd = l.odd[:0]
	next := 0 // where the next character starts, past a multi-byte one
	for i := 0; i < n; i += 8 {
		w := load(buf, i)
		// No byte below space, none above tilde: most words end here.
		if (w-' '*ones|w+ones|w)&highs == 0 {
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
			if at := i + bits.TrailingZeros64(odd)>>3; at >= next {
				next = l.oddAt(text, at)
			}
		}
	}
	if n > 0 && text[n-1] != '\n' {
		ends = append(ends, uint32(n))
	}
	l.ends = ends
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
