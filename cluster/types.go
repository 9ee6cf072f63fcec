package cluster

import (
	"fmt"
	"net/url"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Cluster is one target that images are pushed for: what was declared of it
// and what was observed.
//
// On a hub it is a namespaced object. The markers say there what Validate says
// here.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=clusters,scope=Namespaced,shortName=sxc
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Connected",type=string,JSONPath=`.status.conditions[?(@.type=="Connected")].status`
// +kubebuilder:printcolumn:name="Product",type=string,JSONPath=`.status.connection.kubernetes.product`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.status.version`
// +kubebuilder:printcolumn:name="Arch",type=string,JSONPath=`.status.arch`
// +kubebuilder:printcolumn:name="Registry",type=string,JSONPath=`.status.registry.host`
// +kubebuilder:printcolumn:name="Since",type=date,JSONPath=`.status.conditions[?(@.type=="Connected")].lastTransitionTime`
// +kubebuilder:printcolumn:name="Error",type=string,priority=1,JSONPath=`.status.error`
// +kubebuilder:printcolumn:name="Endpoint",type=string,priority=1,JSONPath=`.status.endpoint`
type Cluster struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata"`

	// Spec is the declaration.
	Spec ClusterSpec `json:"spec"`
	// Status is what resolving the connection found. It is empty until then.
	//
	// +optional
	Status ClusterStatus `json:"status"`
}

// ClusterList is the result of a run, in the order of declaration.
//
// +kubebuilder:object:root=true
type ClusterList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	// Kubeconfig is what a script read of the kubeconfig itself. It is nil if the
	// script read nothing of it.
	Kubeconfig *KubeconfigFacts `json:"kubeconfig,omitempty"`
	// Items are the clusters. An empty list prints as [].
	Items []Cluster `json:"items"`
}

// KubeconfigFacts are what a script read of the kubeconfig beside the clusters
// that it declared.
//
// +kubebuilder:object:generate=true
type KubeconfigFacts struct {
	// Contexts are the names of all contexts, sorted; nil if they were not read.
	Contexts []string `json:"contexts,omitzero"`
	// Current is the current context; nil if it was not read.
	Current *CurrentContext `json:"current,omitempty"`
}

// CurrentContext is a kubeconfig's current context. Its fields are empty if there
// is none.
//
// +kubebuilder:object:generate=true
type CurrentContext struct {
	Context   string `json:"context"`
	Namespace string `json:"namespace"`
}

// ClusterSpec declares how to reach a cluster, and which registry to use if the
// cluster itself advertises none.
//
// +kubebuilder:object:generate=true
type ClusterSpec struct {
	// Connection names exactly one of Kubernetes and Docker.
	Connection ClusterConnection `json:"connection"`
	// DefaultRegistry is the declared registry; nil declares none.
	DefaultRegistry *RegistryHosting `json:"defaultRegistry,omitempty"`
}

// ClusterConnection declares how to reach a cluster: exactly one field is set.
//
// +kubebuilder:object:generate=true
// +kubebuilder:validation:XValidation:rule="has(self.kubernetes) || has(self.docker)",message="one of kubernetes and docker"
// +kubebuilder:validation:XValidation:rule="!has(self.docker)",message="a hub keeps no Docker daemons: only the machine that runs a script reaches its own"
type ClusterConnection struct {
	// Kubernetes reaches an API server through a kubeconfig.
	Kubernetes *KubernetesClusterConnection `json:"kubernetes,omitempty"`
	// Docker reaches a Docker-compatible daemon.
	Docker *DockerClusterConnection `json:"docker,omitempty"`
}

