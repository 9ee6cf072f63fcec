package builtins

import (
	"errors"
	"fmt"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// clusters are those that a script has declared. No two have one name.
type clusters struct {
	all    []*clusterValue // in the order of their declaration
	byName map[string]*clusterValue
}

func (s *clusters) add(c *clusterValue) {
	s.all = append(s.all, c)
	if s.byName == nil {
		s.byName = map[string]*clusterValue{}
	}
	s.byName[c.decl.Name] = c
}

// named returns the cluster of a name, nil if there is none.
func (s *clusters) named(name string) *clusterValue { return s.byName[name] }

// selected returns the cluster of a name, or all of them for "".
func (s *clusters) selected(name string) []*clusterValue {
	if name == "" {
		return s.all
	}
	if c := s.named(name); c != nil {
		return []*clusterValue{c}
	}
	return nil
}

// check fails if no cluster has the name; "" is any.
func (s *clusters) check(name string) error {
	switch {
	case len(s.selected(name)) > 0:
		return nil
	case len(s.all) == 0:
		return errors.New("the script declares no cluster: add k8s_cluster() or docker_cluster()")
	}
	return fmt.Errorf("the script declares no cluster %q%s", name, suggest.OrOneOf(name, s.names()))
}

func (s *clusters) names() []string {
	names := make([]string, len(s.all))
	for i, c := range s.all {
		names[i] = c.decl.Name
	}
	return names
}

// kubernetes returns the clusters of Kubernetes.
func (s *clusters) kubernetes() []*clusterValue {
	var out []*clusterValue
	for _, c := range s.all {
		if c.decl.Spec.Connection.Kubernetes != nil {
			out = append(out, c)
		}
	}
	return out
}

// forManifests returns the given cluster, or the one named default, or the only one
// so far, or the only one of Kubernetes beside Docker daemons. implied reports that
// one is meant because there is no other.
func (s *clusters) forManifests(c *call, given *clusterValue) (meant *clusterValue, implied bool, err error) {
	if given != nil {
		return given, false, nil
	}
	if v := s.named(cluster.DefaultName); v != nil {
		return v, false, nil
	}
	candidates := s.kubernetes()
	if len(candidates) == 0 {
		candidates = s.all
	}
	switch len(candidates) {
	case 0:
		return nil, false, c.Errorf("the script declares no cluster yet: call k8s_cluster() before, or give cluster=")
	case 1:
		return candidates[0], true, nil
	}
	return nil, false, c.Errorf("no cluster is named %q: give cluster=, one of %s", cluster.DefaultName, suggest.Quoted(s.names()))
}
