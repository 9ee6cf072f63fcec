// Package yaml11 makes YAML 1.2 documents ones that the YAML parser, which knows 1.1
// alone, does not refuse. It imports the standard library only; it reads and
// writes nothing.
package yaml11
