package manifest

import "github.com/sextant-dev/sextant/diag"

// Position is a place in an input. Column counts characters, not bytes.
type Position = diag.Position

// Error is why an input cannot be read or edited, and where.
type Error struct {
	Position
	Reason string // one line, lower case
	Err    error  // the cause, where there is one
}

func (e *Error) Error() string { return e.Position.String() + ": " + e.Reason }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Warning is something that was left alone, or done in a way that the reader of
// the manifest should know of.
type Warning struct {
	Position
	Reason string // one line, lower case
}

func (w Warning) String() string { return w.Position.String() + ": " + w.Reason }
