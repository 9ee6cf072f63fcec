package diag

import (
	"fmt"
	"slices"
)

// Severity is how bad a diagnostic is.
type Severity int

const (
	// Error indicates that a script fails, or cannot run.
	Error Severity = iota + 1
	// Warning indicates code that runs and is probably not what was meant.
	Warning
)

// String returns "error" or "warning".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return fmt.Sprintf("severity %d", int(s))
}

// MarshalText encodes the severity as its name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Edit replaces a range of a source file.
type Edit struct {
	Range
	NewText string `json:"newText"`
}

// Fix is a change that would resolve a diagnostic.
type Fix struct {
	// Title describes what the change does, such as `replace contxt by context`.
	Title string `json:"title"`
	Edits []Edit `json:"edits"`
}

// Related is a second place that a diagnostic is about.
type Related struct {
	Range
	// Message describes what is there, such as `also used here`.
	Message string `json:"message"`
}

// Diagnostic is one thing to report about a source file.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	// Code names the kind of the problem, such as undefined-name.
	Code string `json:"code"`
	// Range is the source that is to blame.
	Range
	// Summary is one line, without a position.
	Summary string `json:"summary"`
	// Detail is what to do about it, in one or more lines; often empty.
	Detail string `json:"detail,omitempty"`
	// Suggestion is the name that was probably meant; empty if none is near.
	Suggestion string `json:"suggestion,omitempty"`
	// Loads are the load statements that lead to the file, outermost first.
	Loads []Position `json:"loads,omitempty"`
	// Related are further places.
	Related []Related `json:"related,omitempty"`
	// Fixes are changes to choose one of.
	Fixes []Fix `json:"fixes,omitempty"`
	// Cause is the error that the diagnostic reports, for a Go caller that branches
	// on its type; often nil.
	Cause error `json:"-"`
}

// HasErrors reports whether one of the diagnostics is an [Error].
func HasErrors(list []Diagnostic) bool {
	return slices.ContainsFunc(list, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders diagnostics by their positions, and keeps the order of those at
// one position.
func Sort(list []Diagnostic) {
	slices.SortStableFunc(list, func(a, b Diagnostic) int { return a.Start.Compare(b.Start) })
}
