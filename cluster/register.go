package cluster

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The kinds of this API.
const (
	Kind     = "Cluster"
	ListKind = "ClusterList"
)

// GroupVersion is the API group and version of the types in this package.
var GroupVersion = schema.GroupVersion{Group: "tilt.dev", Version: "v1alpha1"}

// AddToScheme registers the kinds, so that Kubernetes clients and codecs can
// read and write them.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion, &Cluster{}, &ClusterList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}

// NewList makes a printable list of the clusters, in the order given.
func NewList(items []Cluster) *ClusterList {
	if items == nil {
		items = []Cluster{}
	}
	return &ClusterList{
		TypeMeta: metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: ListKind},
		Items:    items,
	}
}
