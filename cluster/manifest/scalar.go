package manifest

import (
	"bytes"
	"strings"
)

// decode is what a scalar of one line means. The scanners hand it only what
// quoted accepts; the full scanner keeps the parser's own text of the rest.
func decode(raw []byte, s style) string {
	if s == plainStyle || len(raw) < 2 {
		return string(raw)
	}
	raw = raw[1 : len(raw)-1]
	if s == singleStyle {
		return strings.ReplaceAll(string(raw), "''", "'")
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\\' && i+1 < len(raw) {
			i++
			c = unescape(raw[i])
		}
		out = append(out, c)
	}
	return string(out)
}

// unescape is the byte that a backslash and c stand for.
func unescape(c byte) byte {
	if i := strings.IndexByte("0abtnvfre", c); i >= 0 {
		return "\x00\a\b\t\n\v\f\r\x1b"[i]
	}
	return c
}

// decodeBlock is what the literal or folded scalar at buf[start:end], its
// header without an indentation indicator, means. Its text is deeper than around,
// the indentation of the mapping or sequence that holds it.
func decodeBlock(buf []byte, start, end, around int) string {
	folded := buf[start] == '>'
	var out []byte
	indent, blanks := 0, 0 // the text's indentation; the line ends not yet written
	spaced := true         // the line before starts with a blank, so its end is not folded
	for rest := afterLine(buf, end); len(rest) > 0; rest = afterLine(rest, 0) {
		line, ended := firstLine(rest)
		text := bytes.TrimLeft(line, " ")
		depth := len(line) - len(text)
		if len(text) == 0 && (indent == 0 || depth <= indent) {
			if ended {
				blanks++
			}
			continue
		}
		if indent == 0 {
			if len(text) == 0 || depth <= around {
				break
			}
			indent = depth
		}
		if depth < indent {
			break
		}
		line = line[indent:]
		blank := line[0] == ' ' || line[0] == '\t'
		if folded && len(out) > 0 && !spaced && !blank {
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
	switch chomp := buf[end-1]; {
	case chomp == '+':
		out = append(out, strings.Repeat("\n", blanks)...)
	case chomp != '-' && len(out) > 0 && blanks > 0:
		out = append(out, '\n')
	}
	return string(out)
}

// firstLine is the first line of b without its end, and whether it has one.
func firstLine(b []byte) (line []byte, ended bool) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return bytes.TrimSuffix(b[:i], []byte{'\r'}), true
	}
	return b, false
}

// afterLine is what follows the line that buf[i] stands in.
func afterLine(buf []byte, i int) []byte {
	if n := bytes.IndexByte(buf[i:], '\n'); n >= 0 {
		return buf[i+n+1:]
	}
	return nil
}

// blockLine bounds the first line of text of the block scalar whose header ends
// at end, without its indentation.
func blockLine(buf []byte, end int) (from, to int) {
	for rest := afterLine(buf, end); len(rest) > 0; rest = afterLine(rest, 0) {
		line, _ := firstLine(rest)
		if text := bytes.TrimLeft(line, " "); len(text) > 0 {
			from = len(buf) - len(rest) + len(line) - len(text)
			return from, from + len(text)
		}
	}
	return len(buf), len(buf)
}

// encode writes text as a scalar in that style, or double-quoted where a plain
// scalar would mean something else. It takes texts without line breaks.
func encode(text string, s style) string {
	switch {
	case s == singleStyle:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case s == doubleStyle || s == plainStyle && !plainString(text):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	}
	return text
}

// plainString says that text, written plain in any place, is that very string.
// It may say no to one that is.
func plainString(text string) bool {
	if text == "" || !keyByte[text[0]] || text[0] == '-' {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case keyByte[c], c == '@':
		case c == ':':
			if i+1 == len(text) || !keyByte[text[i+1]] {
				return false
			}
		default:
			return false
		}
	}
	return !otherType(text)
}

// otherType says that a plain scalar may be something other than a string in
// some version of YAML: null, a boolean, a number, a date. A text with a slash
// never is.
func otherType(text string) bool {
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
