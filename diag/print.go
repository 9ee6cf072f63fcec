package diag

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Printer writes diagnostics for people: the load statements that lead to the
// file, position and summary, the source line with a caret, and what to do.
type Printer struct {
	// Line returns a line of a source file without its end, empty if unknown.
	// Nil shows no source.
	Line func(Position) string
}

// Print writes the diagnostics, with an empty line between two.
func (p Printer) Print(w io.Writer, list []Diagnostic) error {
	var b strings.Builder
	for i := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		p.one(&b, &list[i])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p Printer) one(b *strings.Builder, d *Diagnostic) {
	if len(d.Loads) > 0 && d.Severity == Error { // a warning is about its own file alone
		b.WriteString("Traceback (most recent call last):\n")
		for _, at := range d.Loads {
			fmt.Fprintf(b, "  %s: in <toplevel>\n", Printable(at.String()))
		}
	}
	name := "Error"
	if d.Severity == Warning {
		name = "Warning"
	}
	fmt.Fprintf(b, "%s: %s: %s\n", name, PrintableLine(d.Start.String()), PrintableLine(d.Summary))
	if p.Line != nil {
		Excerpt(b, d.Start, p.Line(d.Start))
	}
	for line := range strings.Lines(d.Detail) {
		fmt.Fprintf(b, "  %s\n", Printable(strings.TrimSuffix(line, "\n")))
	}
	for _, r := range d.Related {
		fmt.Fprintf(b, "  %s: %s\n", Printable(r.Start.String()), Printable(r.Message))
	}
}

// Excerpt writes a source line with a caret below the place, nothing if the line
// is unknown or blank.
func Excerpt(b *strings.Builder, at Position, line string) {
	if at.Line == 0 || strings.TrimSpace(line) == "" {
		return
	}
	text := []rune(Printable(line))
	column := min(max(at.Column-1, 0), len(text))
	text, column = window(text, column)
	number := fmt.Sprint(at.Line)
	fmt.Fprintf(b, "  %s | %s\n", number, string(text))
	if at.Column == 0 {
		return
	}
	fmt.Fprintf(b, "  %s | %s^\n", strings.Repeat(" ", len(number)), blank(text[:column]))
}

// widest is how much of a source line is shown, in characters.
const widest = 120

// window cuts a long line to the part around a column, and returns the column in
// that part.
func window(text []rune, column int) ([]rune, int) {
	if len(text) <= widest {
		return text, column
	}
	start := min(max(column-widest/2, 0), len(text)-widest)
	end := start + widest
	part := []rune(string(text[start:end]))
	if start > 0 {
		part[0] = '…'
	}
	if end < len(text) {
		part[widest-1] = '…'
	}
	return part, column - start
}

// blank returns white space as wide as the string is on a terminal.
func blank(text []rune) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.Is(wide, r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// wide are the characters that take two columns on a terminal: the blocks that
// Unicode's EastAsianWidth.txt lists as W or F.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1},
		{Lo: 0x3041, Hi: 0x4dbf, Stride: 1},
		{Lo: 0x4e00, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xa960, Hi: 0xa97f, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff01, Hi: 0xff60, Stride: 1},
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1},
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}
