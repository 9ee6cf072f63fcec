package data

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"
	"go.yaml.in/yaml/v3"
)

// YAML writes a value as one document in block style, of at most so many bytes.
// Dicts keep their order, and numbers their value, of any size. No string is written
// so that a reader of YAML 1.1, as Kubernetes is, takes it for anything else.
func YAML(v sl.Value, most int64) ([]byte, error) {
	var e yamlEmitter
	w := writer{&e, most}
	if err := w.whole(v); err != nil {
		return nil, err
	}
	return e.Bytes(), nil
}

// YAMLStream writes each element of a sequence as a document.
func YAMLStream(v sl.Value, most int64) ([]byte, error) {
	docs, ok := v.(sl.Iterable)
	if _, mapping := v.(sl.Mapping); !ok || mapping {
		return nil, fmt.Errorf("got %s, want a list of documents", v.Type())
	}
	var e yamlEmitter
	w := writer{&e, most}
	for doc := range sl.Elements(docs) {
		if e.Len() > 0 {
			e.WriteString("---\n")
		}
		if err := w.whole(doc); err != nil {
			return nil, err
		}
	}
	return e.Bytes(), nil
}

// YAMLOfJSON writes JSON as a YAML document.
func YAMLOfJSON(json []byte) ([]byte, error) {
	v, err := DecodeJSON("", string(json))
	if err != nil {
		return nil, err
	}
	return YAML(v, math.MaxInt64)
}

// yamlEmitter writes YAML in block style. Every line that it has written is ended,
// but for one that waits for its value: after "key:" or after "- ".
type yamlEmitter struct {
	bytes.Buffer
	open []collection
	// after is what the line that waits ends in.
	after byte // 0, ':' or '-'
}

// collection is a list or a dict that is being written.
type collection struct {
	indent int
	filled bool
}

var _ emitter = (*yamlEmitter)(nil)

func (e *yamlEmitter) size() int64     { return int64(e.Len()) }
func (e *yamlEmitter) raw([]byte) bool { return false }
func (e *yamlEmitter) null()           { e.plain("null") }

// plain ends the line with a value.
func (e *yamlEmitter) plain(text string) {
	if e.after == ':' {
		e.WriteByte(' ')
	}
	e.WriteString(text)
	e.WriteByte('\n')
	e.after = 0
}

// indent is that of the innermost collection.
func (e *yamlEmitter) indent() int {
	if len(e.open) == 0 {
		return 0
	}
	return e.open[len(e.open)-1].indent
}

func (e *yamlEmitter) begin() {
	indent := 0
	if len(e.open) > 0 {
		indent = e.indent() + 2
	}
	e.open = append(e.open, collection{indent: indent})
}

// next begins the line of a key or an item. The first after a dash is on its line.
func (e *yamlEmitter) next() {
	top := &e.open[len(e.open)-1]
	if !top.filled && e.after == ':' {
		e.WriteByte('\n')
	}
	if top.filled || e.after != '-' {
		const spaces = "                                "
		n := top.indent
		for ; n > len(spaces); n -= len(spaces) {
			e.WriteString(spaces)
		}
		e.WriteString(spaces[:n])
	}
	top.filled = true
}

// end closes the innermost collection; an empty one is a value on the line.
func (e *yamlEmitter) end(empty string) {
	top := e.open[len(e.open)-1]
	e.open = e.open[:len(e.open)-1]
	if !top.filled {
		e.plain(empty)
	}
}

func (e *yamlEmitter) list()    { e.begin() }
func (e *yamlEmitter) dict()    { e.begin() }
func (e *yamlEmitter) endList() { e.end("[]") }
func (e *yamlEmitter) endDict() { e.end("{}") }

func (e *yamlEmitter) item() {
	e.next()
	e.WriteString("- ")
	e.after = '-'
}

// longKey is the length from which a key is written after a question mark: a
// reader looks no further than 1024 characters for the colon.
const longKey = 1000