// String describes the connection for messages: `kubernetes context "prod"`.
func (c ClusterConnection) String() string {
	switch {
	case c.Kubernetes != nil:
		text := "the current kubernetes context"
		if ref := c.Kubernetes.SecretRef; ref != nil {
			text = fmt.Sprintf("kubeconfig of secret %q", ref.Name)
		} else if ref := c.Kubernetes.ClusterProfileRef; ref != nil {
			text = fmt.Sprintf("cluster profile %q", ref.Name)
		} else if c.Kubernetes.Context != "" {
			text = fmt.Sprintf("kubernetes context %q", c.Kubernetes.Context)
		}
		if c.Kubernetes.Namespace != "" {
			text += fmt.Sprintf(", namespace %q", c.Kubernetes.Namespace)
		}
		return text
	case c.Docker != nil && c.Docker.Host != "":
		return fmt.Sprintf("docker host %q", withoutPassword(c.Docker.Host))
	case c.Docker != nil:
		return "the default docker host"
	}
	return "no connection"
}

// withoutPassword hides the password of an address that has one.
func withoutPassword(host string) string {
	u, err := url.Parse(host)
	if err != nil || u.User == nil {
		return host
	}
	if _, has := u.User.Password(); !has {
		return host
	}
	return u.Redacted()
}

// KubernetesClusterConnection selects a context of the kubeconfig.
//
// +kubebuilder:object:generate=true
// +kubebuilder:validation:XValidation:rule="!has(self.secretRef) || !has(self.clusterProfileRef)",message="only one of secretRef and clusterProfileRef"
// +kubebuilder:validation:XValidation:rule="!has(self.context) || size(self.context) == 0 || !has(self.clusterProfileRef)",message="only one of context and clusterProfileRef"
type KubernetesClusterConnection struct {
	// Context is the context's name. Empty is the kubeconfig's current one.
	Context string `json:"context,omitempty"`
	// Namespace overrides the context's namespace. Empty keeps it.
	Namespace string `json:"namespace,omitempty"`
	// SecretRef takes the kubeconfig from a Secret beside the Cluster object. Only
	// a hub resolves it, and Context then names a context of that kubeconfig.
	SecretRef *SecretReference `json:"secretRef,omitempty"`
	// ClusterProfileRef takes the connection from a ClusterProfile (KEP-4322)
	// beside the Cluster object. Only a hub resolves it.
	ClusterProfileRef *ClusterProfileReference `json:"clusterProfileRef,omitempty"`
}

// SecretReference names the Secret that holds a kubeconfig, in the namespace of
// the Cluster object. Its defaults are Cluster API's convention.
//
// +kubebuilder:object:generate=true
type SecretReference struct {
	// Name is the Secret's name. Empty is the cluster's name and "-kubeconfig".
	//
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$`
	Name string `json:"name,omitempty"`
	// Key is the key of the kubeconfig in the Secret's data. Empty is "value".
	//
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]*$`
	// +kubebuilder:validation:XValidation:rule="self != '.' && !self.startsWith('..')",message="no path element: . and what begins with .."
	Key string `json:"key,omitempty"`
}

