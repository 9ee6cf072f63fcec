package starlark

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sextant-dev/sextant/diag"
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
		fmt.Fprintf(&b, "Error: %s\n", diag.PrintableBlock(err.Error()))
	}
	_, werr := io.WriteString(w, b.String())
	return werr
}

func renderOne(b *strings.Builder, e *ScriptError) {
	frames, at := e.Frames, ""
	if last := len(frames) - 1; frames[last].Func == "" {
		frames, at = frames[:last], diag.PrintableLine(e.At().String())+": "
	}
	if len(frames) > 0 {
		b.WriteString("Traceback (most recent call last):\n")
		renderFrames(b, frames)
	}
	fmt.Fprintf(b, "Error: %s%s\n", at, diag.PrintableBlock(e.Message))
	diag.Excerpt(b, e.At(), e.Source)
	for line := range strings.Lines(strings.TrimPrefix(e.Detail, "\n")) {
		fmt.Fprintf(b, "  %s\n", diag.Printable(strings.TrimSuffix(line, "\n")))
	}
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
			fmt.Fprintf(b, "  %s: in %s\n", diag.PrintableLine(f.Position.String()), diag.PrintableLine(f.Func))
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

// repeats counts how often the first n frames follow one another.
func repeats(frames []Frame, n int) int {
	i := n
	for i < len(frames) && frames[i] == frames[i-n] {
		i++
	}
	return i / n
}
