package starlark

import (
	"fmt"
	"runtime"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// PanicError reports that Go code called by a script panicked.
type PanicError struct {
	// Func is the builtin as scripts name it, or, where that is not known, as
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
// values are caught by run.call, which knows the script only.
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