// ClusterProfileReference names a ClusterProfile in the namespace of the Cluster
// object.
//
// +kubebuilder:object:generate=true
type ClusterProfileReference struct {
	// Name is the ClusterProfile's name.
	//
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// DockerClusterConnection selects a Docker daemon.
//
// +kubebuilder:object:generate=true
type DockerClusterConnection struct {
	// Host is a DOCKER_HOST style address: unix://, tcp://, ssh:// or npipe://.
	// Empty asks DOCKER_HOST, then the docker context, then the platform.
	Host string `json:"host,omitempty"`
}

// RegistryHosting describes an image registry as its users see it, in the
// terms of KEP-1755 (localRegistryHosting.v1).
//
// +kubebuilder:object:generate=true
type RegistryHosting struct {
	// Host is the registry as seen from this machine: an address and,
	// optionally, a path below it, such as localhost:5000 or gcr.io/team.
	//
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^((([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9])([.]([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9]))+|localhost|([A-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?|[a-zA-Z0-9][-a-zA-Z0-9]*[A-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?)|\[[a-fA-F0-9:]+\])(:[0-9]+)?|([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9]):[0-9]+|[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*[.][a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$`
	// +kubebuilder:validation:XValidation:rule="self != 'docker.io' && self != 'index.docker.io' && !self.startsWith('index.docker.io/')",message="Docker Hub takes images under an account only, write docker.io/<account>"
	// +kubebuilder:validation:XValidation:rule="self.indexOf('/') < 0 || size(self) - self.indexOf('/') <= 254",message="the path is too long"
	Host string `json:"host"`
	// HostFromClusterNetwork is the registry as seen from pods.
	//
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^(((([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9])([.]([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9]))+|localhost|([A-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?|[a-zA-Z0-9][-a-zA-Z0-9]*[A-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?)|\[[a-fA-F0-9:]+\])(:[0-9]+)?|([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9]):[0-9]+|[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*[.][a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*)?$`
	// +kubebuilder:validation:XValidation:rule="self != 'docker.io' && self != 'index.docker.io' && !self.startsWith('index.docker.io/')",message="Docker Hub takes images under an account only, write docker.io/<account>"
	// +kubebuilder:validation:XValidation:rule="self.indexOf('/') < 0 || size(self) - self.indexOf('/') <= 254",message="the path is too long"
	HostFromClusterNetwork string `json:"hostFromClusterNetwork,omitempty"`
	// HostFromContainerRuntime is the registry as the node's container runtime
	// names it when it pulls. Empty means Host.
	//
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^(((([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9])([.]([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9]))+|localhost|([A-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?|[a-zA-Z0-9][-a-zA-Z0-9]*[A-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?)|\[[a-fA-F0-9:]+\])(:[0-9]+)?|([a-zA-Z0-9]|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9]):[0-9]+|[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*[.][a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*)?$`
	// +kubebuilder:validation:XValidation:rule="self != 'docker.io' && self != 'index.docker.io' && !self.startsWith('index.docker.io/')",message="Docker Hub takes images under an account only, write docker.io/<account>"
	// +kubebuilder:validation:XValidation:rule="self.indexOf('/') < 0 || size(self) - self.indexOf('/') <= 254",message="the path is too long"
	HostFromContainerRuntime string `json:"hostFromContainerRuntime,omitempty"`
	// Help is a URL that explains how to set the registry up.
	Help string `json:"help,omitempty"`
	// SingleName puts every image in this one repository, distinguished by tags,
	// for registries such as ECR where a repository must exist before a push.
	//
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:Pattern=`^([a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*)?$`
	SingleName string `json:"singleName,omitempty"`
}

// ClusterStatus is what was observed of a cluster. It holds everything that a
// later run needs to replay it.
//
// +kubebuilder:object:generate=true
type ClusterStatus struct {
	// Arch is the architecture of most nodes, in GOARCH terms, or unknown.
	Arch string `json:"arch,omitempty"`
	// Architectures are those of the nodes that pods run on, sorted.
	Architectures []string `json:"architectures,omitempty"`
	// ArchReason qualifies Arch: [ReasonForbidden], [ReasonNoNodes],
	// [ReasonMixed], or [ReasonUnreadable] and the cause.
	ArchReason string `json:"archReason,omitempty"`
	// Conditions are the conditions of a status that is kept up to date:
	// [ConditionConnected]. A status that was read once has none.
	//
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// ConnectedAt is when the first successful answer came, in UTC. It is nil
	// if the cluster has never answered.
	ConnectedAt *metav1.MicroTime `json:"connectedAt,omitempty"`
	// Connection is what the connection turned out to be.
	Connection *ClusterConnectionStatus `json:"connection,omitempty"`
	// Endpoint is the address that was asked, without user info.
	Endpoint string `json:"endpoint,omitempty"`
	// Error is why the cluster is not connected: one line with the phase, the
	// endpoint, the cause, and what to do. Empty if connected.
	Error string `json:"error,omitempty"`
	// Identity distinguishes this cluster from another one at the same address: the UID
	// of namespace kube-system, or the Docker daemon's ID. Empty if it could not
	// be read.
	Identity string `json:"identity,omitempty"`
	// ObservedGeneration is the metadata.generation that the status is about, 0
	// if the object has none.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// ProductReason is the rule that named the product: [ProductDeclared],
	// [ProductKubeconfig], [ProductServerVersion] or [ProductNoRule].
	ProductReason string `json:"productReason,omitempty"`
	// Registry is the registry that the cluster advertises, if any.
	Registry *RegistryHosting `json:"registry,omitempty"`
	// RegistryReason qualifies RegistrySource. Of an unknown registry it is
	// [ReasonUnreadable] or [ReasonInvalid] and the cause; else it is
	// [ReasonForbidden] if a source could not be asked, or [ReasonHelp] and the
	// URL that the cluster advertises in place of a registry.
	RegistryReason string `json:"registryReason,omitempty"`
	// RegistrySource is where the registry comes from, one of the Source
	// constants. If the cluster advertises a registry, this is the source of
	// Registry, whichever one the script prefers.
	RegistrySource string `json:"registrySource,omitempty"`
	// Version is the server's own version string.
	Version string `json:"version,omitempty"`
	// Warnings are lines for the user: what was found and could not be used, or
	// is not safe.
	Warnings []string `json:"warnings,omitempty"`
}

// ConditionConnected is the type of the condition that reports whether the
// cluster answers.
const ConditionConnected = "Connected"

// ClusterConnectionStatus is what a connection turned out to be.
//
// +kubebuilder:object:generate=true
type ClusterConnectionStatus struct {
	// Kubernetes is set for Kubernetes clusters.
	Kubernetes *KubernetesClusterConnectionStatus `json:"kubernetes,omitempty"`
}

// KubernetesClusterConnectionStatus is the kubeconfig context that was used.
//
// +kubebuilder:object:generate=true
type KubernetesClusterConnectionStatus struct {
	// Cluster is the name of the context's cluster entry.
	Cluster string `json:"cluster"`
	// Context is the context's name.
	Context string `json:"context"`
	// Namespace is the declared one, else the context's, else default.
	Namespace string `json:"namespace"`
	// Product is the distribution, one of [Products].
	Product string `json:"product,omitempty"`
}

// Connected reports whether the cluster answered.
func (s *ClusterStatus) Connected() bool {
	return s.Error == "" && s.ConnectedAt != nil
}

// Product returns the product of a Kubernetes cluster, "" if nothing is known.
func (s *ClusterStatus) Product() string {
	if s.Connection == nil || s.Connection.Kubernetes == nil {
		return ""
	}
	return s.Connection.Kubernetes.Product
}

// The kinds of this API.
const (
	Kind     = "Cluster"
	ListKind = "ClusterList"
)

// GroupVersion is the API group and version of the types in this package.
var GroupVersion = schema.GroupVersion{Group: "tilt.dev", Version: "v1alpha1"}

// AddToScheme registers the kinds, so that Kubernetes clients and codecs can
// read and write them.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion, &Cluster{}, &ClusterList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}

// NewList makes a printable list of the clusters, in the order given.
func NewList(items []Cluster) *ClusterList {
	if items == nil {
		items = []Cluster{}
	}
	return &ClusterList{
		TypeMeta: metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: ListKind},
		Items:    items,
	}
}

// AnnotationPrefix begins the keys of the annotations that held observed facts
// before the status had fields for them. A declaration may not set them.
const AnnotationPrefix = "sextant.dev/"

// Reasons, values of the reason fields of [ClusterStatus].
const (
	ReasonForbidden = "forbidden"
	ReasonNoNodes   = "no-nodes"
	ReasonMixed     = "mixed"
	// ReasonInvalid is followed by what is wrong with the advertised registry.
	ReasonInvalid = "invalid: "
	// ReasonHelp is followed by the URL that a cluster advertises in place of
	// a registry.
	ReasonHelp = "help: "
	// ReasonUnreadable is followed by why the answer could not be read.
	ReasonUnreadable = "unreadable: "
)

// Sources of a registry, values of [ClusterStatus.RegistrySource].
const (
	SourceConfigMap      = "configmap"
	SourceMicroK8s       = "microk8s"
	SourceNodeAnnotation = "node-annotation"
	SourceDeclared       = "declared"
	SourceNone           = "none"
	// SourceUnknown is the source if a registry was found and is invalid, or if
	// it is not known whether there is one. Nothing else takes its place.
	SourceUnknown = "unknown"
)

// ArchUnknown is status.arch if the architecture could not be found out.
const ArchUnknown = "unknown"
