// Package clustertest has API servers for tests, in process and on loopback: a
// Kubernetes one ([NewKube]) and a Docker one. Each answers just what Sextant
// asks, from a struct of facts, and counts what reaches it.
//
// It imports the certificates of internal/realcluster/certs, which are made anew
// in each process, and clientcmd to write kubeconfigs. It never listens on
// anything but loopback, starts no process, and needs no cluster.
package clustertest
