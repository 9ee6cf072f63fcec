package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s without what a terminal acts on or what makes it show
// another string than there is: control characters but newline and tab, marks that
// reverse the direction of writing, line separators that are no newline, invisible
// tags, U+FFFE and U+FFFF, and bytes that are no UTF-8. Each becomes U+FFFD. The carriage return
// before a newline is dropped.
func Printable(s string) string {
	if isPrintable(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if IsUnprintable(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n"))
}

// PrintableLine is Printable for what has to stay in its line, such as a name or a
// cell of a table: newlines and tabs become spaces.
func PrintableLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, Printable(s))
}

// PrintableBlock is Printable for what follows a string of the program's own: its
// further lines are indented, so that none of them reads like a line of the program.
func PrintableBlock(s string) string {
	return strings.ReplaceAll(strings.TrimRight(Printable(s), "\n"), "\n", "\n    ")
}

// isPrintable reports whether Printable changes nothing. Nearly every string is ASCII.
func isPrintable(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		} else if c >= utf8.RuneSelf {
			return utf8.ValidString(s) && strings.IndexFunc(s, IsUnprintable) < 0
		}
	}
	return true
}

// IsUnprintable reports whether [Printable] replaces a character.
func IsUnprintable(r rune) bool {
	switch {
	case r >= ' ' && r <= '~', r == '\n', r == '\t': // nearly every character
		return false
	case unicode.IsControl(r): // C0, DEL and C1
		return true
	case r == 0x061c, r >= 0x200e && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true // LS, PS, and the marks of Unicode's bidirectional algorithm
	case r == 0xfffe, r == 0xffff:
		return true // no characters, which YAML has no place for
	}
	return r >= 0xe0000 && r <= 0xe007f // tags
}

// maxMessage is how long a message may be, in bytes: nobody reads more, and what it
// quotes may have any length.
const maxMessage = 16 << 10

// Shortened returns a message without its middle if it is longer than people read.
func Shortened(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	head, tail := maxMessage*3/4, len(message)-maxMessage/8
	for !utf8.RuneStart(message[head]) {
		head--
	}
	for tail < len(message) && !utf8.RuneStart(message[tail]) {
		tail++
	}
	return fmt.Sprintf("%s … (%d bytes are left out) … %s", message[:head], tail-head, message[tail:])
}
