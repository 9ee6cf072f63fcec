package cluster

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sextant-dev/sextant/cluster/image"
)

// Validate checks a cluster's metadata and spec. Every failure carries the path
// of its field.
func (c *Cluster) Validate() field.ErrorList {
	var errs field.ErrorList
	metadata := field.NewPath("metadata")
	if msg := ValidateName(c.Name); msg != "" {
		errs = append(errs, field.Invalid(metadata.Child("name"), c.Name, msg))
	}
	errs = append(errs, validateKeys(c.Labels, metadata.Child("labels"), validation.IsQualifiedName)...)
	for _, k := range slices.Sorted(maps.Keys(c.Labels)) {
		for _, msg := range validation.IsValidLabelValue(c.Labels[k]) {
			errs = append(errs, field.Invalid(metadata.Child("labels").Key(k), c.Labels[k], msg))
		}
	}
	errs = append(errs, validateKeys(c.Annotations, metadata.Child("annotations"), func(k string) []string {
		return validation.IsQualifiedName(strings.ToLower(k)) // the API server ignores case here
	})...)
	return append(errs, c.Spec.Validate(field.NewPath("spec"))...)
}

// validateKeys checks the keys of labels or annotations, in their order.
func validateKeys(m map[string]string, path *field.Path, check func(string) []string) field.ErrorList {
	var errs field.ErrorList
	for _, k := range slices.Sorted(maps.Keys(m)) {
		for _, msg := range check(k) {
			errs = append(errs, field.Invalid(path, k, msg))
		}
	}
	return errs
}

// Validate checks the object that the declaration makes, and that it leaves the
// annotations of [AnnotationPrefix] to what is observed.
func (d *Declaration) Validate() field.ErrorList {
	object := Cluster{ObjectMeta: metav1.ObjectMeta{Name: d.Name, Labels: d.Labels, Annotations: d.Annotations}, Spec: d.Spec}
	errs := object.Validate()
	for _, k := range slices.Sorted(maps.Keys(d.Annotations)) {
		if strings.HasPrefix(k, AnnotationPrefix) {
			errs = append(errs, field.Forbidden(field.NewPath("metadata", "annotations").Key(k),
				"annotations under "+AnnotationPrefix+" are written by sextant"))
		}
	}
	return errs
}

// Validate checks the spec; path is where it is.
func (s *ClusterSpec) Validate(path *field.Path) field.ErrorList {
	errs := s.Connection.Validate(path.Child("connection"))
	if s.DefaultRegistry != nil {
		errs = append(errs, s.DefaultRegistry.Validate(path.Child("defaultRegistry"))...)
	}
	return errs
}

// Validate checks that the connection names exactly one kind of cluster, and
// that it holds no password: the spec is printed and recorded.
func (c *ClusterConnection) Validate(path *field.Path) field.ErrorList {
	switch {
	case c.Kubernetes == nil && c.Docker == nil:
		return field.ErrorList{field.Required(path, "one of kubernetes and docker")}
	case c.Kubernetes != nil && c.Docker != nil:
		return field.ErrorList{field.Forbidden(path, "only one of kubernetes and docker")}
	case c.Kubernetes != nil:
		return c.Kubernetes.Validate(path.Child("kubernetes"))
	case withoutPassword(c.Docker.Host) != c.Docker.Host:
		return field.ErrorList{field.Forbidden(path.Child("docker", "host"), "an address without a password: no daemon takes one")}
	}
	return nil
}

// Validate checks that the connection names one source of credentials.
func (k *KubernetesClusterConnection) Validate(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if k.SecretRef != nil {
		ref := path.Child("secretRef")
		if name := k.SecretRef.Name; name != "" {
			if msg := ValidateName(name); msg != "" {
				errs = append(errs, field.Invalid(ref.Child("name"), name, msg))
			}
		}
		if k.SecretRef.Key != "" {
			for _, msg := range validation.IsConfigMapKey(k.SecretRef.Key) {
				errs = append(errs, field.Invalid(ref.Child("key"), k.SecretRef.Key, msg))
			}
		}
	}
	if k.ClusterProfileRef != nil {
		ref := path.Child("clusterProfileRef")
		if msg := ValidateName(k.ClusterProfileRef.Name); msg != "" {
			errs = append(errs, field.Invalid(ref.Child("name"), k.ClusterProfileRef.Name, msg))
		}
		if k.SecretRef != nil {
			errs = append(errs, field.Forbidden(ref, "only one of secretRef and clusterProfileRef"))
		}
		if k.Context != "" {
			errs = append(errs, field.Forbidden(ref, "only one of context and clusterProfileRef"))
		}
	}
	return errs
}

// Validate checks the registry; path is where it is, nil for a registry of
// its own.
func (r *RegistryHosting) Validate(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	host := func(name, value string) {
		if value == "" {
			return
		}
		if err := image.ValidateHost(value); err != nil {
			errs = append(errs, field.Invalid(path.Child(name), value, err.Error()))
		}
	}
	if r.Host == "" {
		errs = append(errs, field.Required(path.Child("host"), "such as localhost:5000 or gcr.io/team"))
	}
	host("host", r.Host)
	host("hostFromClusterNetwork", r.HostFromClusterNetwork)
	host("hostFromContainerRuntime", r.HostFromContainerRuntime)
	if r.HostFromContainerRuntime != "" && r.Host == "" && r.HostFromClusterNetwork == "" {
		errs = append(errs, field.Forbidden(path.Child("hostFromContainerRuntime"), "needs host or hostFromClusterNetwork beside it"))
	}
	if r.SingleName != "" {
		if err := image.ValidateSingleName(r.SingleName); err != nil {
			errs = append(errs, field.Invalid(path.Child("singleName"), r.SingleName, err.Error()))
		}
	}
	return errs
}

// InvalidError is every failure of one validation. errors.As finds the
// *[field.Error] in it.
type InvalidError struct{ Fields field.ErrorList }

// Error puts the failures on one line.
func (e *InvalidError) Error() string {
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = f.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the failures, a *[field.Error] each.
func (e *InvalidError) Unwrap() []error {
	errs := make([]error, len(e.Fields))
	for i, f := range e.Fields {
		errs[i] = f
	}
	return errs
}

// Invalid makes an error of a validation's failures, nil of none.
func Invalid(errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return &InvalidError{errs}
}
