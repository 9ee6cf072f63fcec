// Package kubeconfig writes kubeconfig files for tests, right and wrong ones.
//
// It imports the standard library and its sibling certs only. Reading one is
// the business of the code under test.
package kubeconfig
