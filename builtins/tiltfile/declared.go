package tiltfile

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
)

// declared is a resource and the call that declared it.
type declared struct {
	*Resource
	site site
	// entities are the objects of a resource of Kubernetes.
	entities []*entity
}

// declarations are the resources of a script, in the order of the calls. Until they are
// settled, services of compose files may be renamed, and so have no name here.
type declarations struct {
	all    []*declared
	byName map[string]*declared
}

// named returns the resource of a name, nil if there is none.
func (s *declarations) named(name string) *declared { return s.byName[name] }

// checkFree fails if a resource has the name.
func (s *declarations) checkFree(name string) error {
	if other := s.named(name); other != nil {
		return fmt.Errorf("duplicate resource %q: the %s resource of that name is at %s", name, other.Kind, other.Place)
	}
	return nil
}

// add adds a resource.
func (s *declarations) add(d *declared) {
	s.all = append(s.all, d)
	if d.Kind != KindCompose && s.byName[d.Name] == nil {
		s.index(d)
	}
}

func (s *declarations) index(d *declared) {
	if s.byName == nil {
		s.byName = map[string]*declared{}
	}
	s.byName[d.Name] = d
}

// rename changes the name of a resource to one that no other has.
func (s *declarations) rename(d *declared, name string) {
	delete(s.byName, d.Name)
	d.Name = name
	s.index(d)
}

// settle fixes the names of services. It fails if two resources have the same name.
func (s *declarations) settle() error {
	s.byName = nil
	for _, d := range s.all {
		if err := s.checkFree(d.Name); err != nil {
			return d.site.fault(err)
		}
		s.index(d)
	}
	return nil
}

// ordered are all resources: those of Kubernetes, of compose files, local ones.
func (s *declarations) ordered() []*declared {
	var out []*declared
	for _, kind := range []string{KindKubernetes, KindCompose, KindLocal} {
		for _, d := range s.all {
			if d.Kind == kind {
				out = append(out, d)
			}
		}
	}
	return out
}

// declare adds a resource of a new name, which the call at declares.
func (s *declarations) declare(c *call, at site, res *Resource) error {
	if err := s.checkFree(res.Name); err != nil {
		return c.Errorf("%w", err)
	}
	res.Place = at.at.String()
	s.add(&declared{Resource: res, site: at})
	return nil
}

// checkDependencies fails for a resource that waits for itself, by however many
// others, and warns of one that waits for what is not there.
func (s *declarations) checkDependencies(host builtins.Host) error {
	all := s.ordered()
	for _, d := range all {
		for _, name := range d.DependsOn {
			if s.named(name) == nil {
				host.Warnf(d.site.at, "resource %q waits for %q, which is not a resource of the script", d.Name, name)
			}
		}
	}
	path := firstCycle(all, func(d *declared) []*declared {
		var next []*declared
		for _, name := range d.DependsOn {
			if other := s.named(name); other != nil {
				next = append(next, other)
			}
		}
		return next
	})
	if path == nil {
		return nil
	}
	names := make([]string, len(path))
	for i, d := range path {
		names[i] = d.Name
	}
	return path[len(path)-2].site.fault(fmt.Errorf("resources wait for each other: %s", strings.Join(names, " -> ")))
}

// firstCycle returns the first cycle that paths from the nodes lead to, as a, b, a, or
// nil.
func firstCycle[N comparable](nodes []N, next func(N) []N) []N {
	done := map[N]bool{}
	at := map[N]int{} // where a node is in path
	var path []N
	var visit func(n N) []N
	visit = func(n N) []N {
		if i, open := at[n]; open {
			return append(path[i:], n)
		}
		if done[n] {
			return nil
		}
		at[n] = len(path)
		path = append(path, n)
		for _, other := range next(n) {
			if found := visit(other); found != nil {
				return found
			}
		}
		path = path[:len(path)-1]
		delete(at, n)
		done[n] = true
		return nil
	}
	for _, n := range nodes {
		if found := visit(n); found != nil {
			return found
		}
	}
	return nil
}
