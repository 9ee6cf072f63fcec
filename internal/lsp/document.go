package lsp

import (
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// document is the contents of an open script. It never changes; a change makes
// another one.
type document struct {
	uri     string
	path    string // absolute
	version int
	text    string
	lines   []int // the byte at which each line starts
	// changed is the last line that was changed, from 0, -1 for none.
	changed int
	// statements returns where the statements at top level begin, in bytes.
	statements func() []int
}

func newDocument(uri, path string, version int, text string) *document {
	d := &document{uri: uri, path: path, version: version, text: text, lines: []int{0}, changed: -1}
	d.statements = sync.OnceValue(func() []int { return analysis.Split(text) })
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			return d
		}
		i += n + 1
		d.lines = append(d.lines, i)
	}
}

// replace returns the document with a range replaced; without one, the text.
func (d *document) replace(version int, r *textRange, text string) *document {
	if r == nil {
		return newDocument(d.uri, d.path, version, text)
	}
	start, end := d.offset(r.Start), d.offset(r.End)
	next := newDocument(d.uri, d.path, version, d.text[:start]+text+d.text[max(start, end):])
	next.changed = r.Start.Line + strings.Count(text, "\n")
	return next
}

// line returns a line, from 0, without its end.
func (d *document) line(n int) string {
	if n < 0 || n >= len(d.lines) {
		return ""
	}
	text := d.text[d.lines[n]:]
	if n+1 < len(d.lines) {
		text = d.text[d.lines[n] : d.lines[n+1]-1]
	}
	return strings.TrimSuffix(text, "\r")
}

// offset returns the byte of a position, at most the end of its line.
func (d *document) offset(p position) int {
	if p.Line < 0 {
		return 0
	}
	if p.Line >= len(d.lines) {
		return len(d.text)
	}
	line := d.line(p.Line)
	at, units := 0, 0
	for at < len(line) && units < p.Character {
		r, size := utf8.DecodeRuneInString(line[at:])
		units += utf16Length(r)
		at += size
	}
	return d.lines[p.Line] + at
}

// position returns the position of a byte.
func (d *document) position(offset int) position {
	low, high := 0, len(d.lines)
	for low+1 < high {
		if mid := (low + high) / 2; d.lines[mid] <= offset {
			low = mid
		} else {
			high = mid
		}
	}
	return position{low, utf16Count(d.text[d.lines[low]:offset])}
}

// wordAt returns the name that a position is in, or at one of the ends of.
func (d *document) wordAt(p position) string {
	start := d.offset(p)
	for start > 0 && analysis.IsNameByte(d.text[start-1]) {
		start--
	}
	return d.text[start:d.nameEnd(p)]
}

// nameEnd returns the offset behind the name that a position is in, or that of the
// position if it is in none.
func (d *document) nameEnd(p position) int {
	end := d.offset(p)
	for end < len(d.text) && analysis.IsNameByte(d.text[end]) {
		end++
	}
	return end
}

// fromDiag converts a position of the analysis, which counts characters from 1.
func (d *document) fromDiag(p diag.Position) position {
	line := d.line(p.Line - 1)
	units := 0
	for n := 1; n < p.Column && line != ""; n++ {
		r, size := utf8.DecodeRuneInString(line)
		units += utf16Length(r)
		line = line[size:]
	}
	return position{max(p.Line-1, 0), units}
}

func (d *document) rangeOf(r diag.Range) textRange {
	return textRange{d.fromDiag(r.Start), d.fromDiag(r.End)}
}

// toDiag converts a position to one of the analysis of the file name.
func (d *document) toDiag(name string, p position) diag.Position {
	before := d.text[d.lines[min(max(p.Line, 0), len(d.lines)-1)]:d.offset(p)]
	return diag.Position{File: name, Line: p.Line + 1, Column: utf8.RuneCountInString(before) + 1}
}

func utf16Length(r rune) int { return max(utf16.RuneLen(r), 1) }

func utf16Count(s string) int {
	n := 0
	for _, r := range s {
		n += utf16Length(r)
	}
	return n
}
