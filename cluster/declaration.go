package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Declaration is what a script declares of one cluster.
type Declaration struct {
	// Name is the cluster's metadata.name.
	Name string
	// Spec is the API part of the declaration. Its DefaultRegistry already
	// holds the registry that default_registry() declared for every cluster.
	Spec ClusterSpec
	// Labels and Annotations go into metadata.
	Labels, Annotations map[string]string
	// Prefer selects which registry wins; "" is [PreferDiscovered].
	Prefer RegistryPreference
	// Product is the product of a cluster whose own cannot be found out, "" for
	// none; see [Declaration.Apply].
	Product string
}

// DeclarationOf is the declaration that an API object has in it: its name, labels
// and spec.
func DeclarationOf(c *Cluster) Declaration {
	return Declaration{Name: c.Name, Spec: *c.Spec.DeepCopy(), Labels: maps.Clone(c.Labels)}
}

// Request is what resolves the declaration.
func (d *Declaration) Request() Request {
	return Request{Name: d.Name, Connection: d.Spec.Connection, Product: d.Product}
}

// Apply puts the declared namespace and product into the observation. It does not make
// a local development cluster of one that was found to be another product: that would
// allow any script to reach it.
func (d *Declaration) Apply(obs Observation) Observation {
	if k, c := d.Spec.Connection.Kubernetes, obs.Status.Connection; k != nil && k.Namespace != "" &&
		c != nil && c.Kubernetes != nil && c.Kubernetes.Namespace != k.Namespace {
		obs = obs.DeepCopy() // as a hub kept it, which does not know of the declaration
		setNamespace(&obs, d.Spec.Connection)
	}
	if d.Product == "" || obs.Status.Connection == nil || obs.Status.Connection.Kubernetes == nil {
		return obs
	}
	if found := obs.Status.Connection.Kubernetes.Product; LocalProduct(d.Product) && !LocalProduct(found) && found != "" && found != ProductUnknown {
		return obs
	}
	obs = obs.DeepCopy()
	obs.Status.Connection.Kubernetes.Product = d.Product
	obs.Status.ProductReason = ProductDeclared
	return obs
}

// Object joins the declaration and what Apply returned into the API object.
func (d *Declaration) Object(obs Observation) Cluster {
	c := Cluster{
		TypeMeta: metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: Kind},
		ObjectMeta: metav1.ObjectMeta{
			Name:        d.Name,
			Labels:      maps.Clone(d.Labels),
			Annotations: maps.Clone(d.Annotations),
		},
		Spec:   *d.Spec.DeepCopy(),
		Status: *obs.Status.DeepCopy(),
	}
	if s := &c.Status; s.Registry == nil && s.RegistrySource != SourceUnknown && s.Connected() {
		chosen, _ := EffectiveRegistry(d, obs) // fails only for an unknown one
		s.RegistrySource = chosen.Source
	}
	return c
}

// DefaultName is the name of a Kubernetes cluster that was declared with
// neither a name nor a context.
const DefaultName = "default"

// DockerName is the name of a Docker cluster that was declared without one.
const DockerName = "docker"

// NameFromContext makes a DNS-1123 subdomain, which object names must be, of a
// kubeconfig context's name. A name that already is one stays. In another,
// letters become lower case and every run of other characters a "-"; if
// that leaves nothing or is longer than 253, a hash of the context takes its place,
// so that two contexts do not meet by being cut.
func NameFromContext(context string) string {
	if context == "" {
		return DefaultName
	}
	if ValidateName(context) == "" {
		return context
	}
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(context) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
			continue
		}
		gap = true
	}
	name := b.String()
	if name != "" && len(name) <= validation.DNS1123SubdomainMaxLength {
		return name
	}
	sum := sha256.Sum256([]byte(context))
	hash := hex.EncodeToString(sum[:4])
	if name == "" {
		return "context-" + hash
	}
	return strings.TrimRight(name[:validation.DNS1123SubdomainMaxLength-9], "-") + "-" + hash
}

// ValidateName returns what is wrong with a cluster's name, "" for nothing.
func ValidateName(name string) string {
	if msgs := validation.IsDNS1123Subdomain(name); len(msgs) > 0 {
		return msgs[0]
	}
	return ""
}
