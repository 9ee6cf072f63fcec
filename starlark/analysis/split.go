package analysis

import (
	"strings"
	"unicode/utf8"
)

// Split returns where the statements at the top level of a source begin, in bytes.
// Each goes on to the next one, with the comments and blank lines behind it.
//
// If the source parses, so does each part of it between two of these places. A
// bracket or a string that is left open takes in all that follows. Split returns nil
// if a line ends in CR alone, which ends none for an editor.
func Split(source string) []int {
	var starts []int
	depth := 0 // of brackets
	for i := 0; i < len(source); {
		if depth == 0 && BeginsStatement(source[i:]) {
			starts = append(starts, i)
		}
		for i < len(source) { // to the next line that is in no string and continues none
			switch source[i] {
			case '\n':
			case '\r':
				if !strings.HasPrefix(source[i:], "\r\n") {
					return nil
				}
				i++
				continue
			case '#':
				end := strings.IndexByte(source[i:], '\n')
				if end < 0 {
					end = len(source) - i
				}
				if strings.IndexByte(strings.TrimSuffix(source[i:i+end], "\r"), '\r') >= 0 {
					return nil
				}
				i += end
				continue
			case '"', '\'':
				_, i = StringEnd(source, i)
				continue
			case '(', '[', '{':
				depth++
				i++
				continue
			case ')', ']', '}':
				depth = max(depth-1, 0)
				i++
				continue
			case '\\':
				i++
				if strings.HasPrefix(source[i:], "\r") {
					i++
				}
				i = min(i+1, len(source))
				continue
			default:
				i++
				continue
			}
			i++
			break
		}
	}
	return starts
}

// StringEnd returns where the content of a string begins, which begins with the quote
// at a byte, and the byte behind the string: at the end of the line, or of the source,
// if it is left open.
func StringEnd(source string, at int) (content, end int) {
	quote := source[at]
	i, triple := at+1, false
	if strings.HasPrefix(source[i:], source[at:at+1]) {
		if i+1 == len(source) || source[i+1] != quote {
			return i, i + 1
		}
		i, triple = i+2, true
	}
	content = i
	for i < len(source) {
		switch source[i] {
		case '\\':
			i++
			if strings.HasPrefix(source[i:], "\r\n") {
				i++
			}
		case quote:
			if !triple {
				return content, i + 1
			}
			if strings.HasPrefix(source[i+1:], source[at:at+2]) {
				return content, i + 3
			}
		case '\n':
			if !triple {
				return content, i
			}
		}
		i++
	}
	return content, len(source)
}

// BeginsStatement reports whether a line at the left margin begins a statement.
func BeginsStatement(line string) bool {
	if line == "" || strings.IndexByte(" \t\r\n#)]}", line[0]) >= 0 {
		return false
	}
	for _, word := range []string{"else", "elif"} {
		if rest, ok := strings.CutPrefix(line, word); ok && (rest == "" || !IsNameByte(rest[0])) {
			return false
		}
	}
	return true
}

// IsNameByte reports whether a byte can be part of a name in a source: a letter, a
// digit, an underscore, or a byte of a character outside ASCII. A name does not begin
// with a digit.
func IsNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}
