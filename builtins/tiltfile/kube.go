package tiltfile

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

// kubeFunctions declare manifests and what becomes of them.
func kubeFunctions() []row {
	return []row{
		{Name: "k8s_yaml", Returns: "None", Doc: "Adds manifests for the cluster named default, which it declares.", Declares: true, Define: k8sYAML},
		{Name: "filter_yaml", Returns: "tuple[blob, blob]", Doc: "Splits manifests in those that match every pattern, and the rest.", Define: filterYAML},
		{Name: "k8s_resource", Returns: "None", Doc: "Configures the resource of a workload, or makes one of objects.", Declares: true, Define: defineK8sResource},
		{Name: "k8s_custom_deploy", Returns: "None", Doc: "Declares a resource that commands deploy; records them and runs none.", Declares: true, Define: customDeploy},
		{Name: "k8s_kind", Returns: "None", Doc: "Makes a kind a workload, and sets where it holds images.", Declares: true, Define: k8sKind},
		{Name: "k8s_image_json_path", Returns: "None", Doc: "Sets where chosen objects hold images.", Declares: true, Define: imageJSONPath},
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

func k8sYAML(p *params) body {
	yaml := table.Required(p, "yaml", table.Any, "Paths, blobs, or a list of them.")
	duplicates := table.Optional(p, "allow_duplicates", none(typeBool), sl.False, "Whether an object may be given again.")
	return func(r *Run, c *call) (sl.Value, error) {
		sources, err := r.kube.sources(c, yaml.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		var objects []*entity
		for _, s := range sources {
			more, err := s.entities(r.host)
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			objects = append(objects, more...)
		}
		if len(objects) == 0 {
			return sl.None, nil // nothing for a cluster
		}
		if err := r.kube.deploys(c); err != nil {
			return nil, err
		}
		at := r.script.site(c)
		for _, e := range objects {
			e.site = at
			if err := r.kube.add(e, duplicates.Of(c)); err != nil {
				return nil, c.Errorf("%w", err)
			}
		}
		manifests := make([]builtins.Manifests, len(sources))
		for i, s := range sources {
			manifests[i] = s.Manifests
			r.kube.manifests = append(r.kube.manifests, delivery{s.Manifests, at})
		}
		r.host.Deliver(manifests...)
		return sl.None, nil
	}
}

func filterYAML(p *params) body {
	yaml := table.Required(p, "yaml", table.Any, "Paths, blobs, or a list of them.")
	labels := optional(p, "labels", typeLabels, "Labels that an object must have.")
	name := optional(p, "name", typePattern, "A pattern of the name.")
	namespace := optional(p, "namespace", typePattern, "A pattern of the namespace.")
	kind := optional(p, "kind", typePattern, "A pattern of the kind.")
	apiVersion := optional(p, "api_version", typePattern, "A pattern of the API version.")
	return func(r *Run, c *call) (sl.Value, error) {
		sources, err := r.kube.sources(c, yaml.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		var matching, rest []sl.Value
		for _, s := range sources {
			entities, err := parseEntities(r.host, s.Manifests)
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
		if err := r.kube.deploys(c); err != nil {
			return nil, err
		}
		return sl.None, r.declared.declare(c, r.script.site(c), &Resource{
			Name: name.Of(c), Kind: KindKubernetes, AutoInit: true, Kubernetes: &KubernetesResource{CustomDeploy: d},
		})
	}
}

// kube is what a script declares of Kubernetes.
type kube struct {
	host   builtins.Host
	paths  *paths
	script *script

	manifests []delivery
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

// delivery is manifests with the call that adds them.
type delivery struct {
	builtins.Manifests
	site site
}

// deploys declares the cluster named default and notes the first call that passes
// it something.
func (k *kube) deploys(c *call) error {
	if err := k.host.DefaultCluster(); err != nil {
		return c.Errorf("%w", err)
	}
	if k.first == nil {
		s := k.script.site(c)
		k.first = &s
	}
	return nil
}

// source is a file or a blob that k8s_yaml or filter_yaml takes.
type source struct {
	builtins.Manifests
	// documents are what it holds, nil if that is not known before it is parsed.
	documents []any
}

// entities returns the objects of the source, as parseEntities does but for the order of
// fields.
func (s source) entities(h builtins.Host) ([]*entity, error) {
	if s.documents != nil {
		if all, err := entitiesOf(s.documents); err == nil {
			return all, nil
		}
		// The first of several errors is the first in the string.
	}
	return parseEntities(h, s.Manifests)
}

// sources is what k8s_yaml and filter_yaml take: paths, blobs, or a list of them. None
// is nothing.
func (k *kube) sources(c *call, v sl.Value) ([]source, error) {
	items, ok := sequence(v)
	switch {
	case v == sl.None:
		return nil, nil
	case !ok:
		items = []sl.Value{v}
	}
	var all []source
	for _, item := range items {
		s, err := k.source(c, item)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// source is a file by its path, or a blob.
func (k *kube) source(c *call, v sl.Value) (source, error) {
	text, err := builtins.AsText(v)
	if _, isStr := v.(sl.String); err != nil || !isStr {
		return source{builtins.Manifests{Name: blobName(v), Text: splitJSON(withoutMarks(text))}, builtins.Documents(v)}, err
	}
	name, data, err := k.paths.read(c, text)
	return source{Manifests: builtins.Manifests{Name: name, Text: splitJSON(withoutMarks(string(data)))}}, err
}

// splitJSON makes a stream of YAML documents of JSON values that follow each other, as
// jq and kubecfg print them and Kubernetes reads them. It returns anything else as it is.
func splitJSON(text string) string {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return text
	}
	var docs []string
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var doc json.RawMessage
		switch err := d.Decode(&doc); {
		case err == io.EOF && len(docs) > 1:
			return strings.Join(docs, "\n---\n") + "\n"
		case err != nil:
			return text
		}
		docs = append(docs, string(doc))
	}
}

func blobName(v sl.Value) string {
	if source := builtins.Source(v); source != "" {
		return source
	}
	return "blob"
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

// isWorkload reports whether an object gets a resource of its own.
func (k *kube) isWorkload(e *entity) bool {
	return len(e.containerImages()) > 0 || e.located || slices.ContainsFunc(k.kinds, func(o objectPattern) bool { return o.matches(e) })
}

// findImages sets the images of each object that it names.
func (k *kube) findImages(images *images) error {
	byKey := map[string][]*entity{}
	for _, e := range k.entities {
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
	inEnv := slices.ContainsFunc(images.builds, func(b *imageBuild) bool { return b.MatchInEnvVars })
	for _, m := range k.manifests {
		found, err := manifest.Find([]byte(m.Text), manifest.Options{
			File: m.Name, Locators: k.host.Locators(), StrictLocators: true, Env: inEnv, DuplicateKeys: true,
		})
		if err != nil {
			return m.site.fault(fmt.Errorf("k8s_yaml: %w", err))
		}
		for _, i := range found.Images {
			o := entity{ObjectID: ObjectID{APIVersion: i.Object.APIVersion, Kind: i.Object.Kind, Namespace: i.Object.Namespace, Name: i.Object.Name}}
			for _, e := range byKey[o.key()] {
				e.located = e.located || i.Source == manifest.FromLocator
				if i.Source == manifest.FromEnv && !images.builtInEnv(i.Text) {
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
