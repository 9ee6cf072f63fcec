// Package terminal types at programs that run in a pseudo-terminal, as a person
// does, for the tests of this module. On Windows it is empty.
package terminal
