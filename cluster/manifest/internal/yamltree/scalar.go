package yamltree

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Style is how a scalar is written.
type Style uint8

// The styles of scalars. Block is literal or folded.
const (
	Plain Style = iota
	Single
	Double
	Block
)

// styleOf returns the style of a scalar, other than a block, by its first byte.
func styleOf(raw []byte) Style {
	if len(raw) > 0 {
		switch raw[0] {
		case '\'':
			return Single
		case '"':
			return Double
		}
	}
	return Plain
}

// Decode returns the value of a scalar of one line, as [Tree.Simple] has it.
func Decode(raw []byte, s Style) string { return decode(raw, s) }

// decode returns the value of a scalar of one line that the fast scanner took.
func decode(raw []byte, s Style) string {
	if s == Plain || len(raw) < 2 {
		return string(raw)
	}
	raw = raw[1 : len(raw)-1]
	if s == Single {
		return strings.ReplaceAll(string(raw), "''", "'")
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		var size int
		out, size = unescape(out, raw[i:])
		i += size
	}
	return string(out)
}

// decodeFolded returns the value of a plain or quoted scalar of several lines that
// the fast scanner took. A line end is a space, and each further one a line end.
func decodeFolded(raw []byte, s Style) string {
	if s != Plain {
		raw = raw[1 : len(raw)-1]
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '\'' && s == Single:
			out = append(out, c)
			i += 2
		case c == '\\' && s == Double:
			if i+1 < len(raw) && (raw[i+1] == '\n' || raw[i+1] == '\r') {
				i++
				blanks, breaks := blankRun(raw[i:])
				out = append(out, strings.Repeat("\n", breaks-1)...)
				i += blanks
				continue
			}
			var size int
			out, size = unescape(out, raw[i:])
			i += size
		case c == ' ', c == '\t', c == '\n', c == '\r':
			blanks, breaks := blankRun(raw[i:])
			switch breaks {
			case 0:
				out = append(out, raw[i:i+blanks]...)
			case 1:
				out = append(out, ' ')
			default:
				out = append(out, strings.Repeat("\n", breaks-1)...)
			}
			i += blanks
		default:
			out = append(out, c)
			i++
		}
	}
	return string(out)
}

// blankRun returns how many bytes the blanks and line ends at the start of b are,
// and how many of them line ends.
func blankRun(b []byte) (size, breaks int) {
	for size < len(b) {
		switch b[size] {
		case '\n':
			breaks++
		case ' ', '\t', '\r':
		default:
			return size, breaks
		}
		size++
	}
	return size, breaks
}

// escapes are the letters of escape sequences, and escaped what they mean.
const escapes = "0abtnvfre_NLP"

var escaped = [len(escapes)]rune{0, '\a', '\b', '\t', '\n', '\v', '\f', '\r', '\x1b', '\u00a0', '\u0085', '\u2028', '\u2029'}

// unescape appends what the escape sequence at the start of b means, and returns
// its size.
func unescape(out, b []byte) ([]byte, int) {
	c := b[1]
	if n := escapeSize(c); n > 0 {
		r, _ := hexRune(b[2 : 2+n])
		return utf8.AppendRune(out, r), 2 + n
	}
	if i := strings.IndexByte(escapes, c); i >= 0 {
		return utf8.AppendRune(out, escaped[i]), 2
	}
	return append(out, c), 2
}

// escapeSize returns how many digits follow a backslash and c.
func escapeSize(c byte) int {
	switch c {
	case 'x':
		return 2
	case 'u':
		return 4
	case 'U':
		return 8
	}
	return 0
}

// hexRune returns the character of that number, if there is one.
func hexRune(digits []byte) (r rune, ok bool) {
	n := uint32(0)
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | uint32(c)
	}
	return rune(n), n <= utf8.MaxRune && utf8.ValidRune(rune(n))
}