func (e *yamlEmitter) key(s string) error {
	e.next()
	if !isPlain(s) {
		var err error
		if s, err = yamlString(s, true); err != nil {
			return err
		}
	}
	if len(s) > longKey {
		s = "? " + s + "\n" + strings.Repeat(" ", e.indent())
	}
	e.WriteString(s)
	e.WriteByte(':')
	e.after = ':'
	return nil
}

func (e *yamlEmitter) str(s string) error {
	if isPlain(s) {
		e.plain(s)
		return nil
	}
	text, err := yamlString(s, false)
	if err != nil {
		return err
	}
	e.plain(e.indented(text))
	return nil
}

// indented puts the lines of a string below those of the innermost collection, but
// for the first and for empty ones.
func (e *yamlEmitter) indented(text string) string {
	n := e.indent()
	if n == 0 || !strings.Contains(text, "\n") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines[1:] {
		if line != "" {
			lines[i+1] = strings.Repeat(" ", n) + line
		}
	}
	return strings.Join(lines, "\n")
}

// yamlString returns a string as the YAML library writes it, on one line if it must
// be.
func yamlString(s string, oneLine bool) (string, error) {
	if isQuoted(s) {
		return `"` + s + `"`, nil
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case strings.HasPrefix(s, "\t"), looksTyped().MatchString(s), strings.ContainsAny(s, "\r\u0085\u2028\u2029"):
		n.Style = yaml.DoubleQuotedStyle // in a block, the first tab would be taken for the indent, the others for ends of lines
	case strings.Contains(s, "\n"):
		n.Style = yaml.LiteralStyle
		if oneLine {
			n.Style = yaml.DoubleQuotedStyle
		}
	}
	text, err := encodeNode(&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "k"}, n}})
	return strings.TrimPrefix(text, "k: "), err
}

func encodeNode(n *yaml.Node) (string, error) {
	var out strings.Builder
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return "", err
	}
	err := e.Close()
	return strings.TrimSuffix(out.String(), "\n"), err
}

// isPlain reports whether a string is one in every dialect of YAML if it is written
// without quotes. It errs on the side of quotes, which is the library's decision.
func isPlain(s string) bool {
	if !isSimple(s) {
		return false
	}
	if s[0] == '-' {
		return len(s) > 2 && (isLetter(s[1]) || s[1] == '-' && isLetter(s[2])) // a flag
	}
	return plainStart[s[0]] && !isWord(s)
}

// isQuoted reports whether a string of a few common kinds is one only in quotes: the
// digits of a number, and a word.
func isQuoted(s string) bool {
	if isWord(s) {
		lower := strings.ToLower(s)
		return s == lower || s == strings.ToUpper(s) || s[1:] == lower[1:]
	}
	return s != "" && len(s) < 20 && strings.Trim(s, "0123456789") == ""
}

// isSimple reports whether a string has no character and no end that a line of YAML
// gives a meaning.
func isSimple(s string) bool {
	if s == "" || s[len(s)-1] == ' ' || s[len(s)-1] == ':' {
		return false
	}
	for i := range len(s) {
		if !plainByte[s[i]] || s[i] == ':' && s[i+1] == ' ' {
			return false
		}
	}
	return true
}

// isWord reports whether some dialect of YAML takes a string for a bool or null.
func isWord(s string) bool {
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "yes", "n", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// plainStart are the bytes that a plain string begins with here, but for a flag,
// plainByte those that it consists of.
var plainStart, plainByte = func() (start, all [256]bool) {
	for c := range 256 {
		start[c] = isLetter(byte(c)) || c == '/' || c == '_'
		all[c] = start[c] || c >= '0' && c <= '9' || strings.IndexByte(" -.:=@+,()$", byte(c)) >= 0
	}
	return start, all
}()

// looksTyped matches what some reader takes for a bool or a number and the encoder,
// which knows YAML 1.2 and numbers of 64 bits, for a string: words and base 60 of
// YAML 1.1, https://yaml.org/type/bool.html, https://yaml.org/type/int.html, and
// numbers of any size.
var looksTyped = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i:y|yes|on|n|no|off)$|^=$|^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$` +
		`|^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$|^[-+]?0[xob][0-9a-fA-F_]+$`)
})
