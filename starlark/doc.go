// Package starlark runs configuration scripts: Starlark files that can load
// each other, under limits, with the names that plugins add.
//
// An [Engine] is a plain config struct. [Engine.Run] executes one file and the
// files that it loads, on one Starlark thread, so that a traceback, the step
// budget, print and cancellation reach across files. [Engine.Check] reads the
// same files and reports the mistakes that show without executing them.
//
// Scripts see nothing but the language itself until a [Plugin] adds names. A
// plugin lives for one run and keeps that run's state, so an engine may serve
// any number of runs at the same time. Copy an engine to set for one run a Print or
// a limit of its own.
//
// # Plugins
//
// A plugin needs nothing of this package: its interface speaks go.starlark.net,
// io/fs and context. So keep it in files of its own. A file that calls the
// engine then imports this package, one that handles values imports
// go.starlark.net/starlark, and none has to import both.
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
// may not leave the root. Each file is executed once a run. [OpenDir] returns a
// file system for a folder on disk that nothing can lead out of.
//
// # Errors
//
// A failure in a script is a [*ScriptError]: frames, message, source line,
// cause. [Render] prints one for people. Budgets end in a [*diag.LimitError] and
// cancellation in a [*CanceledError], both reached with errors.As.
//
// # Where things are
//
//   - To run: engine (the API), plugin, run (loads and executes files), session (the
//     same for a console), source (reading, parsing and the names of files), dir, check
//     (what executes nothing).
//   - To report: failure (the errors of a run), diagnose (makes them of what the
//     interpreter returns), render (shows them to people), canceled, cover.
//   - To limit: limits, watch (on time and memory), meter (which holds a run to them: it
//     counts, is charged, and stops the thread).
//   - To charge: rewrite puts gates into a file before it is compiled, gates are what
//     its operands and results then go through, operand is for operations that cost by
//     both sides, call for builtins, freeze for the globals of a file that was loaded;
//     cost and weight are what a value costs, by its length or by all that it holds. key
//     is what an index by a constant goes through.
//
// # What it does not do
//
// The package knows no cluster, makes no connection, and reads no file but through
// Engine.Files.
//
// It is not the last wall against a script that means harm. A script ends between
// two of its steps, and nothing in the process can stop a step. Operations and calls
// whose cost grows with their operands are charged for it, and refused before they
// begin if they exceed a limit; what a plugin's own functions do is charged by the
// sizes of their arguments and results alone. Memory is sampled. Run such scripts in
// a process of their own, as sextant --untrusted does, and end that when Run does not
// return in time.
package starlark
