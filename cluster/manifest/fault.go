package manifest

import (
	"fmt"
	"unicode/utf8"
)

// fault is an error at an offset of the text at hand. The scan makes an Error of
// it, since it alone knows the file and the line.
type fault struct {
	at     int
	reason string
	err    error
	first  *int // the offset of a second place, whose line is firstLineMark in reason
}

// firstLineMark is no part of any text: YAML allows no such character.
const firstLineMark = "\x00"

func (f *fault) Error() string { return f.reason }
func (f *fault) Unwrap() error { return f.err }

// forbidden finds the first byte that no YAML holds, or -1.
func forbidden(text []byte) (at int, why string) {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
				return i, fmt.Sprintf("control character %U: YAML allows none but tab and line ends", rune(c))
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return i, fmt.Sprintf("byte %#02x is not UTF-8: save the file as UTF-8", c)
		case r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff:
			return i, fmt.Sprintf("control character %U: YAML allows none but tab and line ends", r)
		}
		i += size
	}
	return -1, ""
}
