// Realcluster runs the tests that `go test ./...` leaves out: those that use real
// servers, in *_real_test.go files, and those that take long, in *_long_test.go
// files. It installs the Debian packages that are missing, if it may, builds etcd
// and Kubernetes, and runs one package after another. At the end it reports the
// tests that asked for a server apart from the others, and what could not be run
// and why. Then it runs those tests again with every server missing: one that
// still passes is an error.
//
//	go run ./internal/test/realcluster/cmd/realcluster [PACKAGE…]
//
// It imports the standard library and package realcluster. It starts no server
// itself: the tests do.
package main
