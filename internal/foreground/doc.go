// Package foreground runs one program in the place of this process: on the same
// terminal, with the same input and output, and with the same signals.
package foreground
