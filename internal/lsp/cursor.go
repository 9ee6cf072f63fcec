package lsp

import (
	"slices"
	"strings"
	"unicode"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// cursor is what the document before a byte means for it, also if the script does
// not parse.
type cursor struct {
	comment bool
	// start is where the name begins that the byte is in or behind; word is its
	// part before the byte.
	start int
	word  string
	// receiver is the expression before the dot before the name, if there is one.
	dotted   bool
	receiver string
	// quote is where the string begins that the byte is in, -1 outside of one;
	// its content begins at content.
	quote, content int
	// brackets are the open ones, the innermost last.
	brackets []bracket
	// broken are the parts of the document, in bytes, that leave a bracket open: a
	// statement at the left margin ends it.
	broken [][2]int
	// functions are the functions that the byte is in, the innermost first.
	functions []string
}

// bracket is an open bracket; for a call, with the arguments so far.
type bracket struct {
	kind     byte
	at       int    // the byte behind the bracket
	callee   string // the expression that is called, empty for no call
	commas   int
	named    []string // keywords of the arguments before this one
	keyword  string   // of this argument
	hasValue bool     // this argument has begun
}

// call returns the innermost call, nil if the cursor is in none or in a list,
// dict or group inside of it.
func (c *cursor) call() *bracket {
	if n := len(c.brackets); n > 0 && c.brackets[n-1].callee != "" {
		return &c.brackets[n-1]
	}
	return nil
}

// enclosingCall returns the innermost call, of which the cursor may be in a list
// or dict.
func (c *cursor) enclosingCall() *bracket {
	for i := len(c.brackets) - 1; i >= 0; i-- {
		if c.brackets[i].callee != "" {
			return &c.brackets[i]
		}
	}
	return nil
}

// cursor returns what the statement before a byte means for it.
func (d *document) cursor(at int) *cursor {
	from := 0
	if n, begins := slices.BinarySearch(d.statements(), at); begins || n > 0 {
		if !begins {
			n--
		}
		from = d.statements()[n]
	}
	return cursorAt(d.text, from, at)
}

// cursorAt scans a text from where a statement begins up to a byte.
func cursorAt(text string, from, at int) *cursor {
	c := &cursor{quote: -1}
	for i := from; i < at; {
		switch b := text[i]; {
		case b == '#':
			end := lineEnd(text, i)
			if at <= end {
				c.comment = true
				return c
			}
			i = end
		case b == '"' || b == '\'':
			content, end := analysis.StringEnd(text, i)
			if at < end || at == end && !closed(text, content, end) {
				c.quote, c.content = i, content
				c.functions = functionsAt(text, i)
				return c
			}
			c.began()
			i = end
		case b == '\n':
			i++
			// A statement at the left margin: brackets before it were left open.
			if i < at && isLetter(text[i]) {
				c.leaveOpen(i)
			}
		case strings.IndexByte("([{", b) >= 0:
			callee := ""
			if b == '(' {
				callee = expressionBefore(text, i)
			}
			c.began()
			i++
			c.brackets = append(c.brackets, bracket{kind: b, at: i, callee: callee})
		case strings.IndexByte(")]}", b) >= 0:
			if n := len(c.brackets); n > 0 {
				c.brackets = c.brackets[:n-1]
			}
			i++
		case b == ',':
			if n := len(c.brackets); n > 0 {
				c.brackets[n-1].next()
			}
			i++
		case isLetter(b):
			end := i
			for end < at && analysis.IsNameByte(text[end]) {
				end++
			}
			c.name(text, i, end, at)
			i = end
		default:
			if b > ' ' && (b != '=' || !c.awaitsValue()) {
				c.began()
			}
			i++
		}
	}
	c.start = at
	for c.start > 0 && analysis.IsNameByte(text[c.start-1]) {
		c.start--
	}
	c.word = text[c.start:at]
	if before := strings.TrimRight(text[:c.start], " \t"); strings.HasSuffix(before, ".") {
		c.dotted = true
		c.receiver = expressionBefore(text, len(before)-1)
	}
	c.functions = functionsAt(text, at)
	return c
}

// leaveOpen forgets the brackets that are open where a statement begins.
func (c *cursor) leaveOpen(at int) {
	if len(c.brackets) > 0 {
		c.broken = append(c.broken, [2]int{c.brackets[0].at, at})
		c.brackets = nil
	}
}

// began notes that the argument that the cursor is in has begun.
func (c *cursor) began() {
	if n := len(c.brackets); n > 0 {
		c.brackets[n-1].hasValue = true
	}
}

// awaitsValue reports whether the argument that the cursor is in is a keyword so
// far, whose = follows.
func (c *cursor) awaitsValue() bool {
	n := len(c.brackets)
	return n > 0 && c.brackets[n-1].keyword != "" && !c.brackets[n-1].hasValue
}

// name notes a name: a keyword if = follows it.
func (c *cursor) name(text string, start, end, at int) {
	n := len(c.brackets)
	if n == 0 || end >= at {
		return // the name at the cursor is what is being written
	}
	b := &c.brackets[n-1]
	rest := strings.TrimLeft(text[end:], " \t")
	if b.callee != "" && !b.hasValue && strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==") {
		b.keyword = text[start:end]
		return
	}
	b.hasValue = true
}

