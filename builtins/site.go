package builtins

import (
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/diag"
)

// script is where the run is in its script. It has no thread before the first call of
// a function of the run.
type script struct{ thread *sl.Thread }

// here returns the place in the script that is being executed.
func (s *script) here() diag.Position {
	if s.thread == nil {
		return diag.Position{}
	}
	for i := range s.thread.CallStackDepth() {
		if pos := s.thread.CallFrame(i).Pos; pos.Line > 0 {
			return diag.Position{File: pos.Filename(), Line: int(pos.Line), Column: int(pos.Col)}
		}
	}
	return diag.Position{}
}

// file returns the name of the script file that is being executed.
func (s *script) file() string { return s.here().File }

// site is a call in the script, for errors that show when the script is done.
type site struct {
	at    diag.Position
	stack sl.CallStack
}

// site returns the call that is being executed.
func (s *script) site() site { return site{at: s.here(), stack: s.thread.CallStack()} }

// fault makes err one about the call.
func (s site) fault(err error) error { return FaultAt(s.stack, err) }

// FaultAt makes err one about an earlier call, which the interpreter reports as the
// call's. It is for a [Host].
func FaultAt(call sl.CallStack, err error) error { return &siteError{stack: call, err: err} }

type siteError struct {
	stack sl.CallStack
	err   error
}

func (e *siteError) Error() string           { return e.err.Error() }
func (e *siteError) Unwrap() error           { return e.err }
func (e *siteError) CallStack() sl.CallStack { return e.stack }
