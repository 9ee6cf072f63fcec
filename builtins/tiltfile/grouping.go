package tiltfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/internal/suggest"
)

func defineK8sResource(p *params) body {
	workload := optional(p, "workload", typeStr, "The resource to configure, by the name that its workload has.")
	newName := optional(p, "new_name", typeStr, "Its new name.")
	portForwards := optional(p, "port_forwards", oneOrMore(typePortForward), "Ports of this machine that lead to it.")
	selectors := optional(p, "extra_pod_selectors", oneOrMore(typeLabels), "Labels of more pods that belong to it.")
	mode := optional(p, "trigger_mode", typeTriggerMode, "When it is updated.")
	resourceDeps := table.Optional(p, "resource_deps", typeList, table.Unset, "The resources that must be ready before.")
	objects := table.Optional(p, "objects", typeList, table.Unset, "Objects to add to it, as name, name:kind, name:kind:namespace or name:kind:namespace:group.")
	autoInit := table.Optional(p, "auto_init", none(typeBool), sl.True, "Whether it is deployed when Tilt starts.")
	readiness := optional(p, "pod_readiness", typeReadiness, "Whether Tilt waits for pods.")
	links := optional(p, "links", oneOrMore(typeLink), "Links to show.")
	labels := optional(p, "labels", oneOrMore(typeLabel), "Labels that group resources.")
	discovery := optional(p, "discovery_strategy", typeDiscovery, "How pods are found: default or selectors-only.")
	return func(r *Run, c *call) (sl.Value, error) {
		k := &k8sResource{site: r.script.site(c), workload: workload.Of(c), newName: newName.Of(c), objects: objects.Of(c)}
		switch {
		case k.workload == "" && k.newName == "":
			return nil, c.Errorf("give the workload, or new_name and objects to make a resource of objects")
		case k.workload == "" && len(k.objects) == 0:
			return nil, c.Errorf("%q has no workload and no objects: a resource without a workload needs objects", k.newName)
		}
		if k.newName != "" {
			if _, err := typeName.Convert(sl.String(k.newName)); err != nil {
				return nil, newName.Errorf(c, "%w", err)
			}
		}
		k.apply = func(res *Resource) {
			res.Kubernetes.PortForwards = append(res.Kubernetes.PortForwards, portForwards.Of(c)...)
			for _, s := range selectors.Of(c) {
				res.Kubernetes.ExtraPodSelectors = append(res.Kubernetes.ExtraPodSelectors, s.Map())
			}
			if mode.Given(c) {
				res.TriggerMode = string(mode.Of(c))
			}
			if autoInit.Given(c) {
				res.AutoInit = autoInit.Of(c)
			}
			if readiness.Given(c) {
				res.Kubernetes.PodReadiness = readiness.Of(c)
			}
			if discovery.Given(c) {
				res.Kubernetes.DiscoveryStrategy = discovery.Of(c)
			}
			res.DependsOn = append(res.DependsOn, resourceDeps.Of(c)...)
			res.Links = append(res.Links, links.Of(c)...)
			res.Labels = append(res.Labels, labels.Of(c)...)
		}
		r.kube.configs = append(r.kube.configs, k)
		return sl.None, nil
	}
}

// typeDiscovery is discovery_strategy.
var typeDiscovery = table.OneOf(typeStr, "", "default", "selectors-only")

// typeReadiness is pod_readiness.
var typeReadiness = table.OneOf(typeStr, "", "wait", "ignore")

// typeLabels is a dict of labels.
var typeLabels = typeDict

// k8sResource is one call of k8s_resource. The fields that it does not set are
// those that table.Arg reports as not given.
type k8sResource struct {
	site              site
	workload, newName string
	objects           []string
	apply             func(*Resource)
}

func workloadFunction(p *params) body {
	fn := table.Required(p, "func", typeFunction, "A function of a K8sObjectID that returns a name.")
	return func(r *Run, c *call) (sl.Value, error) {
		if f, ok := fn.Of(c).(*sl.Function); ok && f.NumParams() != 1 {
			return nil, fn.Errorf(c, "%s takes %d arguments, want 1", f.Name(), f.NumParams())
		}
		r.kube.naming = &resourceNaming{fn: fn.Of(c), thread: c.Thread, site: r.script.site(c)}
		return sl.None, nil
	}
}

var typeFunction = table.Type[sl.Callable]{Name: "function", Convert: func(v sl.Value) (sl.Callable, error) {
	f, ok := v.(sl.Callable)
	if !ok {
		return nil, table.ErrType
	}
	return f, nil
}}

