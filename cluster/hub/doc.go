// Package hub reads the clusters of a team from a hub: a Kubernetes API server
// that keeps Cluster objects, whose statuses sextant-controller fills.
//
// A [Hub] is a cluster.Resolver and a cluster.Catalog, as a live kubeconfig and a
// recording are. It reads every cluster once, in pages, and answers by name. A
// status on a hub is what the controller last observed: [Hub.Warnings] reports if
// nobody keeps the fleet up to date.
//
// It connects to the hub as cluster/kube does to any cluster. It has no credentials
// of the clusters that the hub keeps, and connects to none of them.
package hub
