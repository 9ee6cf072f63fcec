package starlark

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/resolve"
	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/starlark/internal/spell"
)

// staticError carries mistakes of a loaded file, which have their frames
// already, out through the interpreter.
type staticError struct{ mistakes ScriptErrors }

func (e *staticError) Error() string { return e.mistakes.Error() }

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
		e.Frames = []Frame{{Position: Position{File: name}}}
	}
	return r.told(e, eval, err)
}

// told completes the error of a call: what stopped the run counts for more than
// how the interpreter says so.
func (r *run) told(e *ScriptError, eval *sl.EvalError, err error) *ScriptError {
	c := canceled(r.ctx)
	switch {
	case r.limit != nil:
		e.Message, e.Cause = r.limit.Error(), r.limit
	case c != nil && eval != nil && strings.HasSuffix(eval.Msg, stopped), endedBy(r.ctx, err):
		e.Message, e.Cause = c.Error(), c
	}
	e.Suggestion = suggestion(e.Message)
	e.Source = r.sources.line(e.At())
	return e
}

// located makes a script's error of one that End returned, if that says which
// call it is about. What a function of the script failed with stands below it.
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
	return r.told(e, eval, err)
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
	at := Position{File: name}
	if len(r.loading) > 0 {
		at.File = r.loading[len(r.loading)-1]
	}
	return &ScriptError{Frames: []Frame{{Position: at}}, Message: cause.Error(), Cause: cause}
}

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

// maxMistakes is how many mistakes of one file are told: nobody reads more, and
// each takes a search for its line.
const maxMistakes = 100

// mistakes makes errors, in the order of the source, from one of the parser or
// the resolver. The frames are those of the load statements that led to the
// file, names what plugins add.
func (s *sources) mistakes(err error, frames []Frame, names []string) ScriptErrors {
	var list resolve.ErrorList
	var parse syntax.Error
	var chain *chainError
	switch {
	case errors.As(err, &list):
	case errors.As(err, &parse):
		list = resolve.ErrorList{{Pos: parse.Pos, Msg: parse.Msg}}
	case errors.As(err, &chain):
		m := s.mistake(position(chain.at), chain.Error(), frames)
		m.Cause = chain.limit
		return ScriptErrors{m}
	}
	var out ScriptErrors
	for _, one := range list[:min(len(list), maxMistakes)] {
		out = append(out, s.mistake(position(one.Pos), withSuggestion(one.Msg, names), frames))
	}
	slices.SortStableFunc(out, func(a, b *ScriptError) int {
		return cmp.Or(cmp.Compare(a.At().Line, b.At().Line), cmp.Compare(a.At().Column, b.At().Column))
	})
	return out
}

func (s *sources) mistake(at Position, message string, frames []Frame) *ScriptError {
	return &ScriptError{
		Frames:     append(frames[:len(frames):len(frames)], Frame{Position: at}),
		Message:    message,
		Suggestion: suggestion(message),
		Source:     s.line(at),
	}
}

// withSuggestion adds a near name to the message of an undefined one. The
// resolver knows the names of the file but not those of plugins.
func withSuggestion(message string, names []string) string {
	rest, ok := strings.CutPrefix(message, "undefined: ")
	if !ok {
		return message
	}
	name, _, _ := strings.Cut(rest, " ")
	candidates := append(sl.Universe.Keys(), names...)
	if own := suggestion(message); own != "" {
		candidates = append(candidates, own)
	}
	return withNearest("undefined: "+name, name, candidates)
}

// withNearest adds the candidate that is near to name to a message, if any is.
func withNearest(message, name string, candidates []string) string {
	if near := spell.Nearest(name, candidates); near != "" {
		return fmt.Sprintf("%s (did you mean %s?)", message, near)
	}
	return message
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

func position(p syntax.Position) Position {
	return Position{File: p.Filename(), Line: int(p.Line), Column: int(p.Col)}
}
