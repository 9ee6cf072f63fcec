package starlark

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// staticError carries mistakes of a loaded file, which have their frames
// already, out through the interpreter.
type staticError struct{ mistakes ScriptErrors }

func (e *staticError) Error() string { return e.mistakes.Error() }

// innermost returns the error of the deepest call: a failed load, and a builtin
// that calls back into the script, wrap it in errors of their own.
func innermost(err error) *sl.EvalError {
	var deepest, next *sl.EvalError
	for errors.As(err, &next) {
		if deepest == nil || len(next.CallStack) > len(deepest.CallStack) {
			deepest = next
		}
		err = next.Unwrap()
	}
	return deepest
}

// mistakes makes errors, in the order of the source, from one of the parser or
// the resolver. The frames are those of the load statements that led to the
// file, names what plugins add.
func (s *sources) mistakes(err error, name string, frames []Frame, names []string) ScriptErrors {
	var chain *chainError
	if errors.As(err, &chain) {
		at := position(chain.at)
		return ScriptErrors{{Frames: append(frames[:len(frames):len(frames)], Frame{Position: at}), Message: chain.Error(), Source: s.line(at), Cause: chain.limit}}
	}
	var hint func(string) string
	if s.engine.Table != nil {
		hint = s.engine.Table(name).Hint
	}
	names = slices.DeleteFunc(slices.Clone(names), isGate)
	var out ScriptErrors
	for _, d := range analysis.Mistakes(err, name, s.texts[name], names, hint) {
		out = append(out, &ScriptError{
			Frames:     append(frames[:len(frames):len(frames)], Frame{Position: d.Start}),
			Message:    d.Summary,
			Suggestion: d.Suggestion,
			Detail:     d.Detail + furtherUses(d.Related),
			Source:     s.line(d.Start),
		})
	}
	return out
}

// furtherUses lists the other places of an undefined name.
func furtherUses(related []diag.Related) string {
	var b strings.Builder
	for _, r := range related {
		fmt.Fprintf(&b, "\n%s: %s", r.Start, r.Message)
	}
	return b.String()
}

// suggestion finds the name that a message suggests. The interpreter has it in
// the text only.
func suggestion(message string) string {
	_, rest, ok := strings.Cut(message, "(did you mean ")
	if !ok {
		return ""
	}
	name, _, ok := strings.Cut(rest, "?)")
	if !ok {
		return ""
	}
	return strings.Trim(name, `."`)
}

// scriptFrames leaves out the calls of builtins.
func scriptFrames(stack sl.CallStack) []Frame {
	var frames []Frame
	for _, f := range stack {
		if at := position(f.Pos); at.Line > 0 {
			frames = append(frames, Frame{Position: at, Func: f.Name})
		}
	}
	return frames
}

func position(p syntax.Position) diag.Position {
	return diag.Position{File: p.Filename(), Line: int(p.Line), Column: int(p.Col)}
}

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

// guard returns v with panics turned into errors where v is a builtin or a
// module of them. Here the frame of the call is still known; panics of other
// values are caught by run.caught, which knows the script only.
func guard(v sl.Value) sl.Value {
	switch v := v.(type) {
	case *sl.Builtin:
		return sl.NewBuiltin(v.Name(), func(thread *sl.Thread, _ *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (result sl.Value, err error) {
			defer func() {
				if p := recover(); p != nil {
					result, err = nil, &PanicError{Func: v.Name(), Value: p}
				}
			}()
			return v.CallInternal(thread, args, kwargs)
		})
	case *starlarkstruct.Module:
		members := make(sl.StringDict, len(v.Members))
		for name, member := range v.Members {
			members[name] = guard(member)
		}
		return &starlarkstruct.Module{Name: v.Name, Members: members}
	}
	return v
}

// panicSource names the Go function that panicked. It works only in a function
// deferred by a caller of that one.
func panicSource() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	panicking := false
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicking = true
		case panicking && !strings.HasPrefix(f.Function, "runtime."):
			return f.Function[strings.LastIndexByte(f.Function, '/')+1:]
		}
		if !more {
			return "builtin"
		}
	}
}

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
