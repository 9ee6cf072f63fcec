package image

import "strings"

// The states of a path scan. A path is elements with a slash between them; an
// element is runs of lower-case letters and digits with one separator between
// them: a dot, one or two underscores, or any number of dashes.
const (
	atStart    = iota // before the first byte of an element
	afterAlnum        // the only state in which a path may end
	afterDot
	afterUnderscore
	afterUnderscores
	afterDash
	atFault
)

// The kinds of byte in a path.
const (
	kindOther = iota
	kindAlnum
	kindDot
	kindUnderscore
	kindDash
	kindSlash
	kinds
)

var byteKind = [256]uint8{
	'a': kindAlnum, 'b': kindAlnum, 'c': kindAlnum, 'd': kindAlnum, 'e': kindAlnum, 'f': kindAlnum, 'g': kindAlnum,
	'h': kindAlnum, 'i': kindAlnum, 'j': kindAlnum, 'k': kindAlnum, 'l': kindAlnum, 'm': kindAlnum, 'n': kindAlnum,
	'o': kindAlnum, 'p': kindAlnum, 'q': kindAlnum, 'r': kindAlnum, 's': kindAlnum, 't': kindAlnum, 'u': kindAlnum,
	'v': kindAlnum, 'w': kindAlnum, 'x': kindAlnum, 'y': kindAlnum, 'z': kindAlnum,
	'0': kindAlnum, '1': kindAlnum, '2': kindAlnum, '3': kindAlnum, '4': kindAlnum,
	'5': kindAlnum, '6': kindAlnum, '7': kindAlnum, '8': kindAlnum, '9': kindAlnum,
	'.': kindDot, '_': kindUnderscore, '-': kindDash, '/': kindSlash,
}

var nextState = [atFault][kinds]uint8{
	atStart:          {atFault, afterAlnum, atFault, atFault, atFault, atFault},
	afterAlnum:       {atFault, afterAlnum, afterDot, afterUnderscore, afterDash, atStart},
	afterDot:         {atFault, afterAlnum, atFault, atFault, atFault, atFault},
	afterUnderscore:  {atFault, afterAlnum, atFault, afterUnderscores, atFault, atFault},
	afterUnderscores: {atFault, afterAlnum, atFault, atFault, atFault, atFault},
	afterDash:        {atFault, afterAlnum, atFault, atFault, afterDash, atFault},
}

// scanPath reads a path at the start of text, up to a tag, a digest or the
// end. It returns where the path ends, or the position of the mistake.
func scanPath(text string) (end int, ok bool) {
	state := uint8(atStart)
	for i := 0; i < len(text); i++ {
		next := nextState[state][byteKind[text[i]]]
		if next == atFault {
			return i, state == afterAlnum && (text[i] == ':' || text[i] == '@')
		}
		state = next
	}
	return len(text), state == afterAlnum
}

// looksLikeDomain reports whether the first element of a name is meant as a
// registry, not as a namespace on Docker Hub.
func looksLikeDomain(first string) bool {
	for i := 0; i < len(first); i++ {
		if c := first[i]; c == '.' || c == ':' || isUpper(c) {
			return true
		}
	}
	return first == "localhost"
}

// isDomain reports whether text is a host name, an IPv4 address or an IPv6
// address in brackets, with or without a port.
func isDomain(text string) bool {
	host, port := text, ""
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 2 || !all(text[1:end], isAddressByte) {
			return false
		}
		host, port = "", text[end+1:]
	} else if colon := strings.IndexByte(text, ':'); colon >= 0 {
		host, port = text[:colon], text[colon:]
	}
	if port != "" && (len(port) == 1 || port[0] != ':' || !all(port[1:], isDigit)) {
		return false
	}
	return text[0] == '[' || isHostName(host)
}

// isHostName reports whether host is labels with dots between them, each of
// letters, digits and inner dashes.
func isHostName(host string) bool {
	before := byte('.')
	for i := 0; i < len(host); i++ {
		c := host[i]
		switch {
		case isAlnum(c):
		case c == '-' && before != '.':
		case c == '.' && isAlnum(before):
		default:
			return false
		}
		before = c
	}
	return isAlnum(before)
}

// isID reports whether text is the ID of an image, which is no name.
func isID(text string) bool {
	return len(text) == 64 && all(text, isLowerHex)
}

func all(text string, is func(byte) bool) bool {
	for i := 0; i < len(text); i++ {
		if !is(text[i]) {
			return false
		}
	}
	return true
}

func isUpper(c byte) bool    { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isAlnum(c byte) bool    { return isDigit(c) || 'a' <= c && c <= 'z' || isUpper(c) }
func isLowerHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' }
func isTagByte(c byte) bool  { return isAlnum(c) || c == '_' || c == '.' || c == '-' }

// isAddressByte reports whether c can be in an IPv6 address.
func isAddressByte(c byte) bool {
	return isLowerHex(c) || 'A' <= c && c <= 'F' || c == ':'
}
