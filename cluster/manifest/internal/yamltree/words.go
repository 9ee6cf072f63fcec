package yamltree

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// The scanner looks at eight bytes at a time. A mask has the highest bit of each
// byte that is looked for; only the lowest one is certain, since a carry may set
// those above it.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// Slack is how many bytes have to follow a text: they are loaded, but never taken
// for content. After a last line without an end they have to be line feeds, which end
// every run.
const Slack = 16

func load(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8]) }

// equal marks the bytes of w that are c.
func equal(w uint64, c byte) uint64 {
	w ^= ones * uint64(c)
	return (w - ones) &^ w & highs
}

// unprintable marks the bytes of w that are not printable ASCII.
func unprintable(w uint64) uint64 { return ((w-' '*ones)&^w | (w + ones) | w) & highs }

// first is the place of the lowest byte that a mask marks.
func first(mask uint64) int { return bits.TrailingZeros64(mask) >> 3 }

// spaces returns the offset of the first byte that is not a space.
func spaces(buf []byte, i int) int {
	for ; ; i += 8 {
		if other := load(buf, i) ^ ones*' '; other != 0 {
			return i + bits.TrailingZeros64(other)>>3
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
	hashMul = 0x9e3779b97f4a7c15
	hashEnd = 0xc2b2ae3d27d4eb4f
)

func mix(h, w uint64) uint64 {
	h = (h ^ w) * hashMul
	return h ^ h>>32
}

// hash is the hash of buf[i:j]. The buffer needs slack.
func hash(buf []byte, i, j int) uint64 {
	h := uint64(0)
	for ; j-i >= 8; i += 8 {
		h = mix(h, load(buf, i))
	}
	return mix(h, load(buf, i)&(1<<(8*uint(j-i))-1)) * hashEnd
}
