// Package certs makes the certificates that the tests need: an authority, a
// second one that nobody trusts, and leaves that are good, expired, or made out
// to another name.
//
// It imports the standard library only. It never reads a certificate from the
// machine, and it touches the disk only if a method's comment names it. The keys are
// made again in each process and are worth nothing outside it.
package certs
