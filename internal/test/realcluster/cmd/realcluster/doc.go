// Realcluster runs the tests that use real servers: it installs the Debian
// packages that are missing, if it may, builds etcd and Kubernetes, and runs
// every package that has *_real_test.go files, one after another. At the end it
// reports the tests that asked for a server apart from the others, and what
// could not be run and why. Then it runs those tests again with every server
// missing: one that still passes is an error.
//
//	go run ./internal/test/realcluster/cmd/realcluster [PACKAGE…]
//
// It imports the standard library and package realcluster. It starts no server
// itself: the tests do.
package main
