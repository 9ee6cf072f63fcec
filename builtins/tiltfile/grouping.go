package tiltfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/internal/suggest"
)

// nameWorkloads makes a resource of each workload, with the services that select
// its pods.
func (r *Run) nameWorkloads() error {
	var workloads []*entity
	services := services{}
	for i, e := range r.kube.entities {
		if r.isWorkload(e) {
			workloads, e.grouped = append(workloads, e), true
		} else {
			services.add(e, i)
		}
	}
	names := uniqueNames(workloads)
	if r.kube.naming != nil {
		var err error
		if names, err = r.kube.naming.names(workloads); err != nil {
			return r.kube.naming.site.fault(fmt.Errorf("workload_to_resource_function: %w", err))
		}
	}
	for i, w := range workloads {
		if other := r.declared.named(names[i]); other != nil {
			return w.site.fault(fmt.Errorf("k8s_yaml: duplicate resource %q, of the workload %s: the %s resource of that name is at %s",
				names[i], w.fullName(), other.Kind, other.Place))
		}
		res := &Resource{Name: names[i], Kind: KindKubernetes, Place: w.site.at.String(), AutoInit: true, Kubernetes: &KubernetesResource{}}
		r.declared.add(&declared{Resource: res, site: w.site, entities: append([]*entity{w}, services.take(w)...)})
	}
	return nil
}

// names calls the function for each workload.
func (n *resourceNaming) names(workloads []*entity) ([]string, error) {
	byName := map[string]*entity{}
	out := make([]string, len(workloads))
	for i, w := range workloads {
		id := starlarkstruct.FromStringDict(sl.String("K8sObjectID"), sl.StringDict{
			"name": sl.String(w.Name), "kind": sl.String(w.Kind), "namespace": sl.String(w.namespace()),
			"group": sl.String(strings.TrimSuffix(w.group(), "core")),
		})
		v, err := sl.Call(n.thread, n.fn, sl.Tuple{id}, nil)
		if err != nil {
			return nil, err
		}
		name, ok := sl.AsString(v)
		if !ok {
			return nil, fmt.Errorf("%s returned %s for %s, want str", n.fn.Name(), v.Type(), w.fullName())
		}
		if other := byName[name]; other != nil {
			return nil, fmt.Errorf("both %s and %s get the name %q", other.fullName(), w.fullName(), name)
		}
		byName[name], out[i] = w, name
	}
	return out, nil
}

// group makes the resource of a call of k8s_resource without a workload. Other
// calls may configure it, also earlier ones.
func (r *Run) group(k *k8sResource) error {
	if k.workload != "" {
		return nil
	}
	if other := r.declared.named(k.newName); other != nil {
		return fmt.Errorf("duplicate resource %q: the %s resource of that name is at %s", k.newName, other.Kind, other.Place)
	}
	r.declared.add(&declared{site: k.site, Resource: &Resource{
		Name: k.newName, Kind: KindKubernetes, Place: k.site.at.String(), AutoInit: true, Kubernetes: &KubernetesResource{},
	}})
	k.workload = k.newName
	return nil
}

// configure applies one call of k8s_resource.
func (r *Run) configure(k *k8sResource) error {
	d := r.declared.named(k.workload)
	if d == nil || d.Kind != KindKubernetes {
		var known []string
		for _, other := range r.declared.all {
			if other.Kind == KindKubernetes {
				known = append(known, other.Name)
			}
		}
		if len(known) == 0 {
			return fmt.Errorf("no workload %q: the script gives no manifests with workloads to k8s_yaml", k.workload)
		}
		return fmt.Errorf("no workload %q%s", k.workload, suggest.OrOneOf(k.workload, known))
	}
	if k.newName != "" && k.newName != d.Name {
		if other := r.declared.named(k.newName); other != nil {
			return fmt.Errorf("duplicate resource %q: the %s resource of that name is at %s", k.newName, other.Kind, other.Place)
		}
		r.declared.rename(d, k.newName)
	}
	if err := r.takeObjects(d, k.objects); err != nil {
		return err
	}
	k.apply(d.Resource)
	return nil
}

// takeObjects moves the objects that a call of k8s_resource names to its resource. One
// that belongs to another already stays there.
func (r *Run) takeObjects(d *declared, names []string) error {
	for _, name := range names {
		matching := r.kube.called(name)
		switch len(matching) {
		case 1:
		case 0:
			if len(r.kube.entities) == 0 {
				return fmt.Errorf("no object %q: the script gives no manifests to k8s_yaml", name)
			}
			return fmt.Errorf("no object %q%s", name, suggest.OrOneOf(name, fullNames(r.kube.entities)))
		default:
			return fmt.Errorf("%q is more than one object: write one of %s", name, suggest.Quoted(fullNames(matching)))
		}
		if e := matching[0]; !e.grouped {
			d.entities, e.grouped = append(d.entities, e), true
		}
	}
	return nil
}

// checkGrouped fails for a resource of a call of k8s_resource that got no object, since
// others have them.
func (r *Run) checkGrouped() error {
	for _, d := range r.declared.all {
		if d.Kind == KindKubernetes && d.Kubernetes.CustomDeploy == nil && len(d.entities) == 0 {
			return d.site.fault(fmt.Errorf("k8s_resource: %q has no objects: those that it names belong to other resources", d.Name))
		}
	}
	return nil
}

// collectRest makes the resource of the objects that belong to no other.
func (r *Run) collectRest() {
	var rest []*entity
	for _, e := range r.kube.entities {
		if !e.grouped {
			rest = append(rest, e)
		}
	}
	if len(rest) == 0 {
		return
	}
	first := rest[0].site
	r.declared.add(&declared{site: first, entities: rest, Resource: &Resource{
		Name: Uncategorized, Kind: KindKubernetes, Place: first.at.String(), AutoInit: true, Kubernetes: &KubernetesResource{},
	}})
}

// services are those that select pods, by their namespace and one of the labels that they
// select: so each workload is compared with few of them.
type services map[[3]string][]service

// service is one of them, order its place in the manifests.
type service struct {
	*entity
	order    int
	selector map[string]string
}

// add adds an object if it is a service that selects pods.
func (s services) add(e *entity, order int) {
	if e.Kind != "Service" || e.group() != "core" {
		return
	}
	selector := stringMap(field(e.value, "spec", "selector"))
	if len(selector) == 0 {
		return
	}
	key := sortedKeys(selector)[0]
	at := [3]string{e.namespace(), key, selector[key]}
	s[at] = append(s[at], service{e, order, selector})
}

// take returns the services for pods of a workload, in the order of the manifests, but
// for those that another resource has.
func (s services) take(workload *entity) []*entity {
	var found []service
	for _, template := range workload.podTemplates() {
		labels := stringMap(field(template, "metadata", "labels"))
		for k, v := range labels {
			for _, candidate := range s[[3]string{workload.namespace(), k, v}] {
				if !candidate.grouped && candidate.selects(labels) {
					candidate.grouped = true
					found = append(found, candidate)
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b service) int { return cmp.Compare(a.order, b.order) })
	var taken []*entity
	for _, f := range found {
		taken = append(taken, f.entity)
	}
	return taken
}

// selects reports whether pods with the labels are the service's.
func (s service) selects(labels map[string]string) bool {
	for k, v := range s.selector {
		if labels[k] != v {
			return false
		}
	}
	return true
}
