package kube

import (
	"maps"
	"net/http"
	"slices"

	"github.com/sextant-dev/sextant/cluster"
)

// nodes is the metadata of a cluster's nodes, the first page.
type nodes []struct {
	Metadata struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
}

// archLabels are the well-known labels, the older one last.
var archLabels = [...]string{"kubernetes.io/arch", "beta.kubernetes.io/arch"}

// controlPlaneLabels mark a node that usually takes no pods but the control
// plane's, the older one last.
var controlPlaneLabels = [...]string{"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}

// workers returns the nodes that pods are scheduled on: all but the control
// planes, and of these all but those of Windows, which take no image of Linux. A
// condition that leaves no node does not count.
func (n nodes) workers() nodes {
	return n.without(func(labels map[string]string) bool {
		for _, label := range controlPlaneLabels {
			if _, labelled := labels[label]; labelled {
				return true
			}
		}
		return false
	}).without(func(labels map[string]string) bool { return labels["kubernetes.io/os"] == "windows" })
}

// without returns the nodes whose labels are not such, or all if there is no other.
func (n nodes) without(such func(labels map[string]string) bool) nodes {
	var others nodes
	for _, node := range n {
		if !such(node.Metadata.Labels) {
			others = append(others, node)
		}
	}
	if len(others) == 0 {
		return n
	}
	return others
}

// arch is the most common architecture, ties alphabetical, and every one there
// is, sorted. Nodes without a label do not count.
func (n nodes) arch() (most string, all []string) {
	count := map[string]int{}
	for i := range n {
		for _, label := range archLabels {
			if arch := n[i].Metadata.Labels[label]; arch != "" {
				count[arch]++
				break
			}
		}
	}
	all = slices.Sorted(maps.Keys(count))
	for _, arch := range all {
		if most == "" || count[arch] > count[most] {
			most = arch
		}
	}
	return most, all
}

// arch puts what the nodes report into obs.
func (a *answers) arch(obs *cluster.Observation) {
	reason := func(s string) { obs.Status.ArchReason = s }
	obs.Status.Arch = cluster.ArchUnknown
	switch {
	case ownStatus(a.nodesErr) == http.StatusForbidden:
		reason(cluster.ReasonForbidden)
		return
	case a.nodesErr != nil:
		reason(cluster.ReasonUnreadable + a.nodesErr.Error())
		obs.Status.Warnings = append(obs.Status.Warnings, "the architecture is unknown: "+a.nodesErr.Error())
		return
	}
	most, all := a.nodes.workers().arch()
	if most == "" {
		reason(cluster.ReasonNoNodes)
		return
	}
	obs.Status.Arch = most
	obs.Status.Architectures = all
	if len(all) > 1 {
		reason(cluster.ReasonMixed)
	}
}
