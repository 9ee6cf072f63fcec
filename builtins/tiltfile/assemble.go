package tiltfile

import (
	"fmt"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// assemble makes resources of what the script declared, as Tilt does when a script
// is done, and checks what only shows then.
func (r *Run) assemble() error {
	if err := r.finishCompose(); err != nil {
		return err
	}
	if err := r.images.link(); err != nil {
		return err
	}
	if err := r.findImages(); err != nil {
		return err
	}
	if err := r.nameWorkloads(); err != nil {
		return err
	}
	for _, step := range []func(*k8sResource) error{r.group, r.configure} {
		for _, k := range r.kube.configs {
			if err := step(k); err != nil {
				return k.site.fault(fmt.Errorf("k8s_resource: %w", err))
			}
		}
	}
	if err := r.checkGrouped(); err != nil {
		return err
	}
	if r.kube.first != nil {
		if err := r.host.Guard(); err != nil {
			return r.kube.first.fault(err)
		}
	}
	r.collectRest()
	if err := r.matchImages(); err != nil {
		return err
	}
	if err := r.images.checkCycles(); err != nil {
		return err
	}
	if err := r.checkLiveUpdates(); err != nil {
		return err
	}
	all := r.ordered()
	if err := r.checkDependencies(all); err != nil {
		return err
	}
	if err := r.enable(all); err != nil {
		return err
	}
	for _, d := range all {
		if d.TriggerMode == "" {
			d.TriggerMode = or(string(r.mode.mode), string(triggerAuto))
		}
		r.resources = append(r.resources, *d.Resource)
	}
	return r.nameImages()
}

// findImages sets the images of each object that it names.
func (r *Run) findImages() error {
	byKey := map[string][]*entity{}
	for _, e := range r.kube.entities {
		byKey[e.key()] = append(byKey[e.key()], e)
		for _, text := range e.containerImages() {
			if text == "" {
				return e.site.fault(fmt.Errorf("k8s_yaml: %s: a container has no image", e.fullName()))
			}
			if _, err := image.Parse(text); err != nil {
				return e.site.fault(fmt.Errorf("k8s_yaml: %s: image %q: %w", e.fullName(), text, err))
			}
		}
	}
	inEnv := slices.ContainsFunc(r.images.builds, func(b *imageBuild) bool { return b.MatchInEnvVars })
	for _, m := range r.kube.manifests {
		found, err := manifest.Find([]byte(m.Text), manifest.Options{File: m.Name, Locators: r.host.Locators(), Env: inEnv, DuplicateKeys: true})
		if err != nil {
			return r.kube.first.fault(fmt.Errorf("k8s_yaml: %w", err))
		}
		for _, i := range found.Images {
			o := entity{ObjectID: ObjectID{APIVersion: i.Object.APIVersion, Kind: i.Object.Kind, Namespace: i.Object.Namespace, Name: i.Object.Name}}
			for _, e := range byKey[o.key()] {
				e.located = e.located || i.Source == manifest.FromLocator
				if i.Source == manifest.FromEnv && !r.builtInEnv(i.Text) {
					continue
				}
				if !slices.Contains(e.images, i.Text) {
					e.images = append(e.images, i.Text)
				}
			}
		}
	}
	return nil
}

// builtInEnv reports whether an env value names an image of a build that looks for
// it there.
func (r *Run) builtInEnv(text string) bool {
	b := r.images.named(text)
	return b != nil && b.MatchInEnvVars
}

// isWorkload reports whether an object gets a resource of its own.
func (r *Run) isWorkload(e *entity) bool {
	return len(e.containerImages()) > 0 || e.located || slices.ContainsFunc(r.kube.kinds, func(o objectPattern) bool { return o.matches(e) })
}

// nameWorkloads makes a resource of each workload, with the services that select
// its pods.
func (r *Run) nameWorkloads() error {
	var workloads []*entity
	for _, e := range r.kube.entities {
		if r.isWorkload(e) {
			workloads = append(workloads, e)
		} else {
			r.kube.rest = append(r.kube.rest, e)
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
		if other := r.named(names[i]); other != nil {
			return w.site.fault(fmt.Errorf("k8s_yaml: duplicate resource %q, of the workload %s: the %s resource of that name is at %s",
				names[i], w.fullName(), other.Kind, other.Place))
		}
		res := &Resource{Name: names[i], Kind: KindKubernetes, Place: w.site.at.String(), AutoInit: true, Kubernetes: &KubernetesResource{}}
		d := &declared{Resource: res, site: w.site, entities: []*entity{w}}
		r.kube.rest = slices.DeleteFunc(r.kube.rest, func(e *entity) bool {
			if e.selects(w) {
				d.entities = append(d.entities, e)
				return true
			}
			return false
		})
		r.declared = append(r.declared, d)
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
	if other := r.named(k.newName); other != nil {
		return fmt.Errorf("duplicate resource %q: the %s resource of that name is at %s", k.newName, other.Kind, other.Place)
	}
	r.declared = append(r.declared, &declared{site: k.site, Resource: &Resource{
		Name: k.newName, Kind: KindKubernetes, Place: k.site.at.String(), AutoInit: true, Kubernetes: &KubernetesResource{},
	}})
	k.workload = k.newName
	return nil
}

// configure applies one call of k8s_resource.
func (r *Run) configure(k *k8sResource) error {
	d := r.named(k.workload)
	if d == nil || d.Kind != KindKubernetes {
		var known []string
		for _, other := range r.declared {
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
		if other := r.named(k.newName); other != nil {
			return fmt.Errorf("duplicate resource %q: the %s resource of that name is at %s", k.newName, other.Kind, other.Place)
		}
		d.Name = k.newName
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
		if at := slices.Index(r.kube.rest, matching[0]); at >= 0 {
			r.kube.rest = slices.Delete(r.kube.rest, at, at+1)
			d.entities = append(d.entities, matching[0])
		}
	}
	return nil
}

// checkGrouped fails for a resource of a call of k8s_resource that got no object, since
// others have them.
func (r *Run) checkGrouped() error {
	for _, d := range r.declared {
		if d.Kind == KindKubernetes && d.Kubernetes.CustomDeploy == nil && len(d.entities) == 0 {
			return d.site.fault(fmt.Errorf("k8s_resource: %q has no objects: those that it names belong to other resources", d.Name))
		}
	}
	return nil
}

// collectRest makes the resource of the objects that belong to no other.
func (r *Run) collectRest() {
	if len(r.kube.rest) == 0 {
		return
	}
	first := r.kube.rest[0].site
	r.declared = append(r.declared, &declared{site: first, entities: r.kube.rest, Resource: &Resource{
		Name: Uncategorized, Kind: KindKubernetes, Place: first.at.String(), AutoInit: true, Kubernetes: &KubernetesResource{},
	}})
}

// matchImages connects resources and builds.
func (r *Run) matchImages() error {
	use := func(b *imageBuild, resource string) {
		if !slices.Contains(b.UsedBy, resource) {
			b.UsedBy = append(b.UsedBy, resource)
		}
	}
	for _, d := range r.declared {
		if d.Kubernetes == nil {
			continue
		}
		for _, e := range d.entities {
			d.Kubernetes.Objects = append(d.Kubernetes.Objects, e.ObjectID)
			for _, text := range e.images {
				if !slices.Contains(d.Kubernetes.Images, text) {
					d.Kubernetes.Images = append(d.Kubernetes.Images, text)
				}
				if b := r.images.named(text); b != nil {
					use(b, d.Name)
					if !slices.Contains(d.Kubernetes.Builds, b.Ref) {
						d.Kubernetes.Builds = append(d.Kubernetes.Builds, b.Ref)
					}
				}
			}
		}
		if custom := d.Kubernetes.CustomDeploy; custom != nil {
			for _, text := range custom.ImageDeps {
				b := r.images.named(text)
				if b == nil {
					return d.site.fault(fmt.Errorf("k8s_custom_deploy: image_deps: nothing builds %q", text))
				}
				use(b, d.Name)
			}
			if b := r.images.named(custom.ImageSelector); b != nil {
				use(b, d.Name)
			}
		}
	}
	for _, d := range r.declared {
		if d.Compose == nil || d.Compose.Image == "" {
			continue
		}
		if b := r.images.named(d.Compose.Image); b != nil {
			d.Compose.Build = b.Ref
			use(b, d.Name)
		}
	}
	return nil
}

// nameImages declares the builds as images of the cluster and takes their names.
func (r *Run) nameImages() error {
	needed := map[string]bool{}
	for _, b := range r.images.builds {
		for _, ref := range b.DependsOn {
			needed[ref] = true
		}
	}
	var suppressed []string
	if u := r.settings.Update; u != nil {
		suppressed = u.UnusedImages
	}
	for _, b := range r.images.builds {
		names, ok, err := r.host.Want(builtins.WantedImage{
			Ref: b.Ref, At: b.site.at, InEnv: b.MatchInEnvVars,
			Quiet: len(b.UsedBy) > 0 || needed[b.Ref] || slices.Contains(suppressed, "*") || slices.Contains(suppressed, b.Ref),
		})
		if err != nil {
			return b.site.fault(b.errorf("%w", err))
		}
		if ok {
			b.Local, b.Cluster = names.Local, names.Cluster
		}
		r.builds = append(r.builds, b.Build)
	}
	return nil
}

// ordered are all resources: those of Kubernetes, of compose files, local ones.
func (r *Run) ordered() []*declared {
	var out []*declared
	for _, kind := range []string{KindKubernetes, KindCompose, KindLocal} {
		for _, d := range r.declared {
			if d.Kind == kind {
				out = append(out, d)
			}
		}
	}
	return out
}

// enable sets which resources are enabled: those that config.set_enabled_resources
// names, or the arguments if the script takes none itself, or all.
func (r *Run) enable(all []*declared) error {
	names, fault := r.config.enabled.names, r.config.enabled.site.fault
	if args := r.host.Options().Args; r.config.enabled.site.stack == nil && len(args) > 0 && r.config.Parsed.IsZero() {
		names, fault = args, func(err error) error { return err }
		r.host.ArgsRead()
	}
	var missing []string
	for _, name := range names {
		if !slices.ContainsFunc(all, func(d *declared) bool { return d.Name == name }) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		var known []string
		for _, d := range all {
			known = append(known, d.Name)
		}
		hint := suggest.OrOneOf(missing[0], known)
		return fault(fmt.Errorf("cannot enable %s: no such resource%s", suggest.Quoted(missing), hint))
	}
	for _, d := range all {
		d.Enabled = !r.config.enabled.none && (len(names) == 0 || d.Name == Uncategorized || slices.Contains(names, d.Name))
	}
	return nil
}
