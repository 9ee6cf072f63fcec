package console

import (
	"io"
	"unicode/utf8"

	"github.com/sextant-dev/sextant/diag"
)

// Writer makes what is written to it printable. A character that comes in two
// parts is put together again.
type Writer struct {
	w    io.Writer
	rest []byte // of a character, or a carriage return
}

// NewWriter returns a Writer on w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes p but for the part of a character at its end.
func (t *Writer) Write(p []byte) (int, error) {
	text := p
	if len(t.rest) > 0 {
		text = append(t.rest, p...)
	}
	end := len(text) - unfinished(text)
	t.rest = append([]byte(nil), text[end:]...)
	if end == 0 {
		return len(p), nil
	}
	if _, err := io.WriteString(t.w, diag.Printable(string(text[:end]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes what was kept: nothing completes it.
func (t *Writer) flush() {
	if len(t.rest) > 0 {
		io.WriteString(t.w, diag.Printable(string(t.rest)))
		t.rest = nil
	}
}

// unfinished is how many bytes at the end of a string may begin something longer.
func unfinished(text []byte) int {
	if n := len(text); n > 0 && text[n-1] == '\r' {
		return 1
	}
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if c := text[len(text)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(text[len(text)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