// decodeBlock returns the value of the literal or folded scalar whose header is
// buf[start:end]. empty is true for one without a line that is not blank, and indent
// is the text's indentation if the header sets it.
func decodeBlock(buf []byte, start, end int, empty bool, indent int) string {
	folds := buf[start] == '>'
	var out []byte
	blanks := 0    // the line ends not yet written
	spaced := true // the line before starts with a blank, so its end is not folded
	for rest := AfterLine(buf, end); len(rest) > 0; rest = AfterLine(rest, 0) {
		line, ended := FirstLine(rest)
		text := bytes.TrimLeft(line, " ")
		depth := len(line) - len(text)
		if len(text) == 0 && (indent == 0 || depth <= indent) {
			if ended {
				blanks++
			}
			continue
		}
		if indent == 0 {
			if empty || len(text) == 0 {
				break
			}
			indent = depth
		}
		if depth < indent {
			break
		}
		line = line[indent:]
		blank := line[0] == ' ' || line[0] == '\t'
		if folds && len(out) > 0 && !spaced && !blank {
			if blanks == 1 {
				out = append(out, ' ')
			}
			blanks--
		}
		out = append(append(out, strings.Repeat("\n", blanks)...), line...)
		spaced, blanks = blank, 0
		if ended {
			blanks = 1
		}
	}
	switch header := buf[start:end]; {
	case bytes.IndexByte(header, '+') >= 0:
		out = append(out, strings.Repeat("\n", blanks)...)
	case bytes.IndexByte(header, '-') < 0 && len(out) > 0 && blanks > 0:
		out = append(out, '\n')
	}
	return string(out)
}

// FirstLine returns the first line of b without its end, and whether it has one.
func FirstLine(b []byte) (line []byte, ended bool) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return bytes.TrimSuffix(b[:i], []byte{'\r'}), true
	}
	return b, false
}

// AfterLine returns what follows the line that buf[i] is in.
func AfterLine(buf []byte, i int) []byte {
	if n := bytes.IndexByte(buf[i:], '\n'); n >= 0 {
		return buf[i+n+1:]
	}
	return nil
}

// BlockLine bounds the first line of text of the block scalar whose header ends
// at end, without its indentation.
func BlockLine(buf []byte, end int) (from, to int) {
	for rest := AfterLine(buf, end); len(rest) > 0; rest = AfterLine(rest, 0) {
		line, _ := FirstLine(rest)
		if text := bytes.TrimLeft(line, " "); len(text) > 0 {
			from = len(buf) - len(rest) + len(line) - len(text)
			return from, from + len(text)
		}
	}
	return len(buf), len(buf)
}

// Encode writes text as a scalar in that style, or double-quoted if a plain
// scalar would mean something else. It takes strings without line breaks.
func Encode(text string, s Style) string {
	switch {
	case s == Single:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case s == Double || s == Plain && !plainString(text):
		return `"` + doubleEscapes.Replace(text) + `"`
	}
	return text
}

var doubleEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// plainString reports whether text, written plain in any place, is that very
// string. It may return false for one that is.
func plainString(text string) bool {
	if text == "" || !wordByte[text[0]] || text[0] == '-' {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case wordByte[c], c == '@':
		case c == ':':
			if i+1 == len(text) || !wordByte[text[i+1]] {
				return false
			}
		default:
			return false
		}
	}
	return !OtherType(text)
}

// IsNull reports whether a plain scalar is YAML's null.
func IsNull(raw []byte) bool {
	switch string(raw) {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// OtherType reports whether a plain scalar may be something other than a string in
// some version of YAML: null, a boolean, a number, a date. One with a slash never
// is.
func OtherType(text string) bool {
	if text == "" {
		return true
	}
	switch c := text[0]; {
	case c >= '0' && c <= '9', c == '.', c == '+', c == '-':
		return strings.IndexByte(text, '/') < 0 && strings.Trim(text, "0123456789abcdefABCDEFxoXOinINTZ_+-.: ") == ""
	}
	switch strings.ToLower(text) {
	case "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return true
	}
	return false
}
