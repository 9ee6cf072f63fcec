package diag

import (
	"cmp"
	"strconv"
)

// Position is a place in a source file.
type Position struct {
	// File is the path of the file, relative to the root of the scripts; empty
	// if the source has no name.
	File string `json:"file"`
	// Line counts from 1; 0 if unknown.
	Line int `json:"line"`
	// Column counts characters from 1, a tab being one; 0 if unknown.
	Column int `json:"column"`
}

// String returns file:line:column without the parts that are unknown.
func (p Position) String() string {
	s := p.File
	if p.Line == 0 {
		return s
	}
	if s != "" {
		s += ":"
	}
	s += strconv.Itoa(p.Line)
	if p.Column == 0 {
		return s
	}
	return s + ":" + strconv.Itoa(p.Column)
}

// IsZero reports whether nothing is known of the place.
func (p Position) IsZero() bool { return p == Position{} }

// Compare orders positions by file, line and column.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Range is a part of one source file: from Start up to, not including, End.
// An empty range is the place before a character.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Contains reports whether p is in the range, or directly behind it: an editor's
// cursor behind the last letter of a name is still at that name.
func (r Range) Contains(p Position) bool {
	return r.Start.File == p.File && r.Start.Compare(p) <= 0 && p.Compare(r.End) <= 0
}
