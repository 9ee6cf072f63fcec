// Package attack holds what Sextant promises on a bad day: a network in chaos, a
// kubeconfig that is written while it is read, secrets at every place that
// something could print, scripts that want too much, and two thousand clusters.
//
// It has tests only, a file for each kind of attack. Those that take long have
// the build tag long, those that use servers the tag real; `make test-real` runs
// both. docs/reliability.md describes what
// is promised under each attack and which test here holds it.
package attack
