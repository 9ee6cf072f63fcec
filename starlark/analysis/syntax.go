package analysis

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// Mistakes makes diagnostics of an error of the parser or the resolver, in the
// order of the source. An undefined name is reported once, with all its uses. It
// returns nil for any other error. Names are those that plugins add, to suggest;
// hint, if set, is what to write instead of an undefined name.
func Mistakes(err error, file, source string, names []string, hint func(string) string) []diag.Diagnostic {
	var list resolve.ErrorList
	var parse syntax.Error
	switch {
	case errors.As(err, &list):
		return resolverMistakes(list, file, source, names, hint)
	case errors.As(err, &parse):
		return []diag.Diagnostic{parserMistake(parse, file, source, names)}
	}
	return nil
}

const undefinedPrefix = "undefined: "

func resolverMistakes(list resolve.ErrorList, file, source string, names []string, hint func(string) string) []diag.Diagnostic {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b resolve.Error) int {
		return int(a.Pos.Line-b.Pos.Line)<<16 + int(a.Pos.Col-b.Pos.Col)
	})
	text := newLines(source)
	var out []diag.Diagnostic
	undefined := map[string]int{}
	for _, e := range list {
		rest, ok := strings.CutPrefix(e.Msg, undefinedPrefix)
		if !ok {
			if len(out) < maxMistakes {
				out = append(out, diag.Diagnostic{Severity: diag.Error, Code: "syntax", Range: text.word(file, e.Pos), Summary: e.Msg})
			}
			continue
		}
		name, own, _ := strings.Cut(rest, " (did you mean ")
		if i, ok := undefined[name]; ok {
			if len(out[i].Related) == maxMistakes {
				continue
			}
			at := text.word(file, e.Pos)
			out[i].Related = append(out[i].Related, diag.Related{Range: at, Message: "also used here"})
			for j := range out[i].Fixes {
				fix := &out[i].Fixes[j]
				fix.Edits = append(fix.Edits, diag.Edit{Range: at, NewText: fix.Edits[0].NewText})
			}
			continue
		}
		if len(out) == maxMistakes {
			continue
		}
		undefined[name] = len(out)
		out = append(out, undefinedName(name, strings.TrimSuffix(own, "?)"), text.word(file, e.Pos), names, hint))
	}
	return out
}

// undefinedName makes the diagnostic of a name that nothing defines. The
// resolver knows the near names of the file, of which own is one, and not those
// of plugins.
func undefinedName(name, own string, at diag.Range, names []string, hint func(string) string) diag.Diagnostic {
	d := diag.Diagnostic{Severity: diag.Error, Code: "undefined-name", Range: at, Summary: undefinedPrefix + name}
	if hint != nil {
		d.Detail = hint(name)
	}
	d.Detail = cmp.Or(d.Detail, hints()[name])
	if d.Detail != "" {
		return d
	}
	candidates := append(languageNames(), names...)
	if own != "" {
		candidates = append(candidates, own)
	}
	suggestion := suggest.Name(name, candidates)
	suggestFix(&d, suggestion, suggestion)
	return d
}

func parserMistake(e syntax.Error, file, source string, names []string) diag.Diagnostic {
	text := newLines(source)
	if e.Pos.Line > 1 && e.Pos.Col == 1 && strings.HasPrefix(e.Msg, "got newline") {
		// The parser is behind the newline; what is missing is before it.
		e.Pos.Line--
		e.Pos.Col = int32(utf8.RuneCountInString(strings.TrimRight(text.line(int(e.Pos.Line)), " \t"))) + 1
	}
	line := text.line(int(e.Pos.Line))
	e.Pos.Col = int32(tokenStart(line, int(e.Pos.Col), e.Msg))
	d := diag.Diagnostic{Severity: diag.Error, Code: "syntax", Range: text.word(file, e.Pos), Summary: e.Msg}
	d.Detail = cmp.Or(importOf(line, names), teach(line, int(e.Pos.Col), e.Msg))
	return d
}

// tokenStart returns the column at which the token that the parser does not want
// begins. Most of its messages have the position behind that token.
func tokenStart(line string, column int, message string) int {
	got, ok := strings.CutPrefix(message, "got ")
	if !ok || strings.HasSuffix(message, "want primary expression") {
		return column
	}
	got, _, _ = strings.Cut(got, ", want ")
	text := []rune(line)
	end := min(max(column-1, 0), len(text))
	start := end
	switch {
	case got == "newline" || got == "end of file" || got == "indent" || got == "outdent":
	case strings.HasPrefix(got, "'"):
		if token := []rune(strings.Trim(got, "'")); strings.HasSuffix(string(text[:end]), string(token)) {
			start -= len(token)
		}
	case got == "string literal":
		if end > 0 {
			start = stringStart(text, end)
		}
	default: // a name, a number or a keyword
		for start > 0 && (text[start-1] == '_' || unicode.IsLetter(text[start-1]) || unicode.IsDigit(text[start-1])) {
			start--
		}
	}
	return start + 1
}

// stringStart returns where the string that ends before end begins, its first
// quote, or end if that is on another line.
func stringStart(text []rune, end int) int {
	quote := text[end-1]
	if quote != '"' && quote != '\'' {
		return end
	}
	triple := end >= 6 && text[end-2] == quote && text[end-3] == quote
	for i := end - 2; i >= 0; i-- {
		if text[i] == quote && (i == 0 || text[i-1] != '\\') && (!triple || i >= 2 && i <= end-4 && text[i-1] == quote && text[i-2] == quote) {
			if triple {
				return i - 2
			}
			return i
		}
	}
	return end
}

// lines finds lines and words of a source.
type lines struct {
	source string
	starts []int
}

func newLines(source string) *lines {
	l := &lines{source: source, starts: []int{0}}
	for i := range len(source) {
		if source[i] == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// line returns a line without its end, empty if there is none.
func (l *lines) line(n int) string {
	if n < 1 || n > len(l.starts) {
		return ""
	}
	text := l.source[l.starts[n-1]:]
	text, _, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(text, "\r")
}

// word returns the range of the name or number at a position, one character if
// there is neither.
func (l *lines) word(file string, p syntax.Position) diag.Range {
	start := diag.Position{File: file, Line: int(p.Line), Column: int(p.Col)}
	rest := l.line(start.Line)
	for n := 1; n < start.Column && rest != ""; n++ {
		_, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
	}
	length := 0
	for _, r := range rest {
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		length++
	}
	end := start
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		length = stringLength(rest)
	}
	end.Column = start.Column + length
	if length == 0 && rest != "" {
		end.Column++
	}
	return diag.Range{Start: start, End: end}
}

// stringLength returns how many characters the string that text begins with has
// on this line.
func stringLength(text string) int {
	quote := text[:1]
	if strings.HasPrefix(text, strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	for i := len(quote); i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case strings.HasPrefix(text[i:], quote):
			return utf8.RuneCountInString(text[:i+len(quote)])
		}
	}
	return utf8.RuneCountInString(text)
}

// lettersOfName is how many letters make a long name: one that counts as two.
const lettersOfName = 20

// Predeclared returns has for the resolver, bounded: it looks for the nearest name of
// each that is undefined, which takes as long as there are names, times the letters
// of the one. Once many are undefined, or a few long ones, and the file has failed, has
// is true for the others.
func Predeclared(has, universal func(name string) bool) func(name string) bool {
	undefined := 0
	return func(name string) bool {
		if has(name) {
			return true
		}
		if universal(name) {
			return false
		}
		if undefined >= 2*maxMistakes {
			return true
		}
		undefined += 1 + len(name)/lettersOfName
		return false
	}
}
