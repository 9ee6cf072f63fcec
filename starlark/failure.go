package starlark

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/diag"
)

// Frame is one active call of a script function when an error happened.
type Frame struct {
	diag.Position
	// Func is the function's name, "<toplevel>" for the statements of a file.
	// It is empty in the last frame of a mistake found before the file ran.
	Func string
}

// ScriptError is one failure in a script.
type ScriptError struct {
	// Frames are the active calls, outermost first. The last one is where the
	// failure is. Calls of builtins are not among them. There is at least one.
	Frames []Frame
	// Message describes what is wrong, without a position.
	Message string
	// Suggestion is the name that was probably meant; empty if none is near.
	// The message shows it too.
	Suggestion string
	// Detail is what to do, or where else the mistake is, in one or more lines;
	// often empty.
	Detail string
	// Source is the line of the last frame as it was when the script ran,
	// without its end; empty if unknown.
	Source string
	// Cause is what a builtin returned, or a *diag.LimitError, *CanceledError or
	// *PanicError; nil for a mistake found before the file ran.
	Cause error
}

// At is the place of the failure.
func (e *ScriptError) At() diag.Position { return e.Frames[len(e.Frames)-1].Position }

// Error returns file:line:column: message, on one line. [Render] shows the rest.
func (e *ScriptError) Error() string {
	return e.At().String() + ": " + strings.ReplaceAll(e.Message, "\n", " ")
}

func (e *ScriptError) Unwrap() error { return e.Cause }

// ScriptErrors are several mistakes found before a file ran, in the order of
// the source, those of a loaded file at its load statement. There are at least two.
type ScriptErrors []*ScriptError

// Error returns one line for each.
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

// asError makes the plainest error of a list: the one, or all.
func (e ScriptErrors) asError() error {
	if len(e) == 1 {
		return e[0]
	}
	return e
}

// PanicError reports that Go code called by a script panicked.
type PanicError struct {
	// Func is the builtin as scripts name it, or, if that is not known, as
	// for a method of a value, the Go function.
	Func string
	// Value is what the code panicked with.
	Value any
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%s: panic: %v (a defect in the program, not in the script)", e.Func, e.Value)
}
