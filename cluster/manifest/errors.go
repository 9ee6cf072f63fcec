package manifest

import (
	"strings"

	"github.com/sextant-dev/sextant/diag"
)

// Error is why an input cannot be read or edited, and where.
type Error struct {
	diag.Position
	Reason string // one line, lower case
	Err    error  // the cause, if there is one
}

func (e *Error) Error() string { return e.Position.String() + ": " + e.Reason }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Warning is something that was left alone, or done in a way that the reader of
// the manifest should know of.
type Warning struct {
	diag.Position
	Reason string // one line, lower case
}

func (w Warning) String() string { return w.Position.String() + ": " + w.Reason }

// maxShown is how many bytes of an image a message shows.
const maxShown = 300

// shown is a string of the input as a message shows it: whole, or its start.
func shown(text string) string {
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}
