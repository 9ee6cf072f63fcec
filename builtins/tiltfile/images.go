package tiltfile

import (
	"fmt"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// imageFunctions declare images to build.
func imageFunctions() []row {
	return []row{
		{Name: "docker_build", Returns: "None", Doc: "Declares an image that is built from a Dockerfile.", Declares: true, Define: dockerBuild},
		{Name: "custom_build", Returns: "None", Doc: "Declares an image that a command builds.", Declares: true, Define: customBuild},
		{Name: "default_registry", Returns: "None", Doc: "Declares the registry that images are pushed to, unless the cluster advertises one.", Declares: true, Define: defaultRegistry},
	}
}

func defaultRegistry(p *params) body {
	host := table.Required(p, "host", typeStr, "The registry, as seen from this machine.")
	fromCluster := optional(p, "host_from_cluster", typeStr, "The registry as the cluster names it; empty is host.")
	singleName := optional(p, "single_name", typeStr, "The one repository that takes every image, with a tag for each.")
	return func(r *Run, c *call) (sl.Value, error) {
		if first := r.images.registry; first != "" {
			return nil, c.Errorf("it was called at %s already", first)
		}
		r.images.registry = r.script.here(c).String()
		if err := r.host.DefaultRegistry(c, &cluster.RegistryHosting{
			Host: host.Of(c), HostFromContainerRuntime: fromCluster.Of(c), SingleName: singleName.Of(c),
		}); err != nil {
			return nil, err
		}
		return sl.None, nil
	}
}

// typeImage is the name of an image.
var typeImage = parsed(func(s string) (string, error) {
	if _, err := image.Parse(s); err != nil {
		return "", err
	}
	return s, nil
})

// images are the builds that a script declares, in the order of the calls.
type images struct {
	builds []*imageBuild
	byName map[string][]*imageBuild // by the name of the ref, without its tag
	places map[image.Ref]string     // the calls that builds and live updates of images are from
	// registry is the call of default_registry.
	registry string
}

// claim fails if another call has claimed the ref: to build the image, or to update it
// live in what a k8s_custom_deploy runs.
func (i *images) claim(ref image.Ref, name, place string) error {
	if first, ok := i.places[ref]; ok {
		return fmt.Errorf("duplicate build of %q: the first is at %s", name, first)
	}
	if i.places == nil {
		i.places = map[image.Ref]string{}
	}
	i.places[ref] = place
	return nil
}

// add adds a build. It fails if there is one of the same ref.
func (i *images) add(b *imageBuild) error {
	name := b.ref.Name()
	if err := i.claim(b.ref, b.Ref, b.Place); err != nil {
		return err
	}
	if i.byName == nil {
		i.byName = map[string][]*imageBuild{}
	}
	i.builds, i.byName[name] = append(i.builds, b), append(i.byName[name], b)
	return nil
}

// find returns the build that makes an image, as a manifest names it: nil if there
// is none. A ref with a tag makes that tag only.
func (i *images) find(ref image.Ref) *imageBuild {
	for _, b := range i.byName[ref.Name()] {
		if b.ref.Match(ref) {
			return b
		}
	}
	return nil
}

// named is find for a name as a script or a Dockerfile writes it; one that does not
// parse is no build's.
func (i *images) named(name string) *imageBuild {
	ref, err := image.Parse(name)
	if err != nil {
		return nil
	}
	return i.find(ref)
}

// builtInEnv reports whether an env value names an image of a build that looks for
// it there.
func (i *images) builtInEnv(text string) bool {
	b := i.named(text)
	return b != nil && b.MatchInEnvVars
}

// link fills in which builds need which, when the script is done.
func (i *images) link() error {
	for _, b := range i.builds {
		for n, name := range slices.Concat(b.bases, b.deps) {
			base := i.named(name)
			if base == nil && n >= len(b.bases) {
				return b.site.fault(b.errorf("image_deps: nothing builds %q", name))
			}
			if base == nil || base == b {
				continue // an image that is pulled, or one that only the build knows, with variables
			}
			if !slices.Contains(b.needs, base) {
				b.DependsOn, b.needs = append(b.DependsOn, base.Ref), append(b.needs, base)
			}
			if n < len(b.bases) {
				b.Docker.Bases = append(b.Docker.Bases, Base{Image: name, Build: base.Ref})
			}
		}
	}
	return nil
}

// match connects resources and builds.
func (i *images) match(resources *declarations) error {
	use := func(b *imageBuild, resource string) {
		if !slices.Contains(b.UsedBy, resource) {
			b.UsedBy = append(b.UsedBy, resource)
		}
	}
	for _, d := range resources.all {
		if d.Kubernetes == nil {
			continue
		}
		for _, e := range d.entities {
			d.Kubernetes.Objects = append(d.Kubernetes.Objects, e.ObjectID)
			for _, text := range e.images {
				if !slices.Contains(d.Kubernetes.Images, text) {
					d.Kubernetes.Images = append(d.Kubernetes.Images, text)
				}
				if b := i.named(text); b != nil {
					use(b, d.Name)
					if !slices.Contains(d.Kubernetes.Builds, b.Ref) {
						d.Kubernetes.Builds = append(d.Kubernetes.Builds, b.Ref)
					}
				}
			}
		}
		if custom := d.Kubernetes.CustomDeploy; custom != nil {
			for _, text := range custom.ImageDeps {
				b := i.named(text)
				if b == nil {
					return d.site.fault(fmt.Errorf("k8s_custom_deploy: image_deps: nothing builds %q", text))
				}
				use(b, d.Name)
			}
			if b := i.named(custom.ImageSelector); b != nil {
				use(b, d.Name)
			}
		}
	}
	for _, d := range resources.all {
		if d.Compose == nil || d.Compose.Image == "" {
			continue
		}
		if b := i.named(d.Compose.Image); b != nil {
			d.Compose.Build = b.Ref
			use(b, d.Name)
		}
	}
	return nil
}

// used returns the builds that resources use.
func (i *images) used() []*imageBuild {
	var out []*imageBuild
	for _, b := range i.builds {
		if len(b.UsedBy) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// checkCycles fails for a build that needs itself, by however many others, if a
// resource uses it.
func (i *images) checkCycles() error {
	path := firstCycle(i.used(), func(b *imageBuild) []*imageBuild { return b.needs })
	if path == nil {
		return nil
	}
	refs := make([]string, len(path))
	for i, b := range path {
		refs[i] = b.Ref
	}
	last := path[len(path)-2]
	return last.site.fault(last.errorf("images need each other: %s", strings.Join(refs, " -> ")))
}

// checkLiveUpdates checks the live updates of the builds that resources use, and of
// those that these need.
func (i *images) checkLiveUpdates(root string, resources *declarations) error {
	kubernetes := map[string]bool{}
	for _, d := range resources.all {
		kubernetes[d.Name] = d.Kind == KindKubernetes
		if d.Kubernetes == nil || d.Kubernetes.CustomDeploy == nil {
			continue
		}
		custom := d.Kubernetes.CustomDeploy
		if err := checkWatched(root, custom.LiveUpdate, custom.Deps); err != nil {
			return d.site.fault(fmt.Errorf("k8s_custom_deploy: %w", err))
		}
	}
	used := i.used()
	var inKubernetes []*imageBuild
	for _, b := range used {
		if slices.ContainsFunc(b.UsedBy, func(name string) bool { return kubernetes[name] }) {
			inKubernetes = append(inKubernetes, b)
		}
	}
	for _, b := range closure(inKubernetes...) {
		if slices.ContainsFunc(b.LiveUpdate, func(s LiveUpdateStep) bool { return s.RestartContainer }) {
			return b.site.fault(b.errorf("restart_container works for compose services only, and %s runs the image in Kubernetes: use docker_build_with_restart of ext://restart_process",
				suggest.Quoted(i.users(b))))
		}
	}
	for _, b := range closure(used...) {
		if checkWatched(root, b.LiveUpdate, b.watched) == nil {
			continue
		}
		var watched []string
		for _, needed := range closure(b) {
			watched = append(watched, needed.watched...)
		}
		if err := checkWatched(root, b.LiveUpdate, watched); err != nil {
			return b.site.fault(b.errorf("%w", err))
		}
	}
	return nil
}

// users returns the resources that use a build, or else those of a build that needs it.
func (i *images) users(b *imageBuild) []string {
	if len(b.UsedBy) > 0 {
		return b.UsedBy
	}
	for _, other := range i.builds {
		if len(other.UsedBy) > 0 && slices.Contains(closure(other), b) {
			return other.UsedBy
		}
	}
	return nil
}

// name declares the builds as images of the cluster and returns them with their names.
// An image of suppressed that nothing uses causes no warning; "*" is every image.
func (i *images) name(host builtins.Host, suppressed []string) ([]Build, error) {
	needed := map[string]bool{}
	for _, b := range i.builds {
		for _, ref := range b.DependsOn {
			needed[ref] = true
		}
	}
	var out []Build
	for _, b := range i.builds {
		names, ok, err := host.Want(builtins.WantedImage{
			Ref: b.Ref, At: b.site.at, InEnv: b.MatchInEnvVars,
			Quiet: len(b.UsedBy) > 0 || needed[b.Ref] || slices.Contains(suppressed, "*") || slices.Contains(suppressed, b.Ref),
		})
		if err != nil {
			return nil, b.site.fault(b.errorf("%w", err))
		}
		if ok {
			b.Local, b.Cluster = names.Local, names.Cluster
		}
		out = append(out, b.Build)
	}
	return out, nil
}

// imageBuild is a build with what is needed until the script is done.
type imageBuild struct {
	Build
	site site
	ref  image.Ref
	// watched are the paths whose change starts the build, bases the images that its
	// Dockerfile starts from, deps the refs that image_deps names.
	watched     []string
	bases, deps []string
	// needs are the builds that make them.
	needs []*imageBuild
}

func (b *imageBuild) errorf(format string, args ...any) error {
	kind := "docker_build"
	if b.Custom != nil {
		kind = "custom_build"
	}
	return fmt.Errorf(kind+": "+format, args...)
}

// closure returns builds and those that they need, each once.
func closure(of ...*imageBuild) []*imageBuild {
	var all []*imageBuild
	visited := map[*imageBuild]bool{}
	for next := of; len(next) > 0; {
		b := next[0]
		if next = next[1:]; visited[b] {
			continue
		}
		visited[b] = true
		all = append(all, b)
		next = append(next, b.needs...)
	}
	return all
}
