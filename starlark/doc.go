// Package starlark runs configuration scripts: Starlark files that can load
// each other, under limits, with the names that plugins give them.
//
// An [Engine] is a plain config struct. [Engine.Run] executes one file and the
// files that it loads, on one Starlark thread, so that a traceback, the step
// budget, print and cancellation reach across files. [Engine.Check] reads the
// same files and reports every mistake that shows without executing them.
//
// Scripts see nothing but the language itself until a [Plugin] adds names. A
// plugin lives for one run and keeps that run's state, so an engine may serve
// any number of runs at the same time.
//
// # Dialect
//
// The language is Starlark as go.starlark.net has it, with the options that
// configuration people expect switched on: if, for and while at top level,
// reassignment of globals, recursion, while loops, and sets.
//
// # Files
//
// A file name is a slash-separated path relative to the root of Engine.Files.
// The path in load is relative to the file that loads; it may use "..", and
// may not leave the root. Each file is executed once a run. [OpenDir] gives a
// file system for a folder on disk that nothing can lead out of.
//
// # Errors
//
// A failure in a script is a [*ScriptError]: frames, message, source line,
// cause. [Render] prints one for people. Budgets end in a [*LimitError] and
// cancellation in a [*CanceledError], both reached with errors.As.
//
// # What it does not do
//
// The package imports go.starlark.net and the standard library, nothing else.
// It knows no cluster, makes no connection, and reads no file but through
// Engine.Files. It does not bound memory: one expression such as
// [0] * 1000000000 can exhaust it, and turning a value nested millions deep
// into a string can exhaust the Go stack, which ends the process. Lower
// Limits.Steps to a million for scripts that are not trusted to that extent.
package starlark
