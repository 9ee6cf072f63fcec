// Package foreground runs one program in the place of this process: on the same
// terminal, with the same input and output, receives the same signals.
//
// It imports the standard library and golang.org/x/sys.
package foreground
