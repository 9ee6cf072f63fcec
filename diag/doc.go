// Package diag holds what a program reports about source files: positions,
// ranges, and diagnostics, which are data that an editor can show without
// parsing. A [Printer] writes them for people. [LimitError] is here too: the
// engine and the builtins, which do not know each other, both report it.
//
// It is a leaf: it imports the standard library only, does no I/O but to the
// writer of a Printer, and never reads a source file.
package diag
