package tiltfile

import (
	"fmt"
	"regexp"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

// kube is what a script declares of Kubernetes.
type kube struct {
	manifests []builtins.Manifests
	entities  []*entity
	keys      map[string]*entity   // by what makes objects the same
	byName    map[string][]*entity // by each of their names, when the script is done
	kinds     []objectPattern      // of k8s_kind: workloads
	configs   []*k8sResource       // in the order of the calls
	naming    *resourceNaming
	// first is the first call that uses the cluster: what the guard's
	// error is about.
	first *site
}

// resourceNaming is workload_to_resource_function.
type resourceNaming struct {
	fn     sl.Callable
	thread *sl.Thread
	site   site
}

// k8sResource is one call of k8s_resource. The fields that it does not set are
// those that table.Arg reports as not given.
type k8sResource struct {
	site              site
	workload, newName string
	objects           []string
	apply             func(*Resource)
}

// kubeFunctions declare manifests and what becomes of them.
func kubeFunctions() []row {
	return []row{
		{Name: "k8s_yaml", Returns: "None", Doc: "Adds manifests for the cluster named default, which it declares.", Declares: true, Define: k8sYAML},
		{Name: "filter_yaml", Returns: "tuple[blob, blob]", Doc: "Splits manifests in those that match every pattern, and the rest.", Define: filterYAML},
		{Name: "k8s_resource", Returns: "None", Doc: "Configures the resource of a workload, or makes one of objects.", Declares: true, Define: defineK8sResource},
		{Name: "k8s_custom_deploy", Returns: "None", Doc: "Declares a resource that commands deploy; records them and runs none.", Declares: true, Define: customDeploy},
		{Name: "k8s_kind", Returns: "None", Doc: "Makes a kind a workload, and sets where it holds images.", Declares: true, Define: k8sKind},
		{Name: "k8s_image_json_path", Returns: "None", Doc: "Says where chosen objects hold images.", Declares: true, Define: imageJSONPath},
		{Name: "workload_to_resource_function", Returns: "None", Doc: "Names the resources of workloads by a function of a K8sObjectID.", Declares: true, Define: workloadFunction},
		{Name: "allow_k8s_contexts", Returns: "None", Doc: "Allows contexts beyond local development clusters.", Declares: true, Define: func(p *params) body {
			contexts := table.Required(p, "contexts", none(typeStrs), "The contexts; None is none.")
			return func(r *Run, c *call) (sl.Value, error) {
				r.host.Allow(contexts.Of(c)...)
				return sl.None, nil
			}
		}},
	}
}

// deploys declares the cluster named default and notes the first call that passes
// it something.
func (r *Run) deploys(c *call) error {
	if err := r.host.DefaultCluster(); err != nil {
		return c.Errorf("%w", err)
	}
	if r.kube.first == nil {
		s := r.script.site(c)
		r.kube.first = &s
	}
	return nil
}

func k8sYAML(p *params) body {
	yaml := table.Required(p, "yaml", table.Any, "Paths, blobs, or a list of them.")
	duplicates := table.Optional(p, "allow_duplicates", none(typeBool), sl.False, "Whether an object may be given again.")
	return func(r *Run, c *call) (sl.Value, error) {
		manifests, err := r.sources(c, yaml.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		var objects []*entity
		for _, m := range manifests {
			more, err := r.parseEntities(m)
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			objects = append(objects, more...)
		}
		if len(objects) == 0 {
			return sl.None, nil // nothing for a cluster
		}
		if err := r.deploys(c); err != nil {
			return nil, err
		}
		at := r.script.site(c)
		for _, e := range objects {
			e.site = at
			if err := r.kube.add(e, duplicates.Of(c)); err != nil {
				return nil, c.Errorf("%w", err)
			}
		}
		r.host.Deliver(manifests...)
		r.kube.manifests = append(r.kube.manifests, manifests...)
		return sl.None, nil
	}
}

// add adds an object, which must not be there unless duplicates are allowed.
func (k *kube) add(e *entity, duplicates bool) error {
	if k.keys == nil {
		k.keys = map[string]*entity{}
	}
	key := e.key()
	if first, ok := k.keys[key]; ok && e.Name != "" && !duplicates {
		return fmt.Errorf("duplicate object %s: the first is given at %s; allow_duplicates=True allows it", e.fullName(), first.site.at)
	} else if !ok {
		k.keys[key] = e
	}
	k.entities = append(k.entities, e)
	return nil
}

// called returns the objects that a script may call by the name.
func (k *kube) called(name string) []*entity {
	if k.byName == nil {
		k.byName = map[string][]*entity{}
		for _, e := range k.entities {
			for _, name := range e.names() {
				k.byName[name] = append(k.byName[name], e)
			}
		}
	}
	return k.byName[strings.ToLower(name)]
}

// typeLabels is a dict of labels.
var typeLabels = typeDict

func filterYAML(p *params) body {
	yaml := table.Required(p, "yaml", table.Any, "Paths, blobs, or a list of them.")
	labels := optional(p, "labels", typeLabels, "Labels that an object must have.")
	name := optional(p, "name", typePattern, "A pattern of the name.")
	namespace := optional(p, "namespace", typePattern, "A pattern of the namespace.")
	kind := optional(p, "kind", typePattern, "A pattern of the kind.")
	apiVersion := optional(p, "api_version", typePattern, "A pattern of the API version.")
	return func(r *Run, c *call) (sl.Value, error) {
		manifests, err := r.sources(c, yaml.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		var matching, rest []sl.Value
		for _, m := range manifests {
			entities, err := r.parseEntities(m)
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			for _, e := range entities {
				matches := matchesPattern(name.Of(c), e.Name) && matchesPattern(namespace.Of(c), e.namespace()) &&
					matchesPattern(kind.Of(c), e.Kind) && matchesPattern(apiVersion.Of(c), e.APIVersion)
				for _, l := range labels.Of(c) {
					matches = matches && e.label(l.Key) == l.Value && e.hasLabel(l.Key)
				}
				if matches {
					matching = append(matching, e.value)
				} else {
					rest = append(rest, e.value)
				}
			}
		}
		out := make(sl.Tuple, 2)
		for i, docs := range [][]sl.Value{matching, rest} {
			data, err := r.host.EncodeYAMLStream(sl.NewList(docs))
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			out[i] = newBlob(r.host, string(data), "")
		}
		return out, nil
	}
}

// maxPattern is how many bytes a regular expression may have: compiling one of
// 800 KB takes ten seconds.
const maxPattern = 10_000

// typePattern is a regular expression that ignores case and may match a part.
var typePattern = parsed(func(s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil
	}
	if len(s) > maxPattern {
		return nil, fmt.Errorf("a regular expression of %d bytes: the limit is %d", len(s), maxPattern)
	}
	return regexp.Compile("(?i)" + s)
})

func matchesPattern(p *regexp.Regexp, s string) bool { return p == nil || p.MatchString(s) }

// objectPattern chooses objects by kind and API version.
type objectPattern struct{ kind, apiVersion *regexp.Regexp }

func (o objectPattern) matches(e *entity) bool {
	return matchesPattern(o.kind, e.Kind) && matchesPattern(o.apiVersion, e.APIVersion)
}

// typeReadiness is pod_readiness.
var typeReadiness = table.OneOf(typeStr, "", "wait", "ignore")

func k8sKind(p *params) body {
	kind := table.Required(p, "kind", typeStr, "A pattern of the kind, which ignores case.")
	p.NamedOnly()
	paths := optional(p, "image_json_path", typeStrs, "JSONPaths to fields that are images.")
	apiVersion := optional(p, "api_version", typeStr, "A pattern of the API version.")
	object := optional(p, "image_object", typeDict, "An object of which two fields are an image: json_path, repo_field and tag_field.")
	readiness := optional(p, "pod_readiness", typeReadiness, "Whether Tilt waits for pods.")
	return func(r *Run, c *call) (sl.Value, error) {
		_ = readiness.Of(c)
		var pattern objectPattern
		var err error
		if pattern.kind, err = typePattern.Convert(sl.String(kind.Of(c))); err != nil {
			return nil, kind.Errorf(c, "%w", err)
		}
		if pattern.apiVersion, err = typePattern.Convert(sl.String(apiVersion.Of(c))); err != nil {
			return nil, apiVersion.Errorf(c, "%w", err)
		}
		locator := manifest.Locator{Kind: kind.Of(c), APIVersion: apiVersion.Of(c), Paths: nonBlank(paths.Of(c))}
		if object.Given(c) {
			m := object.Of(c).Map()
			for _, key := range []string{"json_path", "repo_field", "tag_field"} {
				if m[key] == "" {
					return nil, object.Errorf(c, "it lacks %q", key)
				}
			}
			if len(locator.Paths) > 0 {
				return nil, c.Errorf("got both image_json_path and image_object: give one")
			}
			locator.Object = &manifest.ImageObject{Path: m["json_path"], RepoField: m["repo_field"], TagField: m["tag_field"]}
		}
		r.kube.kinds = append(r.kube.kinds, pattern)
		if len(locator.Paths) == 0 && locator.Object == nil {
			return sl.None, nil
		}
		return sl.None, r.host.Locate(c, locator)
	}
}

func nonBlank(items []string) []string {
	var out []string
	for _, s := range items {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func imageJSONPath(p *params) body {
	paths := table.Required(p, "paths", typeStrs, "JSONPaths to fields that are images.")
	apiVersion := optional(p, "api_version", typeStr, "A pattern of the API version.")
	kind := optional(p, "kind", typeStr, "A pattern of the kind.")
	name := optional(p, "name", typeStr, "A pattern of the name.")
	namespace := optional(p, "namespace", typeStr, "A pattern of the namespace.")
	return func(r *Run, c *call) (sl.Value, error) {
		l := manifest.Locator{Paths: paths.Of(c), APIVersion: apiVersion.Of(c), Kind: kind.Of(c), Name: name.Of(c), Namespace: namespace.Of(c)}
		if l.Kind == "" && l.Name == "" && l.Namespace == "" {
			return nil, c.Errorf("choose objects with at least one of kind, name and namespace")
		}
		return sl.None, r.host.Locate(c, l)
	}
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

func customDeploy(p *params) body {
	name := table.Required(p, "name", typeName, "The name of the resource.")
	apply := table.Required(p, "apply_cmd", typeCommand, "The command that deploys and prints the objects as YAML.")
	remove := table.Required(p, "delete_cmd", typeCommand, "The command that removes what was deployed.")
	deps := table.Required(p, "deps", typePaths, "The files whose change causes apply_cmd.")
	imageSelector := optional(p, "image_selector", typeStr, "The image whose containers live_update changes.")
	liveUpdate := optional(p, "live_update", typeSteps, "Steps that change a running container.")
	applyDir := optional(p, "apply_dir", typeStr, "The folder that apply_cmd runs in.")
	applyEnv := optional(p, "apply_env", typeDict, "Variables to add to the environment of apply_cmd.")
	applyBat := optional(p, "apply_cmd_bat", typeBat, "apply_cmd on Windows.")
	deleteDir := optional(p, "delete_dir", typeStr, "The folder that delete_cmd runs in.")
	deleteEnv := optional(p, "delete_env", typeDict, "Variables to add to the environment of delete_cmd.")
	deleteBat := optional(p, "delete_cmd_bat", typeBat, "delete_cmd on Windows.")
	containerSelector := optional(p, "container_selector", typeStr, "The container that live_update changes.")
	imageDeps := optional(p, "image_deps", manyOf(typeImage), "Images that must be built before.")
	return func(r *Run, c *call) (sl.Value, error) {
		d := &CustomDeploy{
			Deps: r.paths.recordedAll(c, deps.Of(c)), ImageDeps: imageDeps.Of(c),
			ImageSelector: imageSelector.Of(c), ContainerSelector: containerSelector.Of(c),
		}
		applied := r.paths.command(c, apply.Of(c), applyBat.Of(c), applyDir.Of(c), applyEnv.Of(c))
		deleted := r.paths.command(c, remove.Of(c), deleteBat.Of(c), deleteDir.Of(c), deleteEnv.Of(c))
		switch {
		case applied == nil:
			return nil, apply.Errorf(c, "it is empty")
		case deleted == nil:
			return nil, remove.Errorf(c, "it is empty")
		}
		if len(liveUpdate.Of(c)) > 0 {
			switch {
			case d.ImageSelector != "" && d.ContainerSelector != "":
				return nil, c.Errorf("got both image_selector and container_selector: give one")
			case d.ImageSelector == "" && d.ContainerSelector == "":
				return nil, c.Errorf("live_update needs image_selector or container_selector")
			}
			if d.ImageSelector != "" {
				ref, err := image.Parse(d.ImageSelector)
				if err != nil {
					return nil, imageSelector.Errorf(c, "%w", err)
				}
				if err := r.images.claim(ref, d.ImageSelector, r.script.here(c).String()); err != nil {
					return nil, c.Errorf("%w", err)
				}
			}
		}
		d.Apply, d.Delete = *applied, *deleted
		var err error
		if d.LiveUpdate, err = r.steps.use(c, liveUpdate.Of(c)); err != nil {
			return nil, err
		}
		if err := r.deploys(c); err != nil {
			return nil, err
		}
		return sl.None, r.declared.declare(c, r.script.site(c), &Resource{
			Name: name.Of(c), Kind: KindKubernetes, AutoInit: true, Kubernetes: &KubernetesResource{CustomDeploy: d},
		})
	}
}
