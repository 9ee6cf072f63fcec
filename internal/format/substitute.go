package format

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.starlark.net/syntax"
)

// substitution is a source with what buildifier's parser does not know replaced, and
// its strings, of which the printer changes escapes and letters that are not ASCII:
//
//	while CONDITION:     for <placeholder> in CONDITION:
//	"string", b"bytes"   <placeholder>
//	tabs that indent     spaces
type substitution struct {
	src    []byte
	prefix string // of the placeholders
	edits  []edit
	// literals are the strings, in the layout that they are to have.
	literals []string
}

// What follows the prefix of a placeholder: a literal's is literal<number>_, so that none
// is the beginning of another.
const (
	literalWord = "literal"
	whileWord   = "while"
)

// newSubstitution substitutes in a source that parses to tree.
func newSubstitution(src []byte, tree *syntax.File) *substitution {
	s := &substitution{src: src, prefix: unusedPrefix(src)}
	var spans [][2]int // of all literals: offsets of their first byte, and of the byte behind them
	places := &places{src: src, lines: lineStarts(src)}
	syntax.Walk(tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.WhileStmt:
			s.edits = append(s.edits, edit{places.offset(n.While), "while", "for " + s.prefix + whileWord + " in"})
		case *syntax.LoadStmt:
			return false // its strings must remain strings
		case *syntax.Literal:
			start := places.offset(n.TokenPos)
			spans = append(spans, [2]int{start, start + len(n.Raw)})
			if n.Token == syntax.BYTES || n.Token == syntax.STRING {
				placeholder := s.prefix + literalWord + strconv.Itoa(len(s.literals)) + "_"
				s.edits = append(s.edits, edit{start, n.Raw, placeholder})
				s.literals = append(s.literals, doubleQuoted(n.Raw))
			}
		}
		return true
	})
	s.edits = append(s.edits, untab(src, places.lines, spans)...)
	// The walk visits the condition of "x if condition else y" first.
	slices.SortFunc(s.edits, func(a, b edit) int { return cmp.Compare(a.offset, b.offset) })
	return s
}

// plain returns the source that buildifier's parser takes.
func (s *substitution) plain() ([]byte, error) { return apply(s.src, s.edits) }

// restore puts strings and while statements back into what the printer made of plain;
// false if there is a placeholder of neither.
func (s *substitution) restore(printed []byte) ([]byte, bool) {
	out := make([]byte, 0, len(s.src)+len(s.src)/8)
	for {
		before, rest, ok := bytes.Cut(printed, []byte(s.prefix))
		if !ok {
			return append(out, printed...), true
		}
		if condition, ok := bytes.CutPrefix(rest, []byte(whileWord+" in")); ok {
			out = append(out, bytes.TrimSuffix(before, []byte("for "))...)
			out = append(out, "while "...)
			printed = bytes.TrimPrefix(condition, []byte(" ")) // none before a parenthesis
			continue
		}
		rest, ok = bytes.CutPrefix(rest, []byte(literalWord))
		number, rest, closed := bytes.Cut(rest, []byte("_"))
		n, err := strconv.Atoi(string(number))
		if !ok || !closed || err != nil || n >= len(s.literals) {
			return nil, false
		}
		out = append(append(out, before...), s.literals[n]...)
		printed = rest
	}
}

// doubleQuoted returns a literal with double quotes, if that takes no more
// backslashes than it has.
func doubleQuoted(raw string) string {
	kind, body, ok := strings.Cut(raw, "'")
	if !ok || strings.Contains(raw, `"`) {
		return raw
	}
	if triple, ok := strings.CutPrefix(body, "''"); ok {
		if strings.Contains(triple, `\`) {
			return raw
		}
		return kind + `"""` + strings.TrimSuffix(triple, "'''") + `"""`
	}
	body = strings.TrimSuffix(body, "'")
	if strings.Contains(kind, "r") {
		if strings.Contains(body, `\'`) {
			return raw // the backslash is part of a raw string
		}
	} else {
		body = unescapeSingle(body)
	}
	return kind + `"` + body + `"`
}

// unescapeSingle turns \' into '.
func unescapeSingle(body string) string {
	var out strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] == '\\' && i+1 < len(body) {
			if i++; body[i] != '\'' {
				out.WriteByte('\\')
			}
		}
		out.WriteByte(body[i])
	}
	return out.String()
}

// untab replaces tabs that indent a line, outside literals, by the spaces that
// the language takes them for.
func untab(src []byte, lines []int, literals [][2]int) []edit {
	slices.SortFunc(literals, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	var edits []edit
	for _, start := range lines {
		for len(literals) > 0 && literals[0][1] <= start {
			literals = literals[1:]
		}
		if len(literals) > 0 && literals[0][0] < start {
			continue // the line begins inside a literal
		}
		end, column, tab := start, 0, false
		for ; end < len(src) && (src[end] == ' ' || src[end] == '\t'); end++ {
			if src[end] == '\t' {
				column, tab = column+8-column%8, true
			} else {
				column++
			}
		}
		if tab {
			edits = append(edits, edit{start, string(src[start:end]), strings.Repeat(" ", column)})
		}
	}
	return edits
}

// unusedPrefix returns the beginning of an identifier that occurs nowhere in src.
func unusedPrefix(src []byte) string {
	for i := 0; ; i++ {
		if prefix := fmt.Sprintf("fmt%d_", i); !bytes.Contains(src, []byte(prefix)) {
			return prefix
		}
	}
}

// edit replaces the string old at an offset.
type edit struct {
	offset   int
	old, new string
}

// apply makes the edits, which are sorted by offset.
func apply(src []byte, edits []edit) ([]byte, error) {
	var out bytes.Buffer
	done := 0
	for _, e := range edits {
		if e.offset < done || !bytes.HasPrefix(src[e.offset:], []byte(e.old)) {
			return nil, fmt.Errorf("no %.40q at the position that the parser reports", e.old)
		}
		out.Write(src[done:e.offset])
		out.WriteString(e.new)
		done = e.offset + len(e.old)
	}
	out.Write(src[done:])
	return out.Bytes(), nil
}

// lineStarts returns the offset of each line.
func lineStarts(src []byte) []int {
	starts := []int{0}
	for i, b := range src {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// places converts positions, whose columns count characters, to offsets. It goes on
// from the last one if that is before the next in the same line.
type places struct {
	src   []byte
	lines []int
	last  syntax.Position
	at    int // the offset of last
}

func (p *places) offset(pos syntax.Position) int {
	if p.last.Line != pos.Line || p.last.Col > pos.Col {
		p.last, p.at = pos, p.lines[pos.Line-1]
		p.last.Col = 1
	}
	for ; p.last.Col < pos.Col; p.last.Col++ {
		_, size := utf8.DecodeRune(p.src[p.at:]) // of a byte that is not UTF-8, 1
		p.at += size
	}
	return p.at
}
