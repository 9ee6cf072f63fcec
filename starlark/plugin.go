package starlark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	sl "go.starlark.net/starlark"
)

// Plugin adds names to one run, and keeps the state of that run. Make a new one
// for each run.
//
// Files. The file name in the position of a call frame is the path of the file
// relative to the root of the engine's files, exactly. A builtin whose argument
// is a path relative to the calling file joins it to the folder of the file of
// thread.CallFrame(1).Pos.
//
// Errors. What a builtin returns becomes the Cause of the [ScriptError], so
// errors.As finds it. When the error has a method ExitScript(), the script ends
// there without a failure, also from inside a loaded file. When a builtin calls
// back into the script and that fails, the place inside the callback and its
// message are what is reported. What End returns becomes the Cause of a
// [ScriptError] too, when it has a method CallStack() that gives the
// go.starlark.net CallStack of the call it is about.
//
// Cancellation. A builtin that waits must stop waiting when the context of
// Begin is done, and return that context's error or its cause.
//
// Panics. A panic in a builtin ends the script with a [*PanicError].
type Plugin interface {
	// Begin is called once, before the first statement, and gives the names
	// that the plugin adds. The context is that of the run: it is canceled when
	// the caller's is, and after every plugin has ended. Files is where the
	// scripts are. When Begin fails the script does not run, and End of this
	// plugin is not called.
	Begin(ctx context.Context, files fs.FS) (sl.StringDict, error)

	// End is called once, after the last statement, also when the script or
	// Begin of a later plugin failed. The argument is what the script ended
	// with, nil for success. When the script succeeded, an error returned here
	// is the error of the run.
	End(err error) error
}

// exiter marks the error that ends a script early and successfully. It is
// structural, so a plugin needs nothing of this package to have one.
type exiter interface {
	error
	ExitScript()
}

// locatedError is an error of End that is about an earlier call. It is structural
// as well.
type locatedError interface {
	error
	CallStack() sl.CallStack
}

// beginPlugins starts each plugin and merges the names. It returns the plugins
// that have begun, also when it fails.
func beginPlugins(ctx context.Context, files fs.FS, plugins []Plugin) ([]Plugin, sl.StringDict, error) {
	names := sl.StringDict{}
	for i, p := range plugins {
		added, err := p.Begin(ctx, files)
		if err != nil {
			return plugins[:i], nil, err
		}
		for _, name := range added.Keys() {
			if names.Has(name) {
				return plugins[:i+1], nil, fmt.Errorf("starlark: two plugins of one run provide the name %q", name)
			}
			names[name] = guard(added[name])
		}
	}
	return plugins, names, nil
}

// endPlugins ends the plugins in the reverse order, and gives the error of the
// run.
func endPlugins(ctx context.Context, plugins []Plugin, scriptErr error) error {
	var failed []error
	for i := len(plugins) - 1; i >= 0; i-- {
		if err := plugins[i].End(scriptErr); err != nil {
			failed = append(failed, err)
		}
	}
	if scriptErr != nil || len(failed) == 0 {
		return scriptErr
	}
	err := failed[0]
	if len(failed) > 1 {
		err = errors.Join(failed...)
	}
	if endedBy(ctx, err) {
		return canceled(ctx)
	}
	return err
}
