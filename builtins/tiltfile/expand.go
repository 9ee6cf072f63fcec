package tiltfile

import (
	"regexp"
	"slices"
	"strings"
)

const (
	maxExpanded = 64 << 10 // bytes of a string with its variables replaced
	maxDefaults = 100      // defaults in defaults
	maxGlob     = 1 << 10  // characters of a pattern, and bytes of what it is matched with
)

// expand is what a word of a Dockerfile means: without its quotes, and with its variables
// replaced, as a shell does it. What docker refuses, or is over a limit, stays: it is no
// image.
func expand(word, escape string, vars map[string]string) string {
	x := expansion{text: word, escape: escape[0], vars: vars}
	out := x.until(0, false)
	if x.failed || x.at < len(word) { // a zero byte ends it
		return word
	}
	return out
}

// expansion replaces the variables of one word.
type expansion struct {
	text    string
	at      int
	escape  byte
	vars    map[string]string
	depth   int
	written int
	failed  bool
}

// next returns the next byte, 0 at the end, and passes it.
func (x *expansion) next() byte {
	c := x.peek()
	if c != 0 {
		x.at++
	}
	return c
}

func (x *expansion) peek() byte {
	if x.at == len(x.text) {
		return 0
	}
	return x.text[x.at]
}

// write adds to out, no further than the limit.
func (x *expansion) write(out *strings.Builder, s string) {
	if x.written += len(s); x.written > maxExpanded {
		x.failed = true
		return
	}
	out.WriteString(s)
}

// until reads up to a byte that is neither quoted nor escaped, and passes it; 0 is the
// end. raw keeps what escapes, which a pattern needs.
func (x *expansion) until(stop byte, raw bool) string {
	if x.depth++; x.depth > maxDefaults+1 {
		x.failed = true
	}
	defer func() { x.depth-- }()
	var out strings.Builder
	for !x.failed {
		from := x.at
		c := x.next()
		switch {
		case c == stop:
			return out.String()
		case c == 0:
			x.failed = true // what begins does not end
		case c == '\'':
			text, rest, closed := strings.Cut(x.text[x.at:], "'")
			x.at, x.failed = len(x.text)-len(rest), !closed
			x.write(&out, text)
		case c == '"':
			x.quoted(&out)
		case c == '$':
			x.write(&out, x.variable())
		case c == x.escape:
			if !raw {
				from = x.at
			}
			x.next()
			x.write(&out, x.text[from:x.at])
		default:
			x.write(&out, x.text[from:x.at])
		}
	}
	return ""
}

// quoted reads up to the double quote that ends a string.
func (x *expansion) quoted(out *strings.Builder) {
	for !x.failed {
		from := x.at
		c := x.next()
		switch {
		case c == '"':
			return
		case c == 0:
			x.failed = true
		case c == '$':
			x.write(out, x.variable())
		default:
			if follows := x.peek(); c == x.escape && (follows == '"' || follows == '$' || follows == x.escape) {
				from = x.at
				x.next()
			}
			x.write(out, x.text[from:x.at])
		}
	}
}

// variable reads what follows a dollar sign.
func (x *expansion) variable() string {
	if x.peek() != '{' {
		name := variableName(x.text[x.at:])
		x.at += len(name)
		if name == "" {
			return "$"
		}
		return x.vars[name]
	}
	x.next()
	name := variableName(x.text[x.at:])
	x.at += len(name)
	if name == "" {
		x.failed = true
		return ""
	}
	value, set := x.vars[name]
	kind := x.next()
	if kind == ':' {
		set = value != ""
		if kind = x.next(); kind == '#' || kind == '%' {
			kind = 0
		}
	}
	switch kind {
	case '}':
		return value
	case '-':
		if other := x.until('}', false); !set {
			return other
		}
		return value
	case '+':
		if other := x.until('}', false); set {
			return other
		}
		return ""
	case '?':
		x.until('}', false)
		x.failed = x.failed || !set
		return value
	case '#', '%':
		return x.trim(value, x.until('}', true), kind)
	case '/':
		all := x.peek() == '/'
		if all {
			x.next()
		}
		pattern := x.until('/', true)
		return x.replace(value, pattern, x.until('}', true), all)
	}
	x.failed = true
	return ""
}

// trim removes what a pattern matches at the beginning of a value, or at its end for %,
// the longest if the character is there twice.
func (x *expansion) trim(value, pattern string, kind byte) string {
	parts, atEnd := patternParts(pattern), kind == '%'
	longest := len(parts) > 0 && parts[0] == string(kind)
	if longest {
		parts = parts[1:]
	}
	if atEnd {
		slices.Reverse(parts)
		value = reversed(value)
	}
	re := x.compile(parts, value, "^", longest)
	if re == nil {
		return ""
	}
	value = value[len(re.FindString(value)):]
	if atEnd {
		value = reversed(value)
	}
	return value
}

// replace replaces the first match of a pattern, or all of them.
func (x *expansion) replace(value, pattern, by string, all bool) string {
	re := x.compile(patternParts(pattern), value, "", true)
	if re == nil {
		return ""
	}
	if all {
		return re.ReplaceAllLiteralString(value, by)
	}
	if at := re.FindStringIndex(value); at != nil {
		return value[:at[0]] + by + value[at[1]:]
	}
	return value
}

// patternParts splits a pattern of a shell into characters, with what escapes them.
func patternParts(pattern string) []string {
	var parts []string
	for escaped, r := false, ""; pattern != ""; {
		r, pattern = cutRune(pattern)
		switch {
		case escaped:
			parts[len(parts)-1] += r
			escaped = false
		default:
			parts = append(parts, r)
			escaped = r == `\`
		}
	}
	return parts
}

func cutRune(s string) (first, rest string) {
	for i := range s {
		if i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// compile makes an expression of a pattern for a value. It fails for one that docker refuses.
func (x *expansion) compile(parts []string, value, anchor string, longest bool) *regexp.Regexp {
	if len(parts) > maxGlob || len(value) > maxGlob {
		x.failed = true
		return nil
	}
	star := ".*?"
	if longest {
		star = ".*"
	}
	var out strings.Builder
	out.WriteString(anchor)
	for _, part := range parts {
		switch part {
		case "*":
			out.WriteString(star)
		case "?":
			out.WriteByte('.')
		case `\*`, `\?`, `\\`, `\}`, `\/`:
			out.WriteString(regexp.QuoteMeta(part[1:]))
		default:
			if part[0] == '\\' {
				x.failed = true
				return nil
			}
			out.WriteString(regexp.QuoteMeta(part))
		}
	}
	re, err := regexp.Compile(out.String())
	if err != nil {
		x.failed = true
		return nil
	}
	return re
}

func reversed(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}

// variableName is the name that a string begins with: letters, digits and underscores,
// digits alone, or one of the characters that are variables of a shell.
func variableName(s string) string {
	if s == "" {
		return ""
	}
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	number := isDigit(s[0])
	if !number && strings.IndexByte("@*#?-$!", s[0]) >= 0 {
		return s[:1]
	}
	for i := range len(s) {
		letter := s[i] == '_' || s[i]|' ' >= 'a' && s[i]|' ' <= 'z'
		if !isDigit(s[i]) && (number || !letter) {
			return s[:i]
		}
	}
	return s
}
