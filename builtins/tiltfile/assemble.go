package tiltfile

import (
	"fmt"
	"slices"

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
	if err := r.images.match(&r.declared); err != nil {
		return err
	}
	if err := r.images.checkCycles(); err != nil {
		return err
	}
	if err := r.images.checkLiveUpdates(r.paths.root(), &r.declared); err != nil {
		return err
	}
	if err := r.steps.checkUsed(); err != nil {
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
	var suppressed []string
	if u := r.settings.Update; u != nil {
		suppressed = u.UnusedImages
	}
	var err error
	r.builds, err = r.images.name(r.host, suppressed)
	return err
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
				if i.Source == manifest.FromEnv && !r.images.builtInEnv(i.Text) {
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

// isWorkload reports whether an object gets a resource of its own.
func (r *Run) isWorkload(e *entity) bool {
	return len(e.containerImages()) > 0 || e.located || slices.ContainsFunc(r.kube.kinds, func(o objectPattern) bool { return o.matches(e) })
}
