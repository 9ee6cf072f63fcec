package cluster

// Annotations carry the facts for which the API has no field, so that a
// printed list holds all that a later run needs to replay it.
const (
	// AnnotationPrefix begins the key of every annotation that Sextant writes.
	AnnotationPrefix = "sextant.dev/"

	// AnnotationArchitectures is every node architecture seen, sorted and
	// comma-separated.
	AnnotationArchitectures = AnnotationPrefix + "architectures"
	// AnnotationArchReason qualifies status.arch: [ReasonForbidden],
	// [ReasonNoNodes], [ReasonMixed], or text after [ReasonUnreadable].
	AnnotationArchReason = AnnotationPrefix + "arch-reason"
	// AnnotationProductReason says which rule named the product:
	// [ProductDeclared], [ProductKubeconfig], [ProductServerVersion] or
	// [ProductNoRule].
	AnnotationProductReason = AnnotationPrefix + "product-reason"
	// AnnotationRegistrySource says where the registry comes from, one of the
	// Source constants. Where the cluster advertises a registry, this is the
	// source of status.registry, whatever the script prefers.
	AnnotationRegistrySource = AnnotationPrefix + "registry-source"
	// AnnotationRegistryReason says why an advertised registry is not used:
	// [ReasonForbidden], or text after [ReasonInvalid], [ReasonHelp] or
	// [ReasonUnreadable].
	AnnotationRegistryReason = AnnotationPrefix + "registry-reason"
	// AnnotationEndpoint is the address that was asked.
	AnnotationEndpoint = AnnotationPrefix + "endpoint"
)

// Reasons, values of the reason annotations.
const (
	ReasonForbidden = "forbidden"
	ReasonNoNodes   = "no-nodes"
	ReasonMixed     = "mixed"
	// ReasonInvalid is followed by what is wrong with the advertised registry.
	ReasonInvalid = "invalid: "
	// ReasonHelp is followed by the URL that a cluster advertises in place of
	// a registry.
	ReasonHelp = "help: "
	// ReasonUnreadable is followed by why the answer could not be had.
	ReasonUnreadable = "unreadable: "
)

// Sources of a registry, values of [AnnotationRegistrySource].
const (
	SourceConfigMap      = "configmap"
	SourceMicroK8s       = "microk8s"
	SourceNodeAnnotation = "node-annotation"
	SourceDeclared       = "declared"
	SourceNone           = "none"
)

// ArchUnknown is status.arch where the nodes do not tell.
const ArchUnknown = "unknown"
