package cluster

import (
	"fmt"

	"k8s.io/apimachinery/pkg/labels"
)

// A Fleet is a Catalog that can list the clusters it knows, for a script that
// takes them by label and not by name.
type Fleet interface {
	Catalog
	// Fleet returns a declaration of every cluster, sorted by name. They are the
	// caller's.
	Fleet() ([]Declaration, error)
}

// A Selector selects clusters by their labels, as kubectl's --selector does. The
// zero value selects all.
type Selector struct {
	text  string
	inner labels.Selector
}

// ParseSelector reads a selector, such as env=prod,tier!=test or env in (a, b).
func ParseSelector(text string) (Selector, error) {
	inner, err := labels.Parse(text)
	if err != nil {
		return Selector{}, fmt.Errorf("%q is not a label selector: %w: write it as env=prod or env in (dev, test)", text, err)
	}
	return Selector{text, inner}, nil
}

// Matches reports whether a cluster with these labels is selected.
func (s Selector) Matches(set map[string]string) bool {
	return s.inner == nil || s.inner.Matches(labels.Set(set))
}

// String returns the selector as a string.
func (s Selector) String() string { return s.text }
