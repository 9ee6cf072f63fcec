// Package analysis finds what a script contains before it runs.
//
// A [Table] describes what scripts can use: the functions and attributes of the
// language, of the plugins of a run, and of an embedder. [Analyze] makes a [File] of
// a syntax tree: its symbols, the type of every expression whose type is evident, and
// diagnostics. An editor asks a File for the symbol, call or type at a position.
//
// A type is evident if it follows from literals, from the rows of the table and
// from assignments of such values. What is not evident is not reported: a
// diagnostic about a type is a failure whenever the line runs.
//
// The package is pure. It reads no file and follows no load statement: whoever
// calls it hands in the loaded files, as [Engine.Check] of package starlark does.
// It never executes a script and does not know the interpreter.
//
// [Engine.Check]: https://pkg.go.dev/github.com/sextant-dev/sextant/starlark#Engine.Check
package analysis
