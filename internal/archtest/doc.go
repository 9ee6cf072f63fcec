// Package archtest holds how the packages of this module stand to each other:
// which imports which, where each says what it is, and how long a file may be.
// It has tests only; they read the source of every package, for every platform,
// and import nothing of this module.
package archtest