// resourceNaming is workload_to_resource_function.
type resourceNaming struct {
	fn     sl.Callable
	thread *sl.Thread
	site   site
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

// grouping makes resources of the objects of the manifests, when the script is done.
type grouping struct {
	kube     *kube
	declared *declarations
}

// nameWorkloads makes a resource of each workload, with the services that select
// its pods.
func (g *grouping) nameWorkloads() error {
	var workloads []*entity
	services := services{}
	for i, e := range g.kube.entities {
		if g.kube.isWorkload(e) {
			workloads, e.grouped = append(workloads, e), true
		} else {
			services.add(e, i)
		}
	}
	names := uniqueNames(workloads)
	if g.kube.naming != nil {
		var err error
		if names, err = g.kube.naming.names(workloads); err != nil {
			return g.kube.naming.site.fault(fmt.Errorf("workload_to_resource_function: %w", err))
		}
	}
	for i, w := range workloads {
		if other := g.declared.named(names[i]); other != nil {
			return w.site.fault(fmt.Errorf("k8s_yaml: duplicate resource %q, of the workload %s: the %s resource of that name is at %s",
				names[i], w.fullName(), other.Kind, other.Place))
		}
		res := &Resource{Name: names[i], Kind: KindKubernetes, Place: w.site.at.String(), AutoInit: true, Kubernetes: &KubernetesResource{}}
		g.declared.add(&declared{Resource: res, site: w.site, entities: append([]*entity{w}, services.take(w)...)})
	}
	return nil
}

// apply applies the calls of k8s_resource: first those that make resources of objects,
// which any call may configure.
func (g *grouping) apply() error {
	for _, step := range []func(*k8sResource) error{g.group, g.configure} {
		for _, k := range g.kube.configs {
			if err := step(k); err != nil {
				return k.site.fault(fmt.Errorf("k8s_resource: %w", err))
			}
		}
	}
	return g.checkGrouped()
}

// group makes the resource of a call of k8s_resource without a workload. Other
// calls may configure it, also earlier ones.
func (g *grouping) group(k *k8sResource) error {
	if k.workload != "" {
		return nil
	}
	if err := g.declared.checkFree(k.newName); err != nil {
		return err
	}
	g.declared.add(&declared{site: k.site, Resource: &Resource{
		Name: k.newName, Kind: KindKubernetes, Place: k.site.at.String(), AutoInit: true, Kubernetes: &KubernetesResource{},
	}})
	k.workload = k.newName
	return nil
}

// configure applies one call of k8s_resource.
func (g *grouping) configure(k *k8sResource) error {
	d := g.declared.named(k.workload)
	if d == nil || d.Kind != KindKubernetes {
		var known []string
		for _, other := range g.declared.all {
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
		if err := g.declared.checkFree(k.newName); err != nil {
			return err
		}
		g.declared.rename(d, k.newName)
	}
	if err := g.takeObjects(d, k.objects); err != nil {
		return err
	}
	k.apply(d.Resource)
	return nil
}

// takeObjects moves the objects that a call of k8s_resource names to its resource. One
// that belongs to another already stays there.
func (g *grouping) takeObjects(d *declared, names []string) error {
	for _, name := range names {
		matching := g.kube.called(name)
		switch len(matching) {
		case 1:
		case 0:
			if len(g.kube.entities) == 0 {
				return fmt.Errorf("no object %q: the script gives no manifests to k8s_yaml", name)
			}
			return fmt.Errorf("no object %q%s", name, suggest.OrOneOf(name, fullNames(g.kube.entities)))
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
func (g *grouping) checkGrouped() error {
	for _, d := range g.declared.all {
		if d.Kind == KindKubernetes && d.Kubernetes.CustomDeploy == nil && len(d.entities) == 0 {
			return d.site.fault(fmt.Errorf("k8s_resource: %q has no objects: those that it names belong to other resources", d.Name))
		}
	}
	return nil
}

// collectRest makes the resource of the objects that belong to no other.
func (g *grouping) collectRest() {
	var rest []*entity
	for _, e := range g.kube.entities {
		if !e.grouped {
			rest = append(rest, e)
		}
	}
	if len(rest) == 0 {
		return
	}
	first := rest[0].site
	g.declared.add(&declared{site: first, entities: rest, Resource: &Resource{
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
	labels := stringMap(field(workload.podTemplate(), "metadata", "labels"))
	for k, v := range labels {
		for _, candidate := range s[[3]string{workload.namespace(), k, v}] {
			if !candidate.grouped && candidate.selects(labels) {
				candidate.grouped = true
				found = append(found, candidate)
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
