// Package yaml11 looks at YAML before the parser does: it makes 1.2 documents ones that
// the parser, which knows 1.1 alone, does not refuse, and finds those that would take
// too much memory. It imports the standard library only; it reads and writes nothing.
package yaml11