func (b *bracket) next() {
	if b.keyword != "" {
		b.named = append(b.named, b.keyword)
	}
	b.commas++
	b.keyword, b.hasValue = "", false
}

func lineEnd(text string, from int) int {
	if n := strings.IndexByte(text[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(text)
}

// closed reports whether the string with this content ends in its quote.
func closed(text string, content, end int) bool {
	return end > content && text[end-1] == text[content-1]
}

// isLetter reports whether a name can begin with a byte.
func isLetter(b byte) bool { return analysis.IsNameByte(b) && (b < '0' || b > '9') }

// expressionBefore returns the primary expression that ends before a byte: names,
// dots, calls, indexes and a string.
func expressionBefore(text string, end int) string {
	i := end
	for i > 0 {
		switch b := text[i-1]; {
		case analysis.IsNameByte(b):
			for i > 0 && analysis.IsNameByte(text[i-1]) {
				i--
			}
			if i > 0 && text[i-1] == '.' {
				i--
				continue
			}
			if name := text[i:end]; isKeyword(name) {
				return ""
			}
			return text[i:end]
		case b == ')' || b == ']' || b == '}':
			open := openingBracket(text, i-1)
			if open < 0 {
				return ""
			}
			i = open
			if i > 0 && (analysis.IsNameByte(text[i-1]) || text[i-1] == ')' || text[i-1] == ']') {
				continue
			}
			return text[i:end]
		case b == '"' || b == '\'':
			start := strings.LastIndexByte(text[:i-1], b)
			if start < 0 || strings.Contains(text[start:i], "\n") {
				return ""
			}
			return text[start:end]
		default:
			return ""
		}
	}
	return text[i:end]
}

// openingBracket returns where the bracket opens that closes at a byte, -1 if it
// does not. Brackets in strings count, unless they match.
func openingBracket(text string, at int) int {
	depth := 0
	for i := at; i >= 0 && at-i < 10_000; i-- {
		switch text[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// functionsAt returns the functions whose body a byte is in, by the indentation
// of the lines before it, the innermost first.
func functionsAt(text string, at int) []string {
	var functions []string
	start := strings.LastIndexByte(text[:at], '\n') + 1
	indent := indentation(text[start:lineEnd(text, start)])
	if blank := strings.TrimSpace(text[start:lineEnd(text, start)]) == ""; blank {
		indent = at - start
	}
	for start > 0 && indent > 0 {
		end := start - 1
		start = strings.LastIndexByte(text[:end], '\n') + 1
		line := text[start:end]
		if strings.TrimSpace(line) == "" {
			continue
		}
		if n := indentation(line); n < indent {
			rest := line[n:]
			indent = n
			if name, ok := strings.CutPrefix(rest, "def "); ok {
				name = strings.TrimLeft(name, " \t")
				functions = append(functions, name[:strings.IndexFunc(name+"(", func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })])
			}
		}
	}
	return functions
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

var keywords = []string{
	"and", "break", "continue", "def", "elif", "else", "for", "if", "in", "lambda", "load", "not", "or", "pass", "return", "while",
}

func isKeyword(name string) bool { return name != "load" && slices.Contains(keywords, name) }
