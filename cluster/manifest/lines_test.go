package manifest

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryByteIsIndexedRightAtEveryPlace holds the words of eight bytes to one
// byte at a time: each byte, at each place of a word, before and behind bytes
// that a carry could come from or go to.
func TestEveryByteIsIndexedRightAtEveryPlace(t *testing.T) {
	for c := range 0x80 {
		for place := range 2 * 8 {
			for _, other := range []byte{' ', '0', '~', '\n', 0x1f, 0x7f, byte(c)} {
				text := bytes.Repeat([]byte{other}, 2*8+3)
				text[place] = byte(c)
				checkIndex(t, text)
			}
		}
	}
}

func checkIndex(t *testing.T, text []byte) {
	t.Helper()
	var ends, odd []uint32
	for i, c := range text {
		switch {
		case c == '\n':
			ends = append(ends, uint32(i))
		case c < ' ' || c > '~':
			odd = append(odd, uint32(i))
		}
	}
	if text[len(text)-1] != '\n' {
		ends = append(ends, uint32(len(text)))
	}
	padded := append(bytes.Clone(text), bytes.Repeat([]byte{'\n'}, slack)...)
	var l lines
	l.begin(padded[:len(text)])
	for l.more() {
	}
	if diff := cmp.Diff([][]uint32{ends, odd}, [][]uint32{l.ends, l.odd}); diff != "" {
		t.Errorf("%q (-byte by byte +by words):\n%s", text, diff)
	}
	for i := range text {
		printable := text[i] >= ' ' && text[i] <= '~'
		if got := even(padded, i, i+1); got != printable {
			t.Errorf("even of byte %q at %d is %t", text[i], i, got)
		}
	}
	if got := even(padded, 0, len(text)); got != (len(ends) == 1 && ends[0] == uint32(len(text)) && len(odd) == 0) {
		t.Errorf("even of %q is %t", text, got)
	}
}
