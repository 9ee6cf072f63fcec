package yamltree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

var parserError = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)
})

// brokenFault adds a place to the YAML parser's error on text, which starts at
// offset start. The parser reports no column, and often the line of what is around
// the problem, so the place is found by parsing again.
func brokenFault(text []byte, start int, err error) error {
	reason, given := err.Error(), 0
	if m := parserError().FindStringSubmatch(reason); m != nil {
		given, _ = strconv.Atoi(m[1])
		reason = m[2]
	}
	if name, ok := strings.CutPrefix(reason, "unknown anchor '"); ok {
		name, _ = strings.CutSuffix(name, "' referenced")
		from, to := brokenLine(text, given)
		return &Fault{
			At:     start + from + aliasColumn(text[from:to], name),
			Reason: "alias *" + name + " has no anchor before it in this document", Err: err,
		}
	}
	if at, ok := brokenJSON(text); ok {
		return &Fault{At: start + at, Reason: "broken YAML: " + reason, Err: err}
	}
	from, to := brokenLine(text, given)
	line := text[from:to]
	if indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; bytes.IndexByte(indent, '\t') >= 0 {
		return &Fault{At: start + from + bytes.IndexByte(indent, '\t'), Reason: "a tab cannot indent: use spaces", Err: err}
	}
	at := brokenColumn(line, reason)
	if i := bytes.Index(line, []byte("{{")); i >= 0 {
		at, reason = i, reason+" (a template? render it first)"
	}
	return &Fault{At: start + from + at, Reason: "broken YAML: " + reason, Err: err}
}

// The search for a broken line parses at most so many times, and so many bytes.
const (
	maxTries = 100
	maxParse = 8 << 20
)

// brokenLine bounds the first line that makes text broken: the one after the
// longest start of text that parses. A start that ends inside a quoted scalar or
// a flow collection does not parse either, so each search by halves is followed
// by a look at what comes next. If text is too long for that, it is the line
// that the parser reported.
func brokenLine(text []byte, given int) (from, to int) {
	ends := []int{0}
	for at := range text {
		if text[at] == '\n' {
			ends = append(ends, at+1)
		}
	}
	if ends[len(ends)-1] < len(text) {
		ends = append(ends, len(text))
	}
	last := len(ends) - 1
	good := max(0, min(given, last)-1)
	if tries := min(maxTries, maxParse/(len(text)+1)); tries >= bits.Len(uint(last)) {
		good = longestGood(text, ends, tries)
	}
	from, to = ends[good], ends[good+1]
	return from, from + len(bytes.TrimRight(text[from:to], "\r\n"))
}

// longestGood is how many lines the longest start of text has that parses, as
// far as that many tries can find out. The whole text does not.
func longestGood(text []byte, ends []int, tries int) int {
	last := len(ends) - 1
	for good, next := 0, 0; ; good = next {
		for bad := last; good < bad-1; tries-- {
			if mid := (good + bad) / 2; parses(text[:ends[mid]]) {
				good = mid
			} else {
				bad = mid
			}
		}
		for next = good + 2; next < last && tries > 0 && !parses(text[:ends[next]]); next++ {
			tries--
		}
		if next >= last || tries <= 0 {
			return good
		}
	}
}

// parses reports whether the YAML parser accepts text.
func parses(text []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	parser := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		if err := parser.Decode(&doc); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// aliasColumn returns where in a line the alias of that name is: the last such
// string before a comment, since a key comes before its value.
func aliasColumn(line []byte, name string) int {
	alias := []byte("*" + name)
	if comment := bytes.Index(line, []byte(" #")); comment >= 0 {
		line = line[:comment]
	}
	for end := len(line); ; {
		at := bytes.LastIndex(line[:end], alias)
		if at < 0 {
			return 0
		}
		if rest := line[at+len(alias):]; len(rest) == 0 || bytes.IndexByte([]byte(" \t,]}:"), rest[0]) >= 0 {
			return at
		}
		end = at
	}
}

// brokenJSON returns where text that is JSON lacks a comma: no start of it parses, so
// brokenLine would return its first line. YAML's own flow style breaks JSON's rules
// earlier and otherwise.
func brokenJSON(text []byte) (at int, ok bool) {
	body := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("---")), " \t\r\n")
	if len(body) == 0 || body[0] != '{' && body[0] != '[' {
		return 0, false
	}
	var syntax *json.SyntaxError
	err := json.Unmarshal(body, new(json.RawMessage))
	if !errors.As(err, &syntax) || !strings.Contains(syntax.Error(), " after ") {
		return 0, false
	}
	return len(text) - len(body) + int(syntax.Offset) - 1, true
}

// brokenColumn returns where in a line the parser's error fits best: by default
// where its text starts.
func brokenColumn(line []byte, reason string) int {
	indent := len(line) - len(bytes.TrimLeft(line, " "))
	at := -1
	switch {
	case strings.HasPrefix(reason, "mapping values"):
		at = bytes.LastIndex(line, []byte(": "))
		if at < 0 {
			at = bytes.LastIndexByte(line, ':')
		}
	case strings.Contains(reason, "escape"):
		at = bytes.IndexByte(line, '\\')
	case strings.Contains(reason, "cannot start any token"):
		at = bytes.IndexAny(line, "@`%")
	case strings.Contains(reason, "',' or"):
		at = bytes.IndexAny(line, "[{")
	case strings.Contains(reason, "unexpected end of stream"):
		at = bytes.IndexAny(line, `'"`)
	}
	if at < 0 {
		return indent
	}
	return at
}
