package manifest

import "strings"

// knownGroup is where the kinds of an API group hold images, besides the pod
// specs inside them.
type knownGroup struct {
	group string // an apiVersion is group/version; *.x is every group that ends in .x
	// containers are keys of a mapping, and lists keys of a list of mappings, that
	// have image and imagePullPolicy as a container has, at any depth.
	containers, lists []string
	// paths lead from the object to an image text. "*" is any key.
	paths []string
}

// knownGroups are the well-known kinds. To add one, add a row and a document to
// testdata/corpus.
var knownGroups = []knownGroup{
	// Argo Workflows' templates, wherever they stand: Workflow, WorkflowTemplate,
	// ClusterWorkflowTemplate, CronWorkflow, inline templates, Argo Events' Sensor.
	{group: "argoproj.io", containers: []string{"container", "script"}, lists: []string{"sidecars"}},
	// Tekton's Task, and task specs inside Pipeline and the runs.
	// StepAction is a step of its own.
	{group: "tekton.dev", containers: []string{"stepTemplate"}, lists: []string{"steps", "sidecars"}, paths: []string{"spec.image"}},
	// KubeVirt's disks that are images, and the one that kernelBoot boots.
	{group: "kubevirt.io", containers: []string{"containerDisk", "container"}},
	// Prometheus operator.
	{group: "monitoring.coreos.com", paths: []string{"spec.image", "spec.thanos.image"}},
	// Elastic Cloud on Kubernetes: each product has a group of its own.
	{group: "*.k8s.elastic.co", paths: []string{"spec.image"}},
	// CloudNativePG and Zalando's Postgres operator.
	{group: "postgresql.cnpg.io", paths: []string{"spec.imageName"}},
	{group: "acid.zalan.do", paths: []string{"spec.dockerImage"}},
	// Spark and Flink operators.
	{group: "sparkoperator.k8s.io", paths: []string{
		"spec.image", "spec.driver.image", "spec.executor.image",
		"spec.template.image", "spec.template.driver.image", "spec.template.executor.image",
	}},
	{group: "flink.apache.org", paths: []string{"spec.image"}},
	// OpenTelemetry operator: OpenTelemetryCollector and Instrumentation.
	{group: "opentelemetry.io", paths: []string{"spec.image", "spec.*.image"}},
	// Strimzi.
	{group: "kafka.strimzi.io", paths: []string{"spec.image", "spec.*.image", "spec.entityOperator.*.image"}},
}

// knownFor is the row of an apiVersion, or nil.
func knownFor(apiVersion string) *knownGroup {
	group, _, _ := strings.Cut(apiVersion, "/")
	for i := range knownGroups {
		k := &knownGroups[i]
		if suffix, ok := strings.CutPrefix(k.group, "*"); k.group == group || ok && strings.HasSuffix(group, suffix) {
			return k
		}
	}
	return nil
}

// find adds the images of object o.
func (k *knownGroup) find(s *search, o int32) {
	t := s.tree
	if len(k.containers)+len(k.lists) > 0 {
		for n := o + 1; n < t.nodes[o].next; n++ {
			switch kind := t.nodes[t.resolve(n)].kind; {
			case kind == mapNode && keyIn(t, n, k.containers):
				s.container(n, FromKnown)
			case kind == seqNode && keyIn(t, n, k.lists):
				s.containers(n, FromKnown)
			}
		}
	}
	for _, path := range k.paths {
		k.follow(s, hit{o, -1}, strings.Split(path, "."))
	}
}

func (k *knownGroup) follow(s *search, h hit, path []string) {
	t := s.tree
	if len(path) == 0 {
		s.reached(h, FromKnown)
		return
	}
	h = t.follow(h)
	n := h.node
	if t.nodes[n].kind != mapNode {
		return
	}
	if path[0] == "*" {
		for c := n + 1; c < t.nodes[n].next; c = t.nodes[c].next {
			k.follow(s, hit{c, h.via}, path[1:])
		}
	} else if c := t.under(h, path[0]); c.node >= 0 {
		k.follow(s, c, path[1:])
	}
}

func keyIn(t *tree, n int32, keys []string) bool {
	for _, key := range keys {
		if t.keyIs(n, key) {
			return true
		}
	}
	return false
}
