package starlark

import (
	"fmt"
	"strings"
)

// Position is a place in a script.
type Position struct {
	File   string // path relative to the root of the engine's files
	Line   int    // from 1; 0 where unknown
	Column int    // from 1, in characters, a tab being one; 0 where unknown
}

// String gives file:line:column, without the parts that are unknown.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Frame is one active call of a script function when an error happened.
type Frame struct {
	Position
	// Func is the function's name, "<toplevel>" for the statements of a file.
	// It is empty in the last frame of a mistake found before the file ran.
	Func string
}

// ScriptError is one failure in a script.
type ScriptError struct {
	// Frames are the active calls, outermost first. The last one is where the
	// failure is. Calls of builtins are not among them. There is at least one.
	Frames []Frame
	// Message says what is wrong, without a position.
	Message string
	// Suggestion is the name that was probably meant; empty if none is near.
	// The message shows it too.
	Suggestion string
	// Source is the line of the last frame as it was when the script ran,
	// without its end; empty where unknown.
	Source string
	// Cause is what a builtin returned, or a *LimitError, *CanceledError or
	// *PanicError; nil for a mistake found before the file ran.
	Cause error
}

// At is the place of the failure.
func (e *ScriptError) At() Position { return e.Frames[len(e.Frames)-1].Position }

// Error gives file:line:column: message, on one line. [Render] shows the rest.
func (e *ScriptError) Error() string {
	return e.At().String() + ": " + strings.ReplaceAll(e.Message, "\n", " ")
}

func (e *ScriptError) Unwrap() error { return e.Cause }

// ScriptErrors are several mistakes found before a file ran, in the order of
// the source, those of a loaded file where it is loaded. There are at least two.
type ScriptErrors []*ScriptError

// Error gives one line for each.
func (e ScriptErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

func (e ScriptErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, one := range e {
		errs[i] = one
	}
	return errs
}

// asError makes the plainest error of a list: nil, the one, or all.
func (e ScriptErrors) asError() error {
	switch len(e) {
	case 0:
		return nil
	case 1:
		return e[0]
	}
	return e
}
