// Realcluster runs the tests that use real servers: it installs the Debian
// packages that are missing, where it may, builds etcd and Kubernetes, runs
// every package that has *_real_test.go files, one after another, and says at
// the end what ran and what could not be had.
//
//	go run ./internal/test/realcluster/cmd/realcluster [PACKAGE…]
//
// It imports the standard library and package realcluster. It starts no server
// itself: the tests do.
package main
