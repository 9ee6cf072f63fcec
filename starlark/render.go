package starlark

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Render writes an error of Run or Check for people: for a [ScriptError] the
// traceback, the message, and the source line with a caret below the place; for
// [ScriptErrors] each of them; for any other error its message. Control
// characters that a terminal would act on are replaced.
func Render(w io.Writer, err error) error {
	var b strings.Builder
	var all ScriptErrors
	var one *ScriptError
	switch {
	case errors.As(err, &all):
		for i, e := range all {
			if i > 0 {
				b.WriteByte('\n')
			}
			renderOne(&b, e)
		}
	case errors.As(err, &one):
		renderOne(&b, one)
	default:
		fmt.Fprintf(&b, "Error: %s\n", printable(err.Error()))
	}
	_, werr := io.WriteString(w, b.String())
	return werr
}

func renderOne(b *strings.Builder, e *ScriptError) {
	frames, at := e.Frames, ""
	if last := len(frames) - 1; frames[last].Func == "" {
		frames, at = frames[:last], printable(e.At().String())+": "
	}
	if len(frames) > 0 {
		b.WriteString("Traceback (most recent call last):\n")
		renderFrames(b, frames)
	}
	fmt.Fprintf(b, "Error: %s%s\n", at, printable(e.Message))
	renderSource(b, e.At(), e.Source)
}

// longestLoop is how many functions that call each other in turn are still
// recognised as one recursion.
const longestLoop = 8

// renderFrames writes a line for each frame, and the repetitions of a recursion
// as a count.
func renderFrames(b *strings.Builder, frames []Frame) {
	for i := 0; i < len(frames); {
		size, times := 1, 1
		for n := 1; n <= longestLoop; n++ {
			if t := repeats(frames[i:], n); t >= 4 {
				size, times = n, t
				break
			}
		}
		for _, f := range frames[i : i+size] {
			fmt.Fprintf(b, "  %s: in %s\n", printable(f.Position.String()), printable(f.Func))
		}
		if times > 1 {
			what := "the line above"
			if size > 1 {
				what = fmt.Sprintf("the %d lines above", size)
			}
			fmt.Fprintf(b, "  [%s, %d more times]\n", what, times-1)
		}
		i += size * times
	}
}

// repeats counts how often the first n frames stand one after another.
func repeats(frames []Frame, n int) int {
	i := n
	for i < len(frames) && frames[i] == frames[i-n] {
		i++
	}
	return i / n
}

// renderSource writes a source line with a caret under the place.
func renderSource(b *strings.Builder, at Position, line string) {
	if at.Line == 0 || strings.TrimSpace(line) == "" {
		return
	}
	text := []rune(printable(line))
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

// window cuts a long line to the part around a column, and gives the column in
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

// blank is white space as wide as the text is on a terminal.
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
// Unicode's EastAsianWidth.txt has as W or F.
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

// printable replaces the control characters of a text but newline and tab.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
