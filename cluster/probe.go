package cluster

import (
	"cmp"
	"strings"
)

// ProbeState is the outcome of a [Probe].
type ProbeState string

// The states of a probe.
const (
	// ProbeOK is a fact that was found.
	ProbeOK ProbeState = "ok"
	// ProbeNone is a fact that the cluster does not have.
	ProbeNone ProbeState = "none"
	// ProbeRefused is a question that the cluster does not answer for this user.
	ProbeRefused ProbeState = "refused"
	// ProbeFailed is a question without an answer.
	ProbeFailed ProbeState = "failed"
)

// Probe is one thing that was asked of a cluster, for people who look for what
// is wrong.
type Probe struct {
	// Name is what was asked: connection, architecture, product, registry or
	// identity.
	Name string `json:"name"`
	// State is the outcome.
	State ProbeState `json:"state"`
	// Finding is the fact, or why there is none.
	Finding string `json:"finding"`
	// Remedy is what to do, usually a command. Empty if nothing is wrong.
	Remedy string `json:"remedy,omitempty"`
}

// nodesRole are the commands that let every user list the metadata of nodes.
const nodesRole = "kubectl create clusterrole list-nodes --verb=get,list --resource=nodes; " +
	"kubectl create clusterrolebinding list-nodes --clusterrole=list-nodes --group=system:authenticated"

// Probes explains a status: one probe per fact. The probes behind a connection that
// failed are left out: nothing was asked.
func Probes(c *Cluster) []Probe {
	if !c.Status.Connected() {
		return []Probe{{Name: "connection", State: ProbeFailed, Finding: cmp.Or(c.Status.Error, "it was not asked")}}
	}
	finding := c.Status.Version
	if c.Status.Endpoint != "" {
		finding += " at " + c.Status.Endpoint
	}
	probes := []Probe{{Name: "connection", State: ProbeOK, Finding: finding}, archProbe(&c.Status)}
	if c.Spec.Connection.Kubernetes != nil {
		probes = append(probes, productProbe(&c.Status), registryProbe(&c.Status))
	}
	return append(probes, identityProbe(&c.Status))
}

func archProbe(s *ClusterStatus) Probe {
	p := Probe{Name: "architecture", State: ProbeOK, Finding: cmp.Or(strings.Join(s.Architectures, ", "), s.Arch)}
	switch {
	case s.ArchReason == ReasonForbidden:
		p.State, p.Finding, p.Remedy = ProbeRefused, "listing nodes is forbidden", "an administrator can allow it: "+nodesRole
	case s.ArchReason == ReasonNoNodes:
		p.State, p.Finding, p.Remedy = ProbeNone, "the cluster has no nodes", "add a node, or wait for an autoscaler to do it"
	case strings.HasPrefix(s.ArchReason, ReasonUnreadable):
		p.State, p.Finding, p.Remedy = ProbeFailed, s.ArchReason, "run again"
	case s.ArchReason == ReasonMixed:
		p.Finding += " (most nodes: " + s.Arch + ")"
	}
	return p
}

func productProbe(s *ClusterStatus) Probe {
	name := s.Product()
	if name == "" || name == ProductUnknown {
		return Probe{Name: "product", State: ProbeNone, Finding: "unknown", Remedy: `name it with product= if you know it`}
	}
	p := Probe{Name: "product", State: ProbeOK, Finding: name}
	if s.ProductReason != "" {
		p.Finding += " (by " + s.ProductReason + ")"
	}
	return p
}

func registryProbe(s *ClusterStatus) Probe {
	p := Probe{Name: "registry", State: ProbeNone, Finding: "the cluster advertises none"}
	url, help := strings.CutPrefix(s.RegistryReason, ReasonHelp)
	switch {
	case s.Registry != nil:
		p.State, p.Finding = ProbeOK, s.Registry.Host+" (from "+s.RegistrySource+")"
	case s.RegistrySource == SourceUnknown:
		p.State, p.Finding, p.Remedy = ProbeFailed, "unknown: "+s.RegistryReason, `run again, or declare one with default_registry= and prefer_registry="declared"`
	case s.RegistryReason == ReasonForbidden:
		p.State, p.Finding, p.Remedy = ProbeRefused, "reading ConfigMap kube-public/local-registry-hosting is forbidden", "an administrator can allow it: "+registryRole
	case help:
		p.Remedy = "set one up: " + url
	default:
		p.Remedy = registrySetup[s.Product()]
	}
	return p
}

func identityProbe(s *ClusterStatus) Probe {
	if s.Identity == "" {
		return Probe{Name: "identity", State: ProbeNone, Finding: "unknown: a cluster made again at this address would not be noticed"}
	}
	return Probe{Name: "identity", State: ProbeOK, Finding: s.Identity}
}
