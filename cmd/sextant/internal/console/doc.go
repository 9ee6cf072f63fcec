// Package console writes what is not a result to standard error: prints,
// warnings, errors, and on a terminal a progress line that never mixes with
// them.
//
// Whatever comes from elsewhere, a server, a file or a script, is made printable
// here, so that no caller can forget it: a terminal acts on nothing, and no text
// reads like a line of Sextant's own. [Writer] does that to a result that people
// read.
package console
