package starlark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	sl "go.starlark.net/starlark"
)

// Plugin adds names to one run, and keeps the state of that run. Make a new one
// for each run. A plugin that is a [FileNamer] adds names to single files too.
//
// Files. The file name in the position of a call frame is the path of the file
// relative to the root of the engine's files, exactly. A builtin whose argument
// is a path relative to the calling file joins it to the folder of the file of
// thread.CallFrame(1).Pos. One whose paths are relative to the file that is being
// executed, as in Tiltfiles, takes the innermost frame named <toplevel>: a function
// that another file defines is executed by the file that calls it.
//
// Loads. thread.Load executes a file for a builtin as a load statement does: once
// a run, with the same errors and the same limits. The path is relative to the
// file that calls the builtin, unless [Engine.Resolve] knows better.
//
// Errors. What a builtin returns becomes the Cause of the [ScriptError], so
// errors.As finds it. When the error has a method ExitScript(), the script ends
// there without a failure, also from inside a loaded file. When a builtin calls
// back into the script and that fails, the place inside the callback and its
// message are what is reported. What End returns becomes the Cause of a
// [ScriptError] too, when it has a method CallStack() that returns the
// go.starlark.net CallStack of the call it is about.
//
// Cancellation. A builtin that waits must stop waiting when the context of
// Begin is done, and return that context's error or its cause.
//
// Panics. A panic in a builtin ends the script with a [*PanicError].
type Plugin interface {
	// Begin is called once, before the first statement, and returns the names
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

// FileNamer is a plugin that adds names to single files, such as __file__.
type FileNamer interface {
	Plugin

	// FileNames is called before each file is executed and returns the names that
	// this file sees beside those of Begin, and in place of them if they are the
	// same. The file is named as in the positions of call frames.
	FileNames(file string) (sl.StringDict, error)
}

// LoadRequest is one load of a file, by a load statement or by a builtin.
type LoadRequest struct {
	// Path is the one that the script passes.
	Path string
	// Calling is the file with the statement or the call.
	Calling string
	// Executing is the file whose statements are being executed. It is another
	// than Calling if a builtin loads within a function that another file defines.
	Executing string
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
		if p == nil {
			return plugins[:i], nil, fmt.Errorf("starlark: plugin %d of the run is nil", i)
		}
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

// endPlugins ends the plugins in the reverse order, and returns the error of the
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
