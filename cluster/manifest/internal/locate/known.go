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
	{Group: "argoproj.io", Kind: "^ArgoCD$", Containers: []string{"spec.*.sidecarContainers[*]"}, Splits: []Split{
		{"spec", "image", "version"}, {"spec.*", "image", "version"}, {"spec.sso.dex", "image", "version"},
		{"spec.ha", "redisProxyImage", "redisProxyVersion"},
	}},
	{Group: "argoproj.io", Kind: "^RolloutManager$", Splits: []Split{{"spec", "image", "version"}}},
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
	// Metrics, logs and traces.
	{Group: "monitoring.coreos.com", Paths: []string{"spec.image", "spec.thanos.image"}, Splits: []Split{
		{"spec", "baseImage", "tag"}, {"spec.thanos", "baseImage", "tag"},
	}, Stronger: []string{"sha"}},
	{Group: "operator.victoriametrics.com", Paths: []string{"spec.configReloaderImageTag"}, Splits: []Split{
		{"spec.image", "repository", "tag"}, {"spec.*.image", "repository", "tag"},
	}},
	{Group: "opentelemetry.io", Paths: []string{"spec.image", "spec.*.image", "spec.java.extensions[*].image"}},
	{Group: "jaegertracing.io", Paths: []string{"spec.*.image", "spec.storage.*.image"}},
	{Group: "tempo.grafana.com", Paths: []string{"spec.images.*"}},
	{Group: "monitoring.grafana.com", Paths: []string{"spec.image"}},
	// The version of a Grafana may be a whole image.
	{Group: "grafana.integreatly.org", Kind: "^Grafana$", Qualified: true, Paths: []string{"spec.version"}},
	{Group: "logging.banzaicloud.io", Splits: []Split{
		{"spec.image", "repository", "tag"}, {"spec.*.image", "repository", "tag"},
		{"spec.*.configReloaderImage", "repository", "tag"}, {"spec.*.bufferVolumeImage", "repository", "tag"},
	}},
	{Group: "*.fluent.io", Paths: []string{"spec.image"}},
	{Group: "operator.skywalking.apache.org", Paths: []string{"spec.image"}},
	{Group: "dynatrace.com", Paths: []string{
		"spec.activeGate.image", "spec.oneAgent.*.image", "spec.oneAgent.*.codeModulesImage",
	}},
	{Group: "enterprise.splunk.com", Paths: []string{"spec.image"}},
	{Group: "core.humio.com", Paths: []string{"spec.image", "spec.helperImage"}},
	// Elastic Cloud on Kubernetes: each product has a group of its own.
	{Group: "*.k8s.elastic.co", Paths: []string{"spec.image"}},
	{Group: "opensearch.opster.io", Paths: []string{"spec.*.image"}},

	// PostgreSQL: CloudNativePG, Zalando's operator and its configuration, and
	// Crunchy, of which each part has an image field.
	{Group: "postgresql.cnpg.io", Paths: []string{
		"spec.imageName", "spec.images[*].image", "spec.postgresql.extensions[*].image.reference",
	}},
	{Group: "acid.zalan.do", Containers: []string{"spec.sidecars[*]", "configuration.sidecars[*]"}, Paths: []string{
		"spec.dockerImage", "spec.connectionPooler.dockerImage",
		"configuration.docker_image", "configuration.connection_pooler.connection_pooler_image",
		"configuration.logical_backup.logical_backup_docker_image",
	}},
	{Group: "postgres-operator.crunchydata.com", Paths: []string{"spec..image"}},
	// MySQL and MariaDB, and Percona's operators for three databases.
	{Group: "*percona.com", Paths: []string{"spec..image", "spec..initImage"}},
	{Group: "*mariadb.com", Paths: []string{"spec..image"}},
	{Group: "mariadb.mmontes.io", Paths: []string{"spec..image"}},
	{Group: "mysql.presslabs.org", Paths: []string{"spec.image"}},
	{Group: "planetscale.com", Paths: []string{"spec.images.*", "spec.images.mysqld.*"}},
	{Group: "pingcap.com", Paths: []string{"spec.image", "spec.helper.image", "spec.toolImage"}, Splits: []Split{
		{"spec.*", "baseImage", "version"},
	}},
	// Other databases, caches and storage.
	{Group: "apps.nebula-graph.io", Splits: []Split{{"spec.*", "image", "version"}}},
	{Group: "asdb.aerospike.com", Paths: []string{"spec.image"}},
	{Group: "cassandra.datastax.com", Paths: []string{"spec.serverImage", "spec.configBuilderImage", "spec.systemLoggerImage"}},
	{Group: "catalog.kubedb.com", Paths: []string{"spec.*.image"}},
	{Group: "couchbase.com", Paths: []string{"spec..image"}},
	{Group: "crdb.cockroachlabs.com", Paths: []string{"spec.image.name"}},
	{Group: "database.arangodb.com", Paths: []string{"spec.image"}},
	{Group: "databases.spotahome.com", Paths: []string{"spec.*.image", "spec.*.exporter.image"}},
	{Group: "dragonflydb.io", Paths: []string{"spec.image"}},
	{Group: "druid.apache.org", Paths: []string{"spec.image", "spec.nodes.*.image"}},
	{Group: "hazelcast.com", Splits: []Split{{"spec", "repository", "version"}}},
	{Group: "infinispan.org", Paths: []string{"spec.image"}},
	{Group: "milvus.io", Paths: []string{"spec.components.image", "spec.components.*.image"}},
	{Group: "app.redislabs.com", Splits: []Split{
		{"spec.redisEnterpriseImageSpec", "repository", "versionTag"}, {"spec.bootstrapperImageSpec", "repository", "versionTag"},
		{"spec.redisEnterpriseServicesRiggerImageSpec", "repository", "versionTag"},
	}},
	{Group: "database.oracle.com", Paths: []string{"spec.image.pullFrom"}},
	{Group: "*.stackable.tech", Paths: []string{"spec.image.custom"}},
	{Group: "redis.redis.opstreelabs.in", Paths: []string{"spec.*.image"}, Containers: []string{"spec.sidecars[*]"}},
	{Group: "scylla.scylladb.com", Paths: []string{"spec.scyllaDB.image", "spec.scyllaDBManagerAgent.image"}, Splits: []Split{
		{"spec", "repository", "version"}, {"spec", "agentRepository", "agentVersion"},
	}},
	{Group: "solr.apache.org", Splits: []Split{
		{"spec.image", "repository", "tag"}, {"spec.solrImage", "repository", "tag"},
		{"spec.busyBoxImage", "repository", "tag"}, {"spec.zookeeperRef.provided.image", "repository", "tag"},
	}},
	{Group: "zookeeper.pravega.io", Splits: []Split{{"spec.image", "repository", "tag"}}},
	{Group: "minio.min.io", Paths: []string{
		"spec.image", "spec.*.image", "spec.log.db.image", "spec.prometheus.sidecarimage", "spec.prometheus.initimage",
	}},
	{Group: "ceph.rook.io", Paths: []string{"spec.*.image", "spec.security.sssd.sidecar.image"}},
	{Group: "longhorn.io", Paths: []string{"spec.image", "spec.engineImage"}},
	{Group: "oadp.openshift.io", Paths: []string{"spec.configuration.velero.customPlugins[*].image"}},
	{Group: "cr.kanister.io", Paths: []string{"actions.*.phases[*].args.image", "actions.*.deferPhase.args.image"}},

	// Messages. Of Strimzi, the image of build.output is the one that it builds, and
	// then runs.
	{Group: "kafka.strimzi.io", Paths: []string{
		"spec.image", "spec.*.image", "spec.entityOperator.*.image", "spec.*.tlsSidecar.image", "spec.build.output.image",
		"spec.kafka.brokerRackInitImage", "spec.clientRackInitImage", "spec.plugins[*].artifacts[*].reference",
	}},
	{Group: "kafka.banzaicloud.io", Paths: []string{"spec.clusterImage", "spec.monitoringConfig.jmxImage", "spec..image"}},
	{Group: "platform.confluent.io", Paths: []string{"spec.image.application", "spec.image.init"}},
	{Group: "cluster.redpanda.com", Splits: []Split{{"spec.clusterSpec.image", "repository", "tag"}}},
	{Group: "redpanda.vectorized.io", Splits: []Split{{"spec", "image", "version"}}},
	{Group: "*.streamnative.io", Paths: []string{"spec.image"}},
	{Group: "pulsar.oss.datastax.com", Paths: []string{"spec.*.image"}},
	{Group: "debezium.io", Paths: []string{"spec.image"}},
	{Group: "rabbitmq.com", Paths: []string{"spec.image"}},
	{Group: "apps.emqx.io", Paths: []string{"spec.image"}},
	// Without a slash it may be the word placeholder.
	{Group: "broker.amq.io", Qualified: true, Paths: []string{"spec.deploymentPlan.image", "spec.deploymentPlan.initImage"}},

	// Spark and Flink operators.
	{Group: "sparkoperator.k8s.io", Containers: []string{"..sidecars[*]"}, Paths: []string{
		"spec.image", "spec.driver.image", "spec.executor.image",
		"spec.template.image", "spec.template.driver.image", "spec.template.executor.image",
	}},
	{Group: "spark.apache.org", Paths: []string{
		`spec.sparkConf.spark\.kubernetes\.container\.image`, `spec.sparkConf.spark\.kubernetes\.driver\.container\.image`,
		`spec.sparkConf.spark\.kubernetes\.executor\.container\.image`,
	}},
	{Group: "flink.apache.org", Paths: []string{"spec.image"}},
	{Group: "flinkoperator.k8s.io", Paths: []string{"spec.image.name"}},
	// Numaflow's vertices.
	{Group: "numaflow.numaproj.io", Containers: []string{"..container", "..sidecars[*]"}},
	// Ray's autoscaler.
	{Group: "ray.io", Containers: []string{"spec.autoscalerOptions", "spec.*.autoscalerOptions"}},
	// KServe's models, and those that are images (modelcars); Seldon's explainers.
	{Group: "serving.kserve.io", Paths: []string{"spec.*.image", "spec.*.*.image"}},
	{Group: "serving.kserve.io", Paths: []string{"..storageUri", "spec.model.uri"}, Before: `oci://`},
	{Group: "machinelearning.seldon.io", Containers: []string{"spec.predictors[*].explainer.containerSpec"}},
	// Katib: its configuration, and a collector of one's own; the trainer's jobs.
	{Group: "config.kubeflow.org", Kind: "^KatibConfig$", Paths: []string{"runtime.*.*.image", "runtime.*.image"}},
	{Group: "kubeflow.org", Containers: []string{"..customCollector"}},
	{Group: "trainer.kubeflow.org", Paths: []string{"spec.trainer.image"}},
	// Functions: Fission, OpenFaaS, Nuclio and SpinKube.
	{Group: "fission.io", Paths: []string{"spec.runtime.image", "spec.builder.image"}},
	{Group: "openfaas.com", Paths: []string{"spec.image"}},
	{Group: "nuclio.io", Paths: []string{"spec.image"}},
	{Group: "core.spinkube.dev", Paths: []string{"spec.image"}},
	// Tests: k6, Testkube, Chaos Mesh and Litmus.
	{Group: "k6.io", Paths: []string{"spec.image", "spec.*.image"}},
	{Group: "testworkflows.testkube.io", Paths: []string{"spec..image"}},
	{Group: "executor.testkube.io", Paths: []string{"spec.image"}},
	{Group: "chaos-mesh.org", Containers: []string{"spec.templates[*].task.container"}},
	{Group: "litmuschaos.io", Paths: []string{"spec.definition.image", "spec.components.runner.image"}},

	// Knative's cache of images, and what its operator puts in place of its own.
	{Group: "caching.internal.knative.dev", Kind: "^Image$", Paths: []string{"spec.image"}},
	{Group: "operator.knative.dev", Paths: []string{"spec.registry.override.*"}},
	// Istio takes these for images if they hold a slash, else for names below hub.
	{Group: "install.istio.io", Qualified: true, Paths: []string{"spec.values.*.image", "spec.values.global.*.image"}},
	{Group: "sailoperator.io", Qualified: true, Paths: []string{"spec.values.*.image", "spec.values.global.*.image"}},
	{Group: "extensions.istio.io", Before: `oci://`, Paths: []string{"spec.url"}},
	{Group: "gateway.envoyproxy.io", Paths: []string{
		"spec.provider.kubernetes.*.container.image", "spec.wasm[*].code.image.url",
	}},

	// OLM's catalogs, and what a release of an operator runs.
	{Group: "operators.coreos.com", Paths: []string{
		"spec.image", "spec.relatedImages[*].image", "metadata.annotations.containerImage",
	}},
	{Group: "olm.operatorframework.io", Paths: []string{"spec.source.image.ref"}},
	// OpenShift, its clusters, and Open Cluster Management.
	{Group: "image.openshift.io", Kind: "^ImageStream(Tag)?$", Paths: []string{
		`spec.tags[?(@.from.kind=="DockerImage")].from.name`, "spec.dockerImageRepository",
	}},
	{Group: "build.openshift.io", Entry: "^DockerImage$", EntryField: "kind", Paths: []string{
		"spec.strategy.*.from.name", "spec.source.images[*].from.name",
	}},
	{Group: "hypershift.openshift.io", Paths: []string{"spec.release.image"}},
	{Group: "hive.openshift.io", Paths: []string{"spec.releaseImage"}},
	{Group: "operator.open-cluster-management.io", Paths: []string{
		"spec.imagePullSpec", "spec.registrationImagePullSpec", "spec.workImagePullSpec",
		"spec.placementImagePullSpec", "spec.addOnManagerImagePullSpec",
	}},
	// Providers of Cluster API.
	{Group: "operator.cluster.x-k8s.io", Paths: []string{"spec.deployment.containers[*].imageUrl"}},
	// Policies and their servers.
	{Group: "policies.kubewarden.io", Paths: []string{"spec.image"}},
	{Group: "policies.kubewarden.io", Before: `registry://`, Paths: []string{"spec.module"}},
	{Group: "operator.kubearmor.com", Paths: []string{"spec.*.image"}},
	// Rancher's upgrades, and its jobs that install charts.
	{Group: "upgrade.cattle.io", Paths: []string{"spec.upgrade.image", "spec.prepare.image"}},
	{Group: "helm.cattle.io", Paths: []string{"spec.jobImage"}},
	// Nodes: their features, devices and kernel modules.
	{Group: "nfd.kubernetes.io", Paths: []string{"spec.operand.image"}},
	{Group: "nfd.openshift.io", Paths: []string{"spec.operand.image"}},
	{Group: "deviceplugin.intel.com", Paths: []string{"spec.image", "spec.initImage"}},
	{Group: "kmm.sigs.x-k8s.io", Paths: []string{
		"spec.moduleLoader.container.containerImage", "spec.moduleLoader.container.kernelMappings[*].containerImage",
		"spec.devicePlugin.container.image",
	}},

	// Crossplane's Provider, Configuration and Function.
	{Group: "pkg.crossplane.io", Paths: []string{"spec.package"}},
	// Flux.
	{Group: "source.toolkit.fluxcd.io", Kind: "^OCIRepository$", Before: `oci://`, Splits: []Split{{"spec", "url", "{.ref.tag}"}}, Stronger: []string{"{.ref.semver}", "{.ref.digest}"}},
	{Group: "kustomize.toolkit.fluxcd.io", Splits: []Split{{"spec.images[*]", "newName", "newTag"}}, Stronger: []string{"digest"}},
	{Group: "helm.toolkit.fluxcd.io", Splits: []Split{{"spec.postRenderers[*].kustomize.images[*]", "newName", "newTag"}}, Stronger: []string{"digest"}},
	{Group: "fluxcd.controlplane.io", Before: `oci://`, Paths: []string{"spec.distribution.artifact"}},
	// Config Sync of Google.
	{Group: "configsync.gke.io", Paths: []string{"spec.oci.image"}},
	// Carvel's packages.
	{Group: "*carvel.dev", Paths: []string{"spec.fetch.imgpkgBundle.image", "spec.template.spec.fetch[*].imgpkgBundle.image"}},
	{Group: "kappctrl.k14s.io", Paths: []string{"spec.fetch[*].imgpkgBundle.image"}},
	// Builds: kpack, Shipwright, and the runners of GitHub and GitLab.
	{Group: "kpack.io", Paths: []string{
		"spec.image", "spec.buildImage.image", "spec.runImage.image", "spec.sources[*].image",
	}},
	{Group: "shipwright.io", Containers: []string{"spec.steps[*]", "spec.buildSteps[*]"}},
	{Group: "actions.summerwind.dev", Paths: []string{"spec.image", "spec.template.spec.image"}},
	{Group: "apps.gitlab.com", Kind: "^Runner$", Paths: []string{"spec.runnerImage", "spec.helperImage", "spec.buildImage"}},
	// Applications: Keycloak, Vault, AWX, Camel, and those of application servers and
	// of workspaces.
	{Group: "k8s.keycloak.org", Paths: []string{"spec.image"}},
	{Group: "vault.banzaicloud.com", Paths: []string{
		"spec.image", "spec.bankVaultsImage", "spec.statsdImage", "spec.fluentdImage",
	}},
	{Group: "awx.ansible.com", Paths: []string{"spec.control_plane_ee_image", "spec.ee_images[*].image"}, Splits: []Split{
		{"spec", "image", "image_version"}, {"spec", "redis_image", "redis_image_version"},
		{"spec", "postgres_image", "postgres_image_version"}, {"spec", "init_container_image", "init_container_image_version"},
	}},
	{Group: "camel.apache.org", Paths: []string{"spec.image", "spec.build.baseImage", "spec.traits.container.image"}},
	{Group: "rhdh.redhat.com", Paths: []string{"spec.application.image"}},
	{Group: "weblogic.oracle", Paths: []string{"spec.image", "spec.configuration.model.auxiliaryImages[*].image"}},
	{Group: "coherence.oracle.com", Paths: []string{"spec.image"}},
	{Group: "apps.openliberty.io", Paths: []string{"spec.applicationImage"}},
	{Group: "rc.app.stacks", Paths: []string{"spec.applicationImage"}},
	{Group: "wildfly.org", Paths: []string{"spec.applicationImage"}},
	{Group: "workspace.devfile.io", Paths: []string{"spec.template.components[*].container.image", "spec.components[*].container.image"}},
}
