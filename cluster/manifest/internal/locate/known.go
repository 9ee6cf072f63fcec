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
	{Paths: []string{"env[*].value"}, Qualified: true},
	{Paths: []string{"args[*]"}, Qualified: true, Before: `(?:--?[A-Za-z0-9][\w.-]*=)?`},
}

// knownRules are the fields of well-known kinds, besides the containers inside them.
// A path that starts with ..key starts at that key at any depth. To add a kind, add a
// row, and a document to testdata/known: a path without one fails a test.
var knownRules = []Rule{
	// Argo Workflows' templates, wherever they are: Workflow, WorkflowTemplate,
	// ClusterWorkflowTemplate, CronWorkflow, inline templates, Argo Events' Sensor.
	{Group: "argoproj.io", Containers: []string{"..container", "..script", "..sidecars[*]"}},
	// The Argo CD operator, and an Application's overrides: image, or old=new.
	{Group: "argoproj.io", Kind: "^ArgoCD$", Splits: []Split{
		{"spec", "image", "version"}, {"spec.*", "image", "version"}, {"spec.sso.dex", "image", "version"},
		{"spec.ha", "redisProxyImage", "redisProxyVersion"},
	}},
	{
		Group: "argoproj.io", Kind: "^Application(Set)?$", Before: `(?:[^=]*=)?`,
		Paths: []string{"..kustomize.images[*]"},
	},
	// Tekton's Task, and task specs inside Pipeline and the runs.
	// StepAction is a step of its own.
	{Group: "tekton.dev", Containers: []string{"..stepTemplate", "..steps[*]", "..sidecars[*]"}, Paths: []string{"spec.image"}},
	{Group: "triggers.tekton.dev", Containers: []string{"..stepTemplate", "..steps[*]", "..sidecars[*]"}},
	// Parameters that have image in their name.
	{Group: "*tekton.dev", Paths: []string{"..params[*].default", "..params[*].value"}, Entry: "image", Qualified: true},
	// KubeVirt's disks that are images, the one that kernelBoot boots, also in pools,
	// and those that its importer (CDI) fetches.
	{Group: "*kubevirt.io", Containers: []string{"..containerDisk"}},
	{Group: "kubevirt.io", Containers: []string{"..container"}},
	{Group: "pool.kubevirt.io", Containers: []string{"..container"}},
	{Group: "*kubevirt.io", Paths: []string{"..registry.url"}, Before: `docker://`},
	// Prometheus operator.
	{Group: "monitoring.coreos.com", Paths: []string{"spec.image", "spec.thanos.image"}, Splits: []Split{
		{"spec", "baseImage", "tag"}, {"spec.thanos", "baseImage", "tag"},
	}, Stronger: []string{"sha"}},
	// Elastic Cloud on Kubernetes: each product has a group of its own.
	{Group: "*.k8s.elastic.co", Paths: []string{"spec.image"}},
	// Databases: CloudNativePG, Zalando's Postgres operator, Crunchy and Percona, of
	// which each part has an image field.
	{Group: "postgresql.cnpg.io", Paths: []string{"spec.imageName"}},
	{Group: "acid.zalan.do", Paths: []string{"spec.dockerImage"}},
	{Group: "postgres-operator.crunchydata.com", Paths: []string{"spec..image"}},
	{Group: "*percona.com", Paths: []string{"spec..image", "spec..initImage"}},
	{Group: "minio.min.io", Paths: []string{"spec.image", "spec.*.image"}},
	{Group: "rabbitmq.com", Paths: []string{"spec.image"}},
	{Group: "ceph.rook.io", Paths: []string{"spec.*.image"}},
	// Spark and Flink operators.
	{Group: "sparkoperator.k8s.io", Paths: []string{
		"spec.image", "spec.driver.image", "spec.executor.image",
		"spec.template.image", "spec.template.driver.image", "spec.template.executor.image",
	}},
	{Group: "flink.apache.org", Paths: []string{"spec.image"}},
	// OpenTelemetry operator: OpenTelemetryCollector and Instrumentation.
	{Group: "opentelemetry.io", Paths: []string{"spec.image", "spec.*.image"}},
	// Strimzi. The image of build.output is the one that it builds, and then runs.
	{Group: "kafka.strimzi.io", Paths: []string{
		"spec.image", "spec.*.image", "spec.entityOperator.*.image", "spec.build.output.image",
	}},
	// Knative's cache of images.
	{Group: "caching.internal.knative.dev", Kind: "^Image$", Paths: []string{"spec.image"}},
	// KServe's models, and those that are images (modelcars).
	{Group: "serving.kserve.io", Paths: []string{"spec.*.image", "spec.*.*.image"}},
	{Group: "serving.kserve.io", Paths: []string{"..storageUri"}, Before: `oci://`},
	// Katib: its configuration, and a collector of one's own.
	{Group: "config.kubeflow.org", Kind: "^KatibConfig$", Paths: []string{"runtime.*.*.image", "runtime.*.image"}},
	{Group: "kubeflow.org", Containers: []string{"..customCollector"}},
	// OLM's catalogs, and what a release of an operator runs.
	{Group: "operators.coreos.com", Paths: []string{
		"spec.image", "spec.relatedImages[*].image", "metadata.annotations.containerImage",
	}},
	// OpenShift.
	{Group: "image.openshift.io", Kind: "^ImageStream(Tag)?$", Paths: []string{
		`spec.tags[?(@.from.kind=="DockerImage")].from.name`, "spec.dockerImageRepository",
	}},
	// Crossplane's Provider, Configuration and Function.
	{Group: "pkg.crossplane.io", Paths: []string{"spec.package"}},
	// Flux.
	{Group: "source.toolkit.fluxcd.io", Kind: "^OCIRepository$", Before: `oci://`, Splits: []Split{{"spec", "url", "{.ref.tag}"}}, Stronger: []string{"{.ref.semver}", "{.ref.digest}"}},
	// Istio takes these for images if they hold a slash, else for names below hub.
	{Group: "install.istio.io", Qualified: true, Paths: []string{
		"spec.values.*.image", "spec.values.global.*.image",
	}},
}
