// Package fleet fills the status of Cluster objects on a hub, and keeps it true.
//
// The reconciler checks each cluster at an interval. It resolves the cluster first:
// it takes the kubeconfig out of a Secret, or makes one of a ClusterProfile
// (source.go), observes the cluster with cluster/kube under restrictions, and
// merges the observation into the status. It keeps the connection, and from then
// on asks on it whether the cluster still answers. A doubt, another resource version
// of the Cluster or of its Secret, and the time that a resolution holds, each have
// the cluster resolved again. It writes only what changed, so a fleet in which
// nothing happens costs the hub nothing. freshness renews one Lease for the whole
// fleet while every cluster was checked in time: readers learn from it how old a
// status may be. [Run] wires both to a manager.
//
// It runs no program, reads no file that a kubeconfig names, and caches no Secret: of
// its contents it keeps the credentials that an open connection sends.
package fleet
