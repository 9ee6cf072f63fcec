package builtins

import sl "go.starlark.net/starlark"

// site is a call in the script, for errors that show when the script is done.
type site struct {
	place string
	stack sl.CallStack
}

// site returns the call that is being executed.
func (r *Run) site() site { return site{place: r.here(), stack: r.thread.CallStack()} }

// fault makes an error about the call, which the interpreter tells as the call's.
func (s site) fault(err error) error { return &siteError{stack: s.stack, err: err} }

type siteError struct {
	stack sl.CallStack
	err   error
}

func (e *siteError) Error() string           { return e.err.Error() }
func (e *siteError) Unwrap() error           { return e.err }
func (e *siteError) CallStack() sl.CallStack { return e.stack }
