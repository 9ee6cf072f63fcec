package starlark

import (
	"errors"
	"fmt"
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
	var over *placedLimit
	if errors.As(err, &over) {
		at := position(over.at)
		return ScriptErrors{{Frames: append(frames[:len(frames):len(frames)], Frame{Position: at}), Message: over.Error(), Source: s.line(at), Cause: over.limit}}
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

// scriptError makes what Run returns from what the interpreter returned. The
// name is that of the first file.
func (r *run) scriptError(name string, err error) error {
	var exit exiter
	if errors.As(err, &exit) {
		return nil
	}
	var static *staticError
	if errors.As(err, &static) {
		return static.mistakes.asError()
	}
	c := canceled(r.ctx)
	eval := innermost(err)
	if eval == nil {
		if endedBy(r.ctx, err) {
			err = c
		}
		return fmt.Errorf("cannot run %s: %w", name, err)
	}
	e := &ScriptError{Frames: scriptFrames(eval.CallStack), Message: eval.Msg, Cause: eval.Unwrap()}
	// The interpreter finds wrong arguments when the function has begun; the
	// mistake is in the call.
	if last := len(e.Frames) - 1; last > 0 && strings.HasPrefix(e.Message, "function "+e.Frames[last].Func+" ") {
		e.Frames = e.Frames[:last]
	}
	if len(e.Frames) == 0 {
		e.Frames = []Frame{{Position: diag.Position{File: name}}}
	}
	return r.explained(e, eval, err)
}

// explained completes the error of a call: what stopped the run counts for more than
// how the interpreter words it.
func (r *run) explained(e *ScriptError, eval *sl.EvalError, err error) *ScriptError {
	c := canceled(r.ctx)
	switch {
	case r.meter.exceeded != nil:
		e.Message, e.Cause = r.meter.exceeded.Error(), r.meter.exceeded
	case c != nil && eval != nil && strings.HasSuffix(eval.Msg, stopped), endedBy(r.ctx, err):
		e.Message, e.Cause = c.Error(), c
	}
	e.Suggestion = suggestion(e.Message)
	e.Detail = analysis.Explain(e.Message)
	e.Source = r.sources.line(e.At())
	e.Message = diag.Shortened(e.Message)
	return e
}

// located makes a script's error of one that End returned, if that names which
// call it is about. What a function of the script failed with is below it.
func (r *run) located(err error) error {
	var at locatedError
	if !errors.As(err, &at) {
		return err
	}
	e := &ScriptError{Frames: scriptFrames(at.CallStack()), Message: err.Error(), Cause: err}
	eval := innermost(err)
	if eval != nil {
		e.Frames = append(e.Frames, scriptFrames(eval.CallStack)...)
	}
	if len(e.Frames) == 0 {
		return err
	}
	return r.explained(e, eval, err)
}

// caught is to be deferred: it makes an error of a panic.
func (r *run) caught(name string, err *error) {
	if p := recover(); p != nil {
		*err = r.panicError(name, p)
	}
}

// panicError makes the error of a panic that no guard caught. The interpreter
// has dropped its frames by then, so only the file is known. The name is that of
// the first file.
func (r *run) panicError(name string, value any) error {
	cause := &PanicError{Func: panicSource(), Value: value}
	at := diag.Position{File: name}
	if len(r.loading) > 0 {
		at.File = r.loading[len(r.loading)-1]
	}
	return &ScriptError{Frames: []Frame{{Position: at}}, Message: cause.Error(), Cause: cause}
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
