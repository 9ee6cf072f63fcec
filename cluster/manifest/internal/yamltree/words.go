package yamltree

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// The scanner looks at eight bytes at a time, a word, or at two words: what is at most
// two words long, as most keys and values are, then needs one check that the text goes on.
// A mask has the highest bit of each byte that is looked for; only the lowest one is
// certain, since a carry may set those above it. What counts is how many instructions a
// line takes: the processor already does as many at the same time as it can.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	// step is how many bytes two words are.
	step = 16
)

// Slack is how many bytes have to follow a text: they are loaded, but never taken
// for content. After a last line without an end they have to be line feeds, which end
// every run.
const Slack = 2 * step

// load returns the word at i.
func load(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8 : i+8]) }

// loadTwo returns the words at i and after it.
func loadTwo(b []byte, i int) (low, high uint64) {
	b = b[i : i+step : i+step]
	return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
}

// two returns the bytes at i and i+1, the first one as the lower byte.
func two(b []byte, i int) uint16 {
	b = b[i : i+2 : i+2]
	return binary.LittleEndian.Uint16(b)
}

// zero marks the bytes of w that are 0.
func zero(w uint64) uint64 { return (w - ones) &^ w & highs }

// equal marks the bytes of w that are c.
func equal(w uint64, c byte) uint64 { return zero(w ^ ones*uint64(c)) }

// unprintable marks the bytes of w that are not printable ASCII.
func unprintable(w uint64) uint64 { return ((w-' '*ones)&^w | (w + ones) | w) & highs }

// ungraphic marks the bytes of w that are not printable ASCII, and spaces.
func ungraphic(w uint64) uint64 { return ((w-'!'*ones)&^w | (w + ones) | w) & highs }

// first is the place of the lowest byte of w that is not 0.
func first(w uint64) int { return bits.TrailingZeros64(w) >> 3 }

// until returns the bytes of w to the lowest one that is marked, and that one, which has
// to be ASCII; all of them if none is.
func until(w, mark uint64) uint64 { return w & (mark&-mark - 1) }

// spaces returns the offset of the first byte that is not a space.
func spaces(buf []byte, i int) int {
	for ; ; i += 8 {
		if other := load(buf, i) ^ ones*' '; other != 0 {
			return i + first(other)
		}
	}
}

// plainRune returns the size of the character outside ASCII that b starts with,
// or 0 if it is more than content: a control character, a line break of YAML
// 1.1, a byte order mark, or not UTF-8.
func plainRune(b []byte) int {
	r, size := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && size <= 1, r < 0xa0, r == 0xfffe, r == 0xffff:
		return 0
	case r == '\u2028', r == '\u2029', r == '\ufeff':
		return 0
	}
	return size
}

const (
	hashLow  = 0x9e3779b97f4a7c15
	hashHigh = 0xc2b2ae3d27d4eb4f
)

func mix(h, low, high uint64) uint64 {
	h = (h^low)*hashLow ^ high*hashHigh
	return h ^ h>>32
}

// hash is the hash of buf[i:j] and a colon, which follows most keys. The buffer needs slack.
func hash(buf []byte, i, j int) uint64 {
	h := uint64(0)
	for ; j-i >= step; i += step {
		low, high := loadTwo(buf, i)
		h = mix(h, low, high)
	}
	low, high := loadTwo(buf, i)
	low, high = closed(low, high, j-i)
	return mix(h, low, high)
}

// closed returns the first n bytes of two words, and a colon.
func closed(low, high uint64, n int) (uint64, uint64) {
	end := 8 * uint(n&7)
	if n < 8 {
		return low&(1<<end-1) | ':'<<end, 0
	}
	return low, high&(1<<end-1) | ':'<<end
}
