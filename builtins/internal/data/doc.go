// Package data turns the values of scripts into JSON and YAML, and back.
//
// One walk over a value serves both formats: it describes what is there, in order, and an
// emitter writes it. YAML is in block style, and every string that a reader of YAML
// 1.1 or 1.2 would take for something else is quoted. What is read has limits of
// depth and, of YAML, of the number of values.
//
// # What it does not do
//
// The package opens no file and knows no cluster: a value with a form of its own is
// an [Object].
package data
