package locate

// everywhereRules hold at any depth of any object, so for every workload kind,
// PodTemplate, Knative, Rollouts, and the items of both kinds of List.
var everywhereRules = []struct {
	source Source
	rule   Rule
}{
	{FromContainer, Rule{Containers: []string{"..containers[*]", "..initContainers[*]", "..ephemeralContainers[*]"}}},
	{FromVolume, Rule{Paths: []string{"..volumes[*].image.reference"}, Policy: "pullPolicy"}},
}

// composeRule is for a document with services and neither apiVersion nor kind.
var composeRule = Rule{Paths: []string{"services.*.image"}}

// envRules start at a container. Other values than images are expected there.
var envRules = []Rule{
	{Paths: []string{"env[*].value", "args[*]"}, Qualified: true},
	{Paths: []string{"args[*]"}, Qualified: true, Before: `--?[A-Za-z0-9][\w.-]*=`},
}

// knownRules are the fields of well-known kinds, besides the containers inside them.
// A path that starts with ..key starts at that key at any depth. To add a kind, add a
// row, and a document to testdata/known in package manifest: a row without one fails a
// test.
var knownRules = []Rule{
	// Argo Workflows' templates, wherever they are: Workflow, WorkflowTemplate,
	// ClusterWorkflowTemplate, CronWorkflow, inline templates, Argo Events' Sensor.
	{Group: "argoproj.io", Containers: []string{"..container", "..script", "..sidecars[*]"}},
	// Tekton's Task, and task specs inside Pipeline and the runs.
	// StepAction is a step of its own.
	{Group: "tekton.dev", Containers: []string{"..stepTemplate", "..steps[*]", "..sidecars[*]"}, Paths: []string{"spec.image"}},
	// KubeVirt's disks that are images, and the one that kernelBoot boots.
	{Group: "kubevirt.io", Containers: []string{"..containerDisk", "..container"}},
	// Prometheus operator.
	{Group: "monitoring.coreos.com", Paths: []string{"spec.image", "spec.thanos.image"}},
	// Elastic Cloud on Kubernetes: each product has a group of its own.
	{Group: "*.k8s.elastic.co", Paths: []string{"spec.image"}},
	// CloudNativePG and Zalando's Postgres operator.
	{Group: "postgresql.cnpg.io", Paths: []string{"spec.imageName"}},
	{Group: "acid.zalan.do", Paths: []string{"spec.dockerImage"}},
	// Spark and Flink operators.
	{Group: "sparkoperator.k8s.io", Paths: []string{
		"spec.image", "spec.driver.image", "spec.executor.image",
		"spec.template.image", "spec.template.driver.image", "spec.template.executor.image",
	}},
	{Group: "flink.apache.org", Paths: []string{"spec.image"}},
	// OpenTelemetry operator: OpenTelemetryCollector and Instrumentation.
	{Group: "opentelemetry.io", Paths: []string{"spec.image", "spec.*.image"}},
	// Strimzi.
	{Group: "kafka.strimzi.io", Paths: []string{"spec.image", "spec.*.image", "spec.entityOperator.*.image"}},
}
