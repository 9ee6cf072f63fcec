// Package archtest holds how the packages of this module depend on each other:
// which imports which, and where each is documented. It has tests only; they read the
// source of every package, for every platform, and import nothing of this module.
package archtest
