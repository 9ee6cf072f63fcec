package yamltree

import (
	"fmt"
	"unicode/utf8"
)

// Fault is an error at an offset of the bytes at hand. The caller makes an error
// with a place of it, since it alone knows the file and the line.
type Fault struct {
	At     int
	Reason string // one line, lower case
	Err    error  // the cause, if there is one
	// First is the offset of a second place, whose line is FirstLineMark in Reason.
	First *int
}

// FirstLineMark is in no other text: YAML allows no such character.
const FirstLineMark = "\x00"

func (f *Fault) Error() string { return f.Reason }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

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
