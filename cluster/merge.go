package cluster

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kept is a status that is kept up to date, with what its keeper remembers beside
// it. The zero value is a cluster that was never observed.
type Kept struct {
	// Status is the status to show or to write.
	Status ClusterStatus
	// Failures is how many observations in a row did not connect.
	Failures int
	// Unreadable is how many observations in a row connected and could not read
	// a fact that is known.
	Unreadable int
}

// DefaultFailures is how many observations in a row must fail before a status
// changes.
const DefaultFailures = 3

// MergePolicy is how patient [Merge] is.
type MergePolicy struct {
	// Failures is how many observations in a row must fail before the cluster
	// counts as not connected, whatever the phase that they failed in; 0 is
	// [DefaultFailures].
	Failures int
}

// Change is what an observation changed in a kept status.
type Change string

// The changes. If there are several, the first of this list.
const (
	// ChangeNone: the status is the same, to the byte.
	ChangeNone Change = ""
	// ChangeReplaced: it is another cluster, at the same address or another.
	ChangeReplaced Change = "Replaced"
	// ChangeConnected: the cluster answers, for the first time or again.
	ChangeConnected Change = "Connected"
	// ChangeDisconnected: the cluster does not answer.
	ChangeDisconnected Change = "Disconnected"
	// ChangeFacts: something else is known of it.
	ChangeFacts Change = "FactsChanged"
)

// Reasons of [ConditionConnected].
const (
	ConditionReasonAnswered    = "Answered"
	ConditionReasonUnreachable = "Unreachable"
)

// Merge returns what to keep after an observation that was made at now.
//
// While a cluster is the same, it keeps its ConnectedAt. While it is down, it
// keeps the facts that were last known. It is down after as many failures in a
// row as the policy has; until then the status does not change, and neither does
// it if a fact, such as the registry, could not be read for as long. A cluster
// that never answered has nothing to keep: it is down at once.
//
// It is another cluster if its identity is another, or if the identity is unknown
// and its address or kubeconfig entry is another.
func Merge(old Kept, obs Observation, policy MergePolicy, now time.Time) (Kept, Change) {
	patience := cmp.Or(policy.Failures, DefaultFailures)
	observed := obs.Status.DeepCopy()
	known := old.Status.ConnectedAt != nil
	replaced := known && !sameCluster(&old.Status, observed)
	observed.ObservedGeneration = max(old.Status.ObservedGeneration, observed.ObservedGeneration)
	var next Kept
	switch {
	case observed.Connected():
		next.Status = *observed
		if known && !replaced {
			keepFacts(&next, &old, patience)
		}
		next.Status.setConnected(&old.Status, metav1.ConditionTrue, ConditionReasonAnswered, "", now)
	case known && !replaced && old.Status.Connected() && old.Failures+1 < patience:
		return Kept{Status: old.Status, Failures: old.Failures + 1, Unreadable: old.Unreadable}, ChangeNone
	default:
		next.Status = *observed
		next.Failures = min(old.Failures+1, patience)
		if known && !replaced {
			next.Status = *old.Status.DeepCopy()
			next.Status.ObservedGeneration = observed.ObservedGeneration
		}
		next.Status.Error = cmp.Or(observed.Error, "it did not answer, and the resolver did not report why")
		next.Status.setConnected(&old.Status, metav1.ConditionFalse, ConditionReasonUnreachable, next.Status.Error, now)
	}
	return next, changeOf(&old.Status, &next.Status, replaced)
}

// keepFacts keeps what the same cluster had before: when it was first connected,
// and what could not be read this time.
func keepFacts(next, old *Kept, patience int) {
	s, before := &next.Status, &old.Status
	s.ConnectedAt = before.ConnectedAt
	s.Identity = cmp.Or(s.Identity, before.Identity)
	arch, registry := s.unread()
	archBefore, registryBefore := before.unread()
	arch, registry = arch && !archBefore, registry && !registryBefore
	if !arch && !registry {
		return
	}
	if next.Unreadable = old.Unreadable + 1; next.Unreadable >= patience {
		return
	}
	if arch {
		s.Arch, s.Architectures, s.ArchReason = before.Arch, before.Architectures, before.ArchReason
	}
	if registry {
		s.Registry, s.RegistrySource, s.RegistryReason = before.Registry, before.RegistrySource, before.RegistryReason
	}
	s.Warnings = before.Warnings
}

// unread reports which facts could not be read, for a reason that may pass.
func (s *ClusterStatus) unread() (arch, registry bool) {
	return strings.HasPrefix(s.ArchReason, ReasonUnreadable),
		s.RegistrySource == SourceUnknown && strings.HasPrefix(s.RegistryReason, ReasonUnreadable)
}

// Incomplete reports whether a fact of a status could not be read, for a reason that
// may pass: whoever keeps the status does well to observe the cluster again soon.
func (s *ClusterStatus) Incomplete() bool {
	arch, registry := s.unread()
	return arch || registry
}

// sameCluster reports whether an observation is of the cluster that was known.
func sameCluster(known, observed *ClusterStatus) bool {
	if known.Identity != "" && observed.Identity != "" {
		return known.Identity == observed.Identity
	}
	entry := func(s *ClusterStatus) string {
		if s.Connection == nil || s.Connection.Kubernetes == nil {
			return ""
		}
		return s.Connection.Kubernetes.Context + "\x00" + s.Connection.Kubernetes.Cluster
	}
	same := func(a, b string) bool { return a == b || a == "" || b == "" }
	return same(known.Endpoint, observed.Endpoint) && same(entry(known), entry(observed))
}

// setConnected sets the condition; the time of the last transition is the old one
// if the old status agrees.
func (s *ClusterStatus) setConnected(old *ClusterStatus, status metav1.ConditionStatus, reason, message string, now time.Time) {
	s.Conditions = slices.Clone(old.Conditions)
	meta.SetStatusCondition(&s.Conditions, metav1.Condition{
		Type: ConditionConnected, Status: status, Reason: reason, Message: message,
		ObservedGeneration: s.ObservedGeneration,
	})
	c := meta.FindStatusCondition(s.Conditions, ConditionConnected)
	if before := meta.FindStatusCondition(old.Conditions, ConditionConnected); before == nil || before.Status != status {
		c.LastTransitionTime = metav1.NewTime(now.UTC().Truncate(time.Second))
	}
}

// changeOf names what differs between two statuses.
func changeOf(old, next *ClusterStatus, replaced bool) Change {
	switch {
	case replaced:
		return ChangeReplaced
	case next.Connected() && !old.Connected():
		return ChangeConnected
	case !next.Connected() && old.Connected(), !next.Connected() && len(old.Conditions) == 0:
		return ChangeDisconnected
	case !reflect.DeepEqual(old, next):
		return ChangeFacts
	}
	return ChangeNone
}
