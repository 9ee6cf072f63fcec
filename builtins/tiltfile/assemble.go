package tiltfile

import (
	"fmt"
	"slices"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

// assemble makes resources of what the script declared, as Tilt does when a script
// is done, and checks what only shows then.
func (r *Run) assemble() error {
	r.projects = r.compose.finish()
	if err := r.declared.settle(); err != nil {
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
	if err := r.declared.checkDependencies(r.host); err != nil {
		return err
	}
	if err := r.config.enable(&r.declared); err != nil {
		return err
	}
	for _, d := range r.declared.ordered() {
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

// matchImages connects resources and builds.
func (r *Run) matchImages() error {
	use := func(b *imageBuild, resource string) {
		if !slices.Contains(b.UsedBy, resource) {
			b.UsedBy = append(b.UsedBy, resource)
		}
	}
	for _, d := range r.declared.all {
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
	for _, d := range r.declared.all {
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
