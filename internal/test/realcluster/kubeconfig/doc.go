// Package kubeconfig writes kubeconfig files for tests, right and wrong ones.
//
// Reading one is the business of the code under test.
package kubeconfig
