package format

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bazelbuild/buildtools/build"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// dialect accepts every construct that either dialect of Sextant accepts.
var dialect = &syntax.FileOptions{
	Set:             true,
	While:           true,
	TopLevelControl: true,
	GlobalReassign:  true,
	Recursion:       true,
}

// rounds is how often the printer may still change its own output. One is the
// rule; comments that it moves can take two.
const rounds = 4

// An UnsupportedError reports valid source that cannot be formatted without
// changing what it means. The file should be left as it is.
type UnsupportedError struct {
	// File is the name that [Source] was given.
	File string
	// Reason is why, such as "the printer would change the program".
	Reason string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: cannot format: %s; the file is unchanged", e.File, e.Reason)
}

// Source returns src in canonical layout. Formatting the result again returns
// it unchanged. The name is used in errors only.
//
// The error is a [syntax.Error] if src does not parse, and an
// [*UnsupportedError] if the layout cannot be changed safely.
func Source(name string, src []byte) ([]byte, error) {
	return source(name, normal(src))
}

// source is Source of what normal returns.
func source(name string, current []byte) ([]byte, error) {
	before, err := parse(name, current)
	if err != nil {
		return nil, err
	}
	tree := before
	for range rounds {
		printed, err := print(name, current, tree)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(printed, current) {
			return printed, nil
		}
		after, err := parse(name, printed)
		if err != nil {
			return nil, &UnsupportedError{name, "the printer's output does not parse: " + err.Error()}
		}
		if err := compare(before, after); err != nil {
			return nil, &UnsupportedError{name, err.Error()}
		}
		current, tree = printed, after
	}
	return nil, &UnsupportedError{name, "the layout does not settle"}
}

// normal leaves out a byte order mark and ends lines in LF. The language has no such mark,
// and CRLF and CR are the same to it, in string literals as well.
func normal(src []byte) []byte {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	return bytes.ReplaceAll(bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

// maxChain is how many links a part of a file may have: the printer takes the square
// of them.
const maxChain = 10_000

func parse(name string, src []byte) (*syntax.File, error) {
	f, err := dialect.Parse(name, src, syntax.RetainComments)
	if err == nil && analysis.LongChain(f, maxChain) != nil {
		return nil, &UnsupportedError{name, fmt.Sprintf("an expression with more than %d parts one after another", maxChain)}
	}
	return f, err
}

// print lays the source, which parses to tree, out once.
func print(name string, src []byte, tree *syntax.File) ([]byte, error) {
	plain, restore, err := substitute(tree, src)
	if err != nil {
		return nil, &UnsupportedError{name, err.Error()}
	}
	file, err := build.ParseDefault(name, plain)
	if err != nil {
		return nil, &UnsupportedError{name, "the printer's parser: " + reason(err)}
	}
	sortLoads := &build.Rewriter{RewriteSet: []string{"loadsort"}}
	return restore(build.FormatWithRewriter(sortLoads, file)), nil
}

// reason is a message of buildifier's parser without its own file name.
func reason(err error) string {
	var parse build.ParseError
	if errors.As(err, &parse) {
		return fmt.Sprintf("line %d, column %d: %s", parse.Pos.Line, parse.Pos.LineRune, parse.Message)
	}
	return err.Error()
}

// substitute replaces what buildifier's parser does not know, and strings, of
// which its printer changes escapes and letters that are not ASCII:
//
//	while CONDITION:     for <placeholder> in CONDITION:
//	"string", b"bytes"   <placeholder>
//	tabs that indent     spaces
//
// The function it returns puts the first two back.
func substitute(tree *syntax.File, src []byte) (plain []byte, restore func([]byte) []byte, err error) {
	prefix := unusedPrefix(src)
	while := prefix + "while"
	var edits []edit
	var back []string
	var literals [][2]int // offsets of their first byte, and of the byte behind them
	lines := lineStarts(src)
	places := &places{src: src, lines: lines}
	syntax.Walk(tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.WhileStmt:
			edits = append(edits, edit{places.offset(n.While), "while", "for " + while + " in"})
		case *syntax.LoadStmt:
			return false // its strings must remain strings
		case *syntax.Literal:
			start := places.offset(n.TokenPos)
			literals = append(literals, [2]int{start, start + len(n.Raw)})
			if n.Token == syntax.BYTES || n.Token == syntax.STRING {
				// The underscore at the end keeps one placeholder from being a prefix of another.
				placeholder := fmt.Sprintf("%sliteral%d_", prefix, len(back)/2)
				edits = append(edits, edit{start, n.Raw, placeholder})
				back = append(back, placeholder, doubleQuoted(n.Raw))
			}
		}
		return true
	})
	edits = append(edits, untab(src, lines, literals)...)
	// The walk visits the condition of "x if condition else y" first.
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.offset, b.offset) })
	if len(edits) == 0 {
		return src, func(out []byte) []byte { return out }, nil
	}
	back = append(back, "for "+while+" in ", "while ", "for "+while+" in(", "while (")
	plain, err = apply(src, edits)
	if err != nil {
		return nil, nil, err
	}
	replacer := strings.NewReplacer(back...)
	return plain, func(out []byte) []byte { return []byte(replacer.Replace(string(out))) }, nil
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
